package container

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// treeMemory is the memory in bytes of a process and all its descendants: proportional set sizes, so that what a fork
// shares with its parent counts once.
func treeMemory(root int) int64 {
	children := map[int][]int{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, stat := range stats {
		data, err := os.ReadFile(stat)
		if err != nil {
			continue // it has ended meanwhile
		}
		pid, _ := strconv.Atoi(strings.Split(stat, "/")[2])
		after := bytes.LastIndexByte(data, ')') // the name before it may hold anything
		fields := strings.Fields(string(data[after+1:]))
		if len(fields) < 2 {
			continue
		}
		parent, _ := strconv.Atoi(fields[1])
		children[parent] = append(children[parent], pid)
	}
	var total int64
	queue := []int{root}
	for len(queue) > 0 {
		pid := queue[0]
		queue = append(queue[1:], children[pid]...)
		total += proportionalSize(pid)
	}
	return total
}

// fileMemory is the size in bytes of what a container has written into its folder: on Cloud Run files are memory.
// https://cloud.google.com/run/docs/container-contract#filesystem
func fileMemory(dir string) (total int64) {
	filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return nil
		}
		if info, err := entry.Info(); err == nil { // else it has gone meanwhile
			total += info.Sys().(*syscall.Stat_t).Blocks * 512
		}
		return nil
	})
	return total
}

func proportionalSize(pid int) int64 {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, "Pss_Anon:"); ok {
			return kilobytes(rest) + kilobytes(find(string(data), "Pss_Shmem:"))
		}
	}
	return kilobytes(find(string(data), "Pss:"))
}

func find(data, name string) string {
	_, rest, _ := strings.Cut("\n"+data, "\n"+name)
	line, _, _ := strings.Cut(rest, "\n")
	return line
}

func kilobytes(field string) int64 {
	n, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(field), "kB")), 10, 64)
	return n << 10
}
