package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// TestBuildsThatRunOn: Ctrl-C leaves a build running. The next update waits for it. Where the stack is destroyed first,
// the next update cancels it and begins its own; and where there is no next update, it fails in the end and leaves
// nothing.
func TestBuildsThatRunOn(t *testing.T) {
	gate := newGate(t)
	m := newMachine(t)
	m.up()
	m.interruptsUp(gate, "imageRevision=a")
	up := m.startUp("imageRevision=a")
	m.waitFor("the update to find the build", func() bool { return up.printed.says("which makes the image already") })
	gate.release()
	if err := up.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, &up.printed.text)
	}
	m.buildsAre("SUCCESS", "SUCCESS")

	m.interruptsUp(gate, "imageRevision=b")
	m.destroy()
	m.buildsAre("WORKING", "SUCCESS", "SUCCESS")
	m.up()
	m.buildsAre("SUCCESS", "CANCELLED", "SUCCESS", "SUCCESS")
	m.clientConverts()

	m.interruptsUp(gate, "imageRevision=c")
	m.destroy()
	m.buildsAre("WORKING", "SUCCESS", "CANCELLED", "SUCCESS", "SUCCESS")
	gate.release()
	m.waitFor("the build's end", func() bool { return m.builds()[0].Status != "WORKING" })
	m.buildsAre("FAILURE", "SUCCESS", "CANCELLED", "SUCCESS", "SUCCESS")
	if why := m.builds()[0].FailureInfo.Type; !strings.HasPrefix(why, "PUSH_") {
		t.Errorf("the build failed for %s, want it unable to push", why)
	}
	m.destroy() // nothing came back
}

// gate holds builds of the local cloud, one at a time.
type gate struct {
	t *testing.T
	// armed is there while the next build is to be held, and held once it is.
	armed, held string
	pipe        *os.File // a line of it releases the build
}

// newGate is a gate for the machines of the test that are made after it.
func newGate(t *testing.T) *gate {
	t.Helper()
	compiler, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	pipe := filepath.Join(bin, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	opened, err := os.OpenFile(pipe, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = opened.Close() }) // which releases, too
	g := &gate{t, filepath.Join(bin, "armed"), filepath.Join(bin, "held"), opened}
	script := fmt.Sprintf("#!/bin/sh\ncase \"$*\" in *-buildvcs=false*) mv %s %s 2>/dev/null && read -r go <%s ;; esac\n"+
		"exec %s \"$@\"\n", g.armed, g.held, pipe, compiler)
	if err := os.WriteFile(filepath.Join(bin, "go"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	return g
}

// arm has the next build held.
func (g *gate) arm() {
	g.t.Helper()
	_ = os.Remove(g.held)
	if err := os.WriteFile(g.armed, nil, 0o600); err != nil {
		g.t.Fatal(err)
	}
}

func (g *gate) holds() bool {
	_, err := os.Stat(g.held)
	return err == nil
}

func (g *gate) release() {
	g.t.Helper()
	if _, err := g.pipe.WriteString("\n"); err != nil {
		g.t.Fatal(err)
	}
}

type cloudBuild struct {
	Status, CreateTime string
	FailureInfo        struct{ Type string }
}

// builds are the project's builds, the newest first.
func (m *machine) builds() []cloudBuild {
	m.t.Helper()
	var answer struct{ Builds []cloudBuild }
	m.asOwner(http.MethodGet, m.variable("GOOGLE_CLOUD_BUILD_CUSTOM_ENDPOINT")+"projects/docx2pdf-local/builds", nil,
		&answer)
	slices.SortFunc(answer.Builds, func(a, b cloudBuild) int { return strings.Compare(b.CreateTime, a.CreateTime) })
	return answer.Builds
}

// buildsAre asserts how the builds are, the newest first.
func (m *machine) buildsAre(want ...string) {
	m.t.Helper()
	var are []string
	for _, build := range m.builds() {
		are = append(are, build.Status)
	}
	if !slices.Equal(are, want) {
		m.t.Fatalf("the builds are %v, want %v", are, want)
	}
}

// update is a "pulumi up" that runs.
type update struct {
	*exec.Cmd
	printed printed
}

// printed is what a command has printed so far.
type printed struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (p *printed) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(text)
}

func (p *printed) says(text string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Contains(p.text.String(), text)
}

// startUp begins to deploy with some configuration changed.
func (m *machine) startUp(config string) *update {
	m.t.Helper()
	up := &update{Cmd: exec.Command("pulumi", "up", "--stack", "local", "--yes", "--skip-preview", "--non-interactive",
		"--config", config)}
	up.Dir, up.Env, up.Stdout, up.Stderr = m.dir, m.env, &up.printed, &up.printed
	if path, err := lookPath("pulumi", m.env); err == nil {
		up.Path, up.Err = path, nil
	}
	if err := up.Start(); err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { _ = up.Process.Kill() }) // when the test fails before it ends
	return up
}

// interruptsUp sends Ctrl-C to an update that waits for its build, which runs on.
func (m *machine) interruptsUp(gate *gate, config string) {
	m.t.Helper()
	gate.arm()
	up := m.startUp(config)
	m.waitFor("a build that has begun", gate.holds)
	_ = up.Process.Signal(os.Interrupt)
	if err := up.Wait(); err == nil || !up.printed.says("update canceled") {
		m.t.Fatalf("the update was not interrupted: %v\n%s", err, &up.printed.text)
	}
}
