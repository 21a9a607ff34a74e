// Package officetest finds the processes of an engine, for tests that do them harm.
package officetest

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Process is a line of /proc/PID/stat.
type Process struct {
	PID, Parent int
	Name        string
}

func processes(t testing.TB) []Process {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	var all []Process
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			continue // ended meanwhile
		}
		// The command stands in parentheses and may contain anything.
		_, named, _ := strings.Cut(string(content), "(")
		end := strings.LastIndexByte(named, ')')
		fields := strings.Fields(named[end+1:])
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		parent, _ := strconv.Atoi(fields[1])
		all = append(all, Process{pid, parent, named[:end]})
	}
	return all
}

// Children are the processes that a process has started.
func Children(t testing.TB, parent int) []Process {
	t.Helper()
	var children []Process
	for _, p := range processes(t) {
		if p.Parent == parent {
			children = append(children, p)
		}
	}
	return children
}

// Documents are the fork server's children that convert one. Another waits for the next, and some may be about to exit.
func Documents(t testing.TB, server int) []Process {
	t.Helper()
	return slices.DeleteFunc(Children(t, server), func(p Process) bool { return p.Name != "document" })
}

// Spare waits for the child that waits for a document.
func Spare(t testing.TB) int {
	t.Helper()
	server := ForkServer(t)
	var spares []Process
	Until(t, "a child waits for a document", func() bool {
		spares = slices.DeleteFunc(Children(t, server), func(p Process) bool { return p.Name != "spare" })
		return len(spares) == 1
	})
	return spares[0].PID
}

// ForkServer is the one fork server of this test.
func ForkServer(t testing.TB) int {
	t.Helper()
	var found []int
	for _, p := range Children(t, os.Getpid()) {
		command, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", p.PID))
		if strings.HasPrefix(string(command), "converter-fork-server") {
			found = append(found, p.PID)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d fork servers, want 1", len(found))
	}
	return found[0]
}

// CPU is the time that a process has used; clock ticks are 10 ms on every Linux that Go knows.
func CPU(t testing.TB, pid int) time.Duration {
	t.Helper()
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(content[strings.LastIndexByte(string(content), ')')+1:]))
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

// Until waits for a condition that another process brings about.
func Until(t testing.TB, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !condition(); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// Child waits for the one document that is being converted.
func Child(t testing.TB) int {
	t.Helper()
	server := ForkServer(t)
	var children []Process
	Until(t, "a document is being converted", func() bool {
		children = Documents(t, server)
		return len(children) > 0
	})
	return children[0].PID
}
