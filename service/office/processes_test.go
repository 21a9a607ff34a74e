package office_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// process is a line of /proc/PID/stat.
type process struct {
	pid, parent int
	state       string
}

func processes(t *testing.T) []process {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	var all []process
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			continue // ended meanwhile
		}
		// The command stands in parentheses and may contain anything.
		_, rest, _ := strings.Cut(string(content[strings.LastIndexByte(string(content), ')'):]), " ")
		fields := strings.Fields(rest)
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		parent, _ := strconv.Atoi(fields[1])
		all = append(all, process{pid, parent, fields[0]})
	}
	return all
}

func childrenOf(t *testing.T, parent int) []process {
	t.Helper()
	var children []process
	for _, p := range processes(t) {
		if p.parent == parent {
			children = append(children, p)
		}
	}
	return children
}

// forkServer is the one fork server of this test.
func forkServer(t *testing.T) int {
	t.Helper()
	var found []int
	for _, p := range childrenOf(t, os.Getpid()) {
		command, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", p.pid))
		if strings.HasPrefix(string(command), "converter-fork-server") {
			found = append(found, p.pid)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d fork servers, want 1", len(found))
	}
	return found[0]
}

// until waits for a condition that another process brings about.
func until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !condition(); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// child waits for the one child of the fork server.
func child(t *testing.T) int {
	t.Helper()
	server := forkServer(t)
	var children []process
	until(t, "a document is being converted", func() bool {
		children = childrenOf(t, server)
		return len(children) > 0
	})
	return children[0].pid
}
