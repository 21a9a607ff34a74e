package store

import (
	"io/fs"
	"os"
	"path/filepath"
)

const unfinished = ".write-*"

// removeUnfinished deletes what a kill left of files that were being written in a folder.
func removeUnfinished(dir string) error {
	left, err := filepath.Glob(filepath.Join(dir, unfinished))
	for _, name := range left {
		if removeErr := os.Remove(name); removeErr != nil {
			err = removeErr
		}
	}
	return err
}

// WriteFile writes a whole file or nothing: readers and a restart see the old content or the new.
func WriteFile(path string, data []byte, mode fs.FileMode) error {
	temp, err := os.CreateTemp(filepath.Dir(path), unfinished)
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	if _, err := temp.Write(data); err != nil {
		temp.Close()
		return err
	}
	if err := temp.Chmod(mode); err != nil {
		temp.Close()
		return err
	}
	if err := temp.Close(); err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}
