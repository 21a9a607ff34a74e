package container_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"docx2pdf/local/machine/container"
)

// output is what a container has written so far.
type output struct {
	mu    sync.Mutex
	lines []string
}

func (o *output) add(_ bool, line string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.lines = append(o.lines, line)
}

func (o *output) text() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.Join(o.lines, "\n")
}

// run starts a shell as a container of an image that has one binary.
func run(t *testing.T, script string, change func(*container.Spec)) (container.Container, *output) {
	t.Helper()
	var o output
	spec := container.Spec{ID: t.Name(), Dir: t.TempDir(), Output: o.add,
		Image: container.Image{Host: true, Root: t.TempDir(), Entrypoint: []string{"/bin/sh", "-c"}, Cmd: []string{script}}}
	if change != nil {
		change(&spec)
	}
	c, err := container.Start(spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Stop(0) })
	return c, &o
}

func ended(t *testing.T, c container.Container) error {
	t.Helper()
	select {
	case <-c.Done():
		return c.Err()
	case <-time.After(30 * time.Second):
		t.Fatal("the container has not ended within 30 s")
		return nil
	}
}

func TestAProcessHasItsCPUsOnly(t *testing.T) {
	for range 3 { // whichever CPUs it gets
		c, out := run(t, "nproc", func(s *container.Spec) { s.CPU = 0.5 })
		if err := ended(t, c); err != nil || out.text() != "1" {
			t.Errorf("with half a CPU it sees %q CPUs: %v", out.text(), err)
		}
	}
	c, out := run(t, "nproc", nil)
	all := ended(t, c)
	if more, seen := run(t, "nproc", func(s *container.Spec) { s.CPU = 100_000 }); all != nil || ended(t, more) != nil ||
		out.text() != seen.text() {
		t.Errorf("with more CPUs than the machine has it sees %q, without a limit %q", seen.text(), out.text())
	}
}

func TestAProcessEndsAsItIsTold(t *testing.T) {
	var exit interface{ ExitCode() int }
	if c, _ := run(t, "exit 3", nil); !errors.As(ended(t, c), &exit) || exit.ExitCode() != 3 {
		t.Errorf("exit 3 is %v", exit)
	}
	c, out := run(t, "trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.01; done", nil)
	waitFor(t, out, "ready")
	if c.Stop(10 * time.Second); ended(t, c) != nil || !strings.Contains(out.text(), "bye") {
		t.Errorf("SIGTERM did not reach it: %q, %v", out.text(), c.Err())
	}
	stubborn, out := run(t, "trap '' TERM; echo ready; while :; do sleep 0.01; done", nil)
	waitFor(t, out, "ready")
	if stubborn.Stop(50 * time.Millisecond); ended(t, stubborn) == nil {
		t.Error("a container that ignores SIGTERM ended by itself")
	}
}

func waitFor(t *testing.T, out *output, text string) {
	t.Helper()
	deadline, tick := time.After(30*time.Second), time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !strings.Contains(out.text(), text) {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("it never said %q", text)
		}
	}
}

func TestFilesAndProcessesTakeMemory(t *testing.T) {
	var memory container.MemoryError
	c, _ := run(t, "head -c 64M /dev/zero >$HOME/file; sleep 30", func(s *container.Spec) { s.Memory = 32 << 20 })
	if err := ended(t, c); !errors.As(err, &memory) || memory.Limit != 32<<20 || memory.Used < 64<<20 {
		t.Errorf("64 MiB of files with 32 MiB of memory: %v", err)
	}
}

func TestAnImageOfAnotherSystemNeedsDocker(t *testing.T) {
	_, err := container.Start(container.Spec{Image: container.Image{Name: "papers"}})
	if err == nil || !strings.Contains(err.Error(), "serve -docker") {
		t.Errorf("it says %v", err)
	}
}

func TestLongLinesAreCut(t *testing.T) {
	var lines []string
	container.Lines(strings.NewReader("a\r\n"+strings.Repeat("x", 1<<20)+"\n\xffb"), func(line string) {
		lines = append(lines, line)
	})
	if len(lines) != 3 || lines[0] != "a" || len(lines[1]) != 250<<10 || lines[2] != "\uFFFDb" {
		t.Errorf("%d lines, the second of %d bytes", len(lines), len(lines[1]))
	}
}
