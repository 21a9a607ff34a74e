package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// clockTick is the unit of times in /proc: USER_HZ, 100 on every Linux that Go knows.
const clockTick = 10 * time.Millisecond

// used is the CPU time of the converter, its fork server and all its children that have ended.
func (c *converter) used() (time.Duration, error) {
	total := time.Duration(0)
	for _, pid := range append(children(c.process.Process.Pid), c.process.Process.Pid) {
		fields, err := stat(pid)
		if err != nil {
			return 0, err
		}
		for _, field := range fields[11:15] { // utime stime cutime cstime
			ticks, _ := strconv.Atoi(field)
			total += time.Duration(ticks) * clockTick
		}
	}
	return total, nil
}

// ownMemory looks at a document's child while it works, and returns the most memory that was its own: written pages
// that it shares with nobody.
func (c *converter) ownMemory(ctx context.Context, d document) (int64, error) {
	most := int64(0)
	for range 10 {
		done := make(chan error, 1)
		go func() { _, err := c.convert(ctx, d); done <- err }()
		for waiting := true; waiting; {
			select {
			case err := <-done:
				if err != nil {
					return 0, err
				}
				waiting = false
			default:
				for _, server := range children(c.process.Process.Pid) {
					for _, child := range children(server) {
						most = max(most, private(child))
					}
				}
			}
		}
	}
	return most, nil
}

// children are the processes that a process's threads have started.
func children(parent int) []int {
	var found []int
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", parent))
	for _, task := range tasks {
		content, _ := os.ReadFile(task)
		for _, field := range strings.Fields(string(content)) {
			pid, _ := strconv.Atoi(field)
			found = append(found, pid)
		}
	}
	return found
}

// stat is /proc/PID/stat without the process's name, which may contain anything.
func stat(pid int) ([]string, error) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil, err
	}
	text := string(content)
	return strings.Fields(text[strings.LastIndexByte(text, ')')+1:]), nil
}

func private(pid int) int64 {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0 // ended meanwhile
	}
	total := int64(0)
	for line := range strings.Lines(string(content)) {
		if name, rest, _ := strings.Cut(line, ":"); name == "Private_Dirty" {
			kib, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			total += kib << 10
		}
	}
	return total
}
