// Package store keeps the local cloud's resources: typed collections in the order of their keys, all in one file, and
// changes of several collections that are stored together or not at all.
package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"

	"go.etcd.io/bbolt"
)

// DB is the state in a folder. It is safe for concurrent use; one process can have it open.
//
// What was stored is there after the process is killed, at whatever moment: bbolt writes the pages of a change beside
// those in use and then one page that names them, and the operating system keeps the order. It does not wait for the
// disk, which would take milliseconds each time, so that a machine that loses its power may lose the state.
type DB struct {
	dir  string
	bolt *bbolt.DB
}

// fileName is the store's file in its folder.
const fileName = "state.db"

// ErrDamaged is wrapped with the file that cannot be read.
var ErrDamaged = errors.New("it is damaged")

// Open opens the state in a folder, which is made when it is not there. A file that cannot be read, or state that an
// earlier version of the local cloud kept in another form, is an error that names the file and the way out.
func Open(dir string) (*DB, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("opening the state: %w", err)
	}
	if err := removeUnfinished(dir); err != nil {
		return nil, fmt.Errorf("opening the state: %w", err)
	}
	file := filepath.Join(dir, fileName)
	_, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		if err := create(dir, file); err != nil {
			return nil, fmt.Errorf("opening the state: %w", err)
		}
	}
	if err := check(file); err != nil {
		return nil, fmt.Errorf("the state file %s cannot be read: %w; delete all state with `go run ./local reset`", file,
			err)
	}
	bolt, err := bbolt.Open(file, 0o600, options())
	if err != nil {
		return nil, fmt.Errorf("opening the state file %s: %w", file, err)
	}
	return &DB{dir: dir, bolt: bolt}, nil
}

// options leave the list of free pages out of the file: it would be written with every change, and grows with what was
// deleted.
func options() *bbolt.Options {
	return &bbolt.Options{NoSync: true, NoFreelistSync: true, FreelistType: bbolt.FreelistMapType,
		InitialMmapSize: 16 << 20}
}

// create makes an empty store under another name first, so that a kill leaves none that is half made.
func create(dir, file string) error {
	old, err := filepath.Glob(filepath.Join(dir, "projects", "*.json"))
	if err != nil {
		return err
	}
	if len(old) > 0 {
		return fmt.Errorf("%s is of an earlier version of the local cloud, which this one does not read; delete all state "+
			"with `go run ./local reset`", dir)
	}
	unfinished := file + ".new"
	if err := os.RemoveAll(unfinished); err != nil {
		return err
	}
	bolt, err := bbolt.Open(unfinished, 0o600, options())
	if err != nil {
		return err
	}
	if err := bolt.Close(); err != nil {
		return err
	}
	return os.Rename(unfinished, file)
}

// check finds a file that is cut short or whose pages are not what they say they are, before bbolt uses it: it would
// end the process.
func check(file string) (err error) {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	if info.Size() == 0 {
		return fmt.Errorf("%w: it is empty", ErrDamaged)
	}
	bolt, err := bbolt.Open(file, 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	defer bolt.Close()
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if why := recover(); why != nil {
			err = fmt.Errorf("%w: %v", ErrDamaged, why)
		}
	}()
	return bolt.View(func(tx *bbolt.Tx) error {
		if tx.Size() > info.Size() {
			return fmt.Errorf("%w: it has %d bytes of %d", ErrDamaged, info.Size(), tx.Size())
		}
		return tx.ForEach(func(_ []byte, items *bbolt.Bucket) error {
			return items.ForEach(func(_, _ []byte) error { return nil })
		})
	})
}

// Folder is where a part of the cloud keeps its files next to the store.
func (db *DB) Folder(name string) string { return filepath.Join(db.dir, filepath.FromSlash(name)) }

// Close ends the use of the store; what is stored later is an error.
func (db *DB) Close() error { return db.bolt.Close() }

// Batch is changes of one or more collections that are stored together or not at all. The zero value is empty.
type Batch struct {
	changes []func(*bbolt.Tx) error
	after   []func()
}

// After adds what to do once the batch is stored, for example to remove a file that nothing names any more.
func (b *Batch) After(do func()) { b.after = append(b.after, do) }

// Write stores a batch. An error of one of its changes is returned as it is.
func (db *DB) Write(b *Batch) error {
	if len(b.changes) > 0 {
		err := db.bolt.Update(func(tx *bbolt.Tx) error {
			for _, change := range b.changes {
				if err := change(tx); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	for _, do := range b.after {
		do()
	}
	return nil
}
