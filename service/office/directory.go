package office

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"

	"docx2pdf/service/fonts"
)

// directoryPattern names the directories of converters in the one for temporary files.
const directoryPattern = "docx2pdf-*"

// directory is an engine's own. A lock in it is held for as long as the engine's process lives, however that ends.
type directory struct {
	path string
	lock *os.File
}

func makeDirectory(temp string, set fonts.Set) (directory, error) {
	path, err := os.MkdirTemp(temp, directoryPattern)
	if err != nil {
		return directory{}, fmt.Errorf("making a directory for documents: %w", err)
	}
	// Until the lock is held it has another name, or others would take the directory for a dead converter's.
	lock, err := os.Create(filepath.Join(path, "locking"))
	if err == nil {
		err = errors.Join(syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB),
			os.Rename(lock.Name(), filepath.Join(path, "lock")))
	}
	d := directory{path, lock}
	if err = errors.Join(err, prepare(path, set)); err != nil {
		d.remove()
		return d, fmt.Errorf("making a directory for documents: %w", err)
	}
	return d, nil
}

func (d directory) remove() error { return errors.Join(os.RemoveAll(d.path), d.lock.Close()) }

// removeLeftovers removes the directories of converters that were killed, which could not do it themselves.
func removeLeftovers(temp string, log *slog.Logger) {
	found, _ := filepath.Glob(filepath.Join(temp, directoryPattern))
	for _, path := range found {
		if info, err := os.Lstat(path); err != nil || !info.IsDir() ||
			info.Sys().(*syscall.Stat_t).Uid != uint32(os.Getuid()) {
			continue
		}
		lock, err := os.OpenFile(filepath.Join(path, "lock"), os.O_RDWR|syscall.O_NOFOLLOW, 0)
		if err != nil {
			continue
		}
		if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			log.Info("removing what a converter that was killed has left", "directory", path)
			if err := os.RemoveAll(path); err != nil {
				log.Warn("removing what a converter that was killed has left", "error", err)
			}
		}
		lock.Close()
	}
}
