package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"docx2pdf/local/cloud"
)

// What serve prints is taken as it is: a shell finds the same state with it, whatever the folder is called.
func TestServePrintsTheEnvLineOfItsState(t *testing.T) {
	t.Chdir("..") // the repository's root
	root, _ := os.Getwd()
	inside, err := os.MkdirTemp(root, ".local-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(inside) })
	for _, test := range []struct{ state, want string }{
		{filepath.Join(t.TempDir(), "it's a $(state)"), ""},
		{filepath.Base(inside), "-state " + filepath.Base(inside)},
	} {
		ctx, stop := context.WithCancel(context.Background())
		printed, stdout := io.Pipe()
		done := make(chan error, 1)
		go func() {
			done <- run(ctx, []string{"serve", "-addr", "127.0.0.1:0", "-state", test.state}, stdout, io.Discard)
			stdout.Close()
		}()
		var line string
		for lines := bufio.NewScanner(printed); lines.Scan(); {
			if strings.Contains(lines.Text(), "eval") {
				line = lines.Text()
				break
			}
		}
		stop()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		shell := exec.Command("sh", "-c", `go() { printf '%s\n' "$@" >&2; }; pulumi() { :; }; `+strings.TrimSpace(line))
		out, err := shell.CombinedOutput()
		words := strings.Split(strings.TrimSpace(string(out)), "\n")
		if err != nil || len(words) != 5 || words[2] != "env" || words[3] != "-state" || words[4] != test.state {
			t.Errorf("a shell makes %q of %s: %v", words, line, err)
		}
		if !strings.Contains(line, test.want) {
			t.Errorf("%s, want %s", line, test.want)
		}
	}
	if flag := stateFlag(filepath.Join(root, ".local")); flag != "" {
		t.Errorf("the usual state needs %q", flag)
	}
}

func TestEnvKeepsCallsToThisMachineFromAProxy(t *testing.T) {
	state := t.TempDir()
	fakePulumi(t)
	serveHere(t, state)
	for _, test := range []struct {
		name string
		have map[string]string
		want map[string]string // empty for not exported
	}{
		{"no proxy", map[string]string{"NO_PROXY": "example.com"}, map[string]string{"NO_PROXY": "", "no_proxy": ""}},
		{"a proxy", map[string]string{"https_proxy": "http://10.0.0.1:3128"},
			map[string]string{"NO_PROXY": "127.0.0.1,localhost,::1", "no_proxy": "127.0.0.1,localhost,::1"}},
		{"a proxy with exceptions",
			map[string]string{"HTTP_PROXY": "http://10.0.0.1:3128", "no_proxy": "corp.example, localhost"},
			map[string]string{"NO_PROXY": "corp.example,localhost,127.0.0.1,::1",
				"no_proxy": "corp.example,localhost,127.0.0.1,::1"}},
		{"different exceptions",
			map[string]string{"ALL_PROXY": "socks5://10.0.0.1:1080", "NO_PROXY": "a.example", "no_proxy": "b.example"},
			map[string]string{"NO_PROXY": "a.example,127.0.0.1,localhost,::1", "no_proxy": "b.example,127.0.0.1,localhost,::1"}},
		{"everything is an exception", map[string]string{"HTTPS_PROXY": "http://10.0.0.1:3128", "NO_PROXY": "*"},
			map[string]string{"NO_PROXY": "*", "no_proxy": "*"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, name := range []string{
				"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy",
			} {
				t.Setenv(name, test.have[name])
			}
			lines, err := local(t, "env", "-state", state)
			if err != nil {
				t.Fatal(err)
			}
			for name, want := range test.want {
				line := fmt.Sprintf("export %s='%s'\n", name, want)
				if want == "" && strings.Contains(lines, "export "+name+"=") || want != "" && !strings.Contains(lines, line) {
					t.Errorf("%s is not exported as %q:\n%s", name, want, lines)
				}
			}
		})
	}
}

// Pulumi itself, told so by the environment, keeps the logs of its commands small.
func TestPulumisLogsDoNotGrow(t *testing.T) {
	state := t.TempDir()
	serveHere(t, state)
	logs := filepath.Join(state, "pulumi-home", "logs")
	if err := os.MkdirAll(logs, 0o700); err != nil {
		t.Fatal(err)
	}
	for i := range 30 {
		name := fmt.Sprintf("pulumi-%s-%d.log", time.Now().Add(-time.Duration(i)*time.Minute).Format("20060102T150405"), i)
		if err := os.WriteFile(filepath.Join(logs, name), make([]byte, 1<<20), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := local(t, "env", "-state", state); err != nil {
		t.Fatal(err)
	}
	size := int64(0)
	err := filepath.WalkDir(logs, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		size += info.Size()
		return err
	})
	if err != nil || size == 0 || size > 21<<20 {
		t.Errorf("%d bytes of logs are left, want at most 20 MiB and the last one: %v", size, err)
	}
}

// A state is in use from the moment when it is opened, also before its server answers and after it has ended.
func TestAStateInUseIsLeftAlone(t *testing.T) {
	state := t.TempDir()
	s, stop := serveHere(t, state)
	running := fmt.Sprintf(
		"another local cloud uses the state in %s: process %d at %s; stop it first",
		state,
		s.PID,
		s.url(),
	)
	refused := func(want string) {
		t.Helper()
		for _, args := range [][]string{{"reset"}, {"serve", "-addr", s.Address}, {"serve", "-addr", "127.0.0.1:0"}} {
			if _, err := local(t, append(args, "-state", state)...); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v of a state in use: %v, want %q", args, err, want)
			}
		}
		if _, err := os.Stat(filepath.Join(cloudDir(state), "state.db")); err != nil {
			t.Errorf("the state has been touched: %v", err)
		}
	}
	refused(running)
	stop()

	// A cloud that has the state open, and has not said yet where it is served.
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c, err := cloud.Open(ctx, cloud.Options{Dir: cloudDir(state), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	refused("is starting or stopping; stop it first")
	if _, err := local(t, "env", "-state", state); err == nil ||
		!strings.Contains(err.Error(), "go run ./local serve -state "+state) {
		t.Errorf("env of a state that is not served: %v", err)
	}
	listener, err := listen("127.0.0.1:0", state)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Serve(ctx, listener, func() error { cancel(); return nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := local(t, "reset", "-state", state); err != nil {
		t.Errorf("reset of a state that is no longer in use: %v", err)
	}
}
