package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// kills counts what was killed.
type kills struct{ forkServers, converters int }

// killAtRandom kills, until ctx ends or it has killed so many, a fork server every three seconds or so, and every fifth
// time a whole converter. It
// looks only at what the local cloud has started, and lets it start: a machine on which nothing ever starts converts
// nothing.
func killAtRandom(ctx context.Context, cloud, most int, random *rand.Rand) (done kills) {
	for done.forkServers+done.converters < most {
		select {
		case <-ctx.Done():
			return done
		case <-time.After(time.Duration(1500+random.IntN(3000)) * time.Millisecond):
		}
		var forkServers, converters []int
		for _, pid := range descendants(cloud) {
			parent := parentOf(pid)
			// Its children, which convert documents, have its command line too. It has one when it is ready.
			if isForkServer(pid) && parent != 0 && !isForkServer(parent) && len(descendants(pid)) > 0 {
				forkServers, converters = append(forkServers, pid), append(converters, parent)
			}
		}
		victims, count := forkServers, &done.forkServers
		if random.IntN(5) == 0 {
			victims, count = converters, &done.converters
		}
		if len(victims) > 0 && syscall.Kill(victims[random.IntN(len(victims))], syscall.SIGKILL) == nil {
			*count++
		}
	}
	return done
}

func isForkServer(pid int) bool {
	command, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return bytes.HasPrefix(command, []byte("converter-fork-server\x00"))
}

// descendants are the processes that a process and its children have started.
func descendants(root int) []int {
	var all []int
	for queue := []int{root}; len(queue) > 0; queue = queue[1:] {
		lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", queue[0]))
		for _, list := range lists {
			content, _ := os.ReadFile(list)
			for text := range strings.FieldsSeq(string(content)) {
				if pid, err := strconv.Atoi(text); err == nil {
					all, queue = append(all, pid), append(queue, pid)
				}
			}
		}
	}
	return all
}

// parentOf is 0 when the process is gone.
func parentOf(pid int) int {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, rest, _ := strings.Cut(string(status), "\nPPid:")
	line, _, _ := strings.Cut(rest, "\n")
	parent, _ := strconv.Atoi(strings.TrimSpace(line))
	return parent
}
