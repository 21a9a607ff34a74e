// Package e2e runs the whole story on this machine: the real Pulumi engine, the
// program, the converter in its container, the client and Google's own client
// libraries, against the local Google Cloud. It knows only command lines and
// HTTP.
package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// machine is a checkout of the repository with a local Google Cloud running.
type machine struct {
	t    *testing.T
	dir  string // the checkout
	env  []string
	stop func() // ends the local Google Cloud
}

// provider is the Pulumi provider that the tests run with, builtin or official.
var provider = "builtin"

// checkout copies what git knows of the working tree, so that a test may change
// configuration without touching the developer's own.
func checkout(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	list := exec.Command("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z")
	list.Dir = "../.."
	names, err := list.Output()
	if err != nil {
		t.Fatalf("listing the repository's files: %v", err)
	}
	for name := range strings.SplitSeq(strings.Trim(string(names), "\x00"), "\x00") {
		content, err := os.ReadFile(filepath.Join("../..", name))
		if os.IsNotExist(err) { // deleted and not committed yet
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(filepath.Join("../..", name))
		if err != nil {
			t.Fatal(err)
		}
		target := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(target, content, info.Mode().Perm()); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// newMachine starts a local Google Cloud for a checkout, with flags of "local
// serve".
func newMachine(t *testing.T, flags ...string) *machine {
	t.Helper()
	m := &machine{t: t, dir: checkout(t), env: os.Environ()}
	m.run("go", "build", "-o", ".local/bin/local", "./local")
	m.serve(flags...)
	return m
}

// serve starts the local Google Cloud and reads its environment. It is stopped,
// with all that it started, when the test ends.
func (m *machine) serve(flags ...string) {
	m.t.Helper()
	m.env = os.Environ()
	m.start(append([]string{"-provider", provider}, flags...)...)
	// Into a file, since on the terminal it would mix with what "env" reports.
	m.run("sh", "-c", `eval "$(.local/bin/local env -wait 60s)" && env -0 > .local/environment`)
	variables, err := os.ReadFile(filepath.Join(m.dir, ".local", "environment"))
	if err != nil {
		m.t.Fatal(err)
	}
	m.env = strings.Split(strings.Trim(string(variables), "\x00"), "\x00")
}

func (m *machine) start(flags ...string) {
	m.t.Helper()
	log, err := os.Create(filepath.Join(m.dir, "serve.log"))
	if err != nil {
		m.t.Fatal(err)
	}
	serve := exec.Command(".local/bin/local", append([]string{"serve", "-addr", "127.0.0.1:0"}, flags...)...)
	serve.Dir, serve.Env, serve.Stdout, serve.Stderr = m.dir, m.env, log, log
	if err := serve.Start(); err != nil {
		m.t.Fatal(err)
	}
	m.stop = sync.OnceFunc(func() {
		_ = serve.Process.Signal(syscall.SIGTERM)
		err := serve.Wait()
		log.Close()
		if m.t.Failed() || err != nil {
			m.t.Logf("the local Google Cloud ended with %v; its log:\n%s", err, tail(log.Name(), 60))
		}
	})
	m.t.Cleanup(m.stop)
}

func tail(file string, n int) string {
	content, _ := os.ReadFile(file)
	lines := strings.Split(strings.TrimSpace(string(content)), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// commandTimeout bounds one command. The slowest compiles the converter and the
// Pulumi SDK on a machine that has not done so before.
const commandTimeout = 10 * time.Minute

// try runs a command in the checkout and answers with all that it printed.
func (m *machine) try(command string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), commandTimeout)
	defer cancel()
	c := exec.CommandContext(ctx, command, args...)
	c.Dir, c.Env = m.dir, m.env
	c.WaitDelay = 5 * time.Second
	if resolved, err := lookPath(command, m.env); err == nil {
		c.Path, c.Err = resolved, nil
	}
	out, err := c.CombinedOutput()
	return string(out), err
}

// run is try for a command that must succeed.
func (m *machine) run(command string, args ...string) string {
	m.t.Helper()
	out, err := m.try(command, args...)
	if err != nil {
		m.t.Fatalf("%s %s: %v\n%s", command, strings.Join(args, " "), err, out)
	}
	return out
}

// lookPath finds a command on the PATH of an environment that is not ours.
func lookPath(command string, env []string) (string, error) {
	for _, entry := range env {
		if paths, found := strings.CutPrefix(entry, "PATH="); found {
			for _, folder := range filepath.SplitList(paths) {
				file := filepath.Join(folder, command)
				if info, err := os.Stat(file); err == nil && info.Mode()&0o111 != 0 && !info.IsDir() {
					return file, nil
				}
			}
		}
	}
	return "", exec.ErrNotFound
}

// up deploys with some configuration changed. Changes stay for the next up.
func (m *machine) up(config ...string) string {
	m.t.Helper()
	args := []string{"up", "--stack", "local", "--yes", "--skip-preview", "--non-interactive"}
	for _, setting := range config {
		args = append(args, "--config", setting)
	}
	return m.run("pulumi", args...)
}

// outputs are the stack's outputs, secrets in plain text.
func (m *machine) outputs() map[string]string {
	m.t.Helper()
	var outputs map[string]string
	answer := m.run("pulumi", "stack", "output", "--stack", "local", "--json", "--show-secrets")
	if err := json.Unmarshal([]byte(answer), &outputs); err != nil {
		m.t.Fatalf("the stack's outputs: %v\n%s", err, answer)
	}
	return outputs
}

// unchanged asserts that nothing of the stack would change.
func (m *machine) unchanged() {
	m.t.Helper()
	for _, command := range []string{"preview", "refresh"} {
		args := []string{command, "--stack", "local", "--expect-no-changes", "--non-interactive"}
		if command == "refresh" {
			args = append(args, "--yes", "--skip-preview")
		}
		m.run("pulumi", args...)
	}
}

// destroy takes the stack down and asserts that nothing is left, in the stack's
// state and in the cloud.
func (m *machine) destroy() {
	m.t.Helper()
	m.run("pulumi", "destroy", "--stack", "local", "--yes", "--skip-preview", "--non-interactive")
	var state struct {
		Deployment struct{ Resources []struct{ URN string } }
	}
	exported := m.run("pulumi", "stack", "export", "--stack", "local")
	if err := json.Unmarshal([]byte(exported), &state); err != nil {
		m.t.Fatal(err)
	}
	for _, resource := range state.Deployment.Resources {
		m.t.Errorf("left in the stack: %s", resource.URN)
	}
	scanner := bufio.NewScanner(bytes.NewReader([]byte(m.run(".local/bin/local", "inventory"))))
	for scanner.Scan() {
		m.t.Errorf("left in the cloud: %s", scanner.Text())
	}
}
