package resources

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Here is the container that this process is in: as MEMORY ("2Gi") and REQUEST_TIMEOUT (seconds) say, which a
// deployment sets, and else what the kernel says. Temp is where temporary files are.
func Here(getenv func(string) string, temp string) (Container, error) {
	c := Container{CPUs: runtime.GOMAXPROCS(0), Memory: memoryOfKernel(), FilesAreMemory: getenv("K_SERVICE") != "" ||
		inMemory(temp)}
	if text := getenv("MEMORY"); text != "" {
		memory, err := ParseMemory(text)
		if err != nil {
			return c, fmt.Errorf("MEMORY is %q: %w", text, err)
		}
		c.Memory = min(c.Memory, memory)
	}
	if text := getenv("REQUEST_TIMEOUT"); text != "" {
		seconds, err := strconv.Atoi(text)
		if err != nil || seconds < 1 || seconds > 24*60*60 {
			return c, fmt.Errorf("REQUEST_TIMEOUT is %q: it must be a number of seconds, as 300", text)
		}
		c.RequestTimeout = time.Duration(seconds) * time.Second
	}
	return c, nil
}

// units are those of Cloud Run's memory limits, which are Kubernetes's.
// https://cloud.google.com/run/docs/configuring/services/memory-limits
var units = []struct {
	suffix string
	bytes  int64
}{{"Ki", 1 << 10}, {"Mi", 1 << 20}, {"Gi", 1 << 30}, {"k", 1e3}, {"M", 1e6}, {"G", 1e9}, {"", 1}}

// ParseMemory reads an amount of memory such as 512Mi.
func ParseMemory(text string) (int64, error) {
	for _, unit := range units {
		if number, ok := strings.CutSuffix(text, unit.suffix); ok {
			n, err := strconv.ParseInt(number, 10, 64)
			if err == nil && n > 0 && n <= math.MaxInt64/unit.bytes {
				return n * unit.bytes, nil
			}
			break
		}
	}
	return 0, fmt.Errorf("it must be an amount of memory such as 512Mi or 2Gi")
}

// memoryOfKernel is the least limit of the control groups that hold this process, or the machine's memory.
func memoryOfKernel() int64 {
	memory := int64(math.MaxInt64)
	var machine syscall.Sysinfo_t
	if syscall.Sysinfo(&machine) == nil {
		memory = int64(machine.Totalram) * int64(machine.Unit)
	}
	groups, _ := os.ReadFile("/proc/self/cgroup")
	for line := range strings.Lines(string(groups)) {
		// hierarchy:controllers:path, see cgroups(7)
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) != 3 {
			continue
		}
		switch fields[1] {
		case "":
			memory = min(memory, limitsUpwards("/sys/fs/cgroup", fields[2], "memory.max"))
		case "memory":
			memory = min(memory, limitsUpwards("/sys/fs/cgroup/memory", fields[2], "memory.limit_in_bytes"))
		}
	}
	return memory
}

// limitsUpwards is the least limit of a group and those it is in. In a container the group's path may be the host's,
// and its files those at the top.
func limitsUpwards(root, group, file string) int64 {
	least := int64(math.MaxInt64)
	for path := filepath.Join("/", group); ; path = filepath.Dir(path) {
		content, _ := os.ReadFile(filepath.Join(root, path, file))
		if n, err := strconv.ParseInt(strings.TrimSpace(string(content)), 10, 64); err == nil && n > 0 {
			least = min(least, n)
		}
		if path == "/" {
			return least
		}
	}
}

// inMemory tells whether a directory's files are in memory.
func inMemory(dir string) bool {
	const tmpfs, ramfs = 0x01021994, 0x858458f6 // statfs(2)
	var system syscall.Statfs_t
	if syscall.Statfs(dir, &system) != nil {
		return false
	}
	return system.Type == tmpfs || system.Type == ramfs
}
