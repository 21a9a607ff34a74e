package office

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// lookEvery is how often it is looked how much room a conversion's files take. A look takes some 100 µs, and most
// conversions end before the first.
const lookEvery = 100 * time.Millisecond

// page is what the smallest file takes.
const page = 4096

// takesTooMuch tells whether the files of a conversion take more room than they may: those in its directory but the
// document, and those that its process has open and that have no name any more.
func (j job) takesTooMuch(pid int) bool {
	files := tally{room: j.engine.config.room(), counted: map[inode]bool{}}
	filepath.WalkDir(j.document.Directory(), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == j.document.Input() {
			return nil
		}
		if info, err := entry.Info(); err == nil && files.add(info) {
			return fs.SkipAll
		}
		return nil
	})
	descriptors, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid)) // none when the process is gone
	for _, d := range descriptors {
		info, err := os.Stat(fmt.Sprintf("/proc/%d/fd/%s", pid, d.Name()))
		if err == nil && info.Sys().(*syscall.Stat_t).Nlink == 0 && files.add(info) {
			break
		}
	}
	return files.taken > files.room
}

// threads is how many threads a process has. The fork server is asked for each where the kernel can do that; elsewhere
// they have to be counted.
func threads(pid int) int {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)) // none when the process is gone
	_, rest, _ := strings.Cut(string(status), "Threads:")
	count := 0
	fmt.Sscan(rest, &count)
	return count
}

type inode struct{ device, number uint64 }

type tally struct {
	room, taken int64
	counted     map[inode]bool
}

// add tells whether there is no room left.
func (t *tally) add(info fs.FileInfo) bool {
	status := info.Sys().(*syscall.Stat_t)
	i := inode{uint64(status.Dev), status.Ino}
	if !t.counted[i] {
		t.counted[i] = true
		t.taken += max(page, status.Blocks*512)
	}
	return t.taken > t.room
}
