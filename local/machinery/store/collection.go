// Package store keeps the local cloud's resources: typed collections in memory, in the order of their keys, each item
// also a JSON file, so that the state survives a restart and a person can read it.
package store

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/tidwall/btree"
)

// Collection holds values of one type by key. Values go in and come out as copies, so no caller shares memory with
// the collection or with another caller. It is safe for concurrent use.
type Collection[T any] struct {
	dir   string
	mu    sync.RWMutex
	items btree.Map[string, json.RawMessage]
}

type file struct {
	Key   string          `json:"key"`
	Value json.RawMessage `json:"value"`
}

// Open reads the collection in dir, which is made when it is not there. A file that cannot be read as an item is an
// error that names the file.
func Open[T any](dir string) (*Collection[T], error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("opening state: %w", err)
	}
	c := &Collection[T]{dir: dir}
	if err := removeUnfinished(dir); err != nil {
		return nil, fmt.Errorf("opening state: %w", err)
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, fmt.Errorf("opening state: %w", err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("opening state: %w", err)
		}
		var f file
		err = json.Unmarshal(data, &f)
		if err == nil && f.Key == "" {
			err = errors.New("it has no key")
		}
		if err != nil {
			return nil, fmt.Errorf("state file %s is damaged: %w; delete it, or all state with `go run ./local reset`", name,
				err)
		}
		c.items.Set(f.Key, f.Value)
	}
	return c, nil
}

// Get returns the value of a key.
func (c *Collection[T]) Get(key string) (T, bool) {
	c.mu.RLock()
	data, ok := c.items.Get(key)
	c.mu.RUnlock()
	var v T
	if ok {
		v = decode[T](data)
	}
	return v, ok
}

// Put stores the value of a key.
func (c *Collection[T]) Put(key string, v T) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.put(key, v)
}

// Update changes the value of a key in one step: change gets the present value (the zero value when there is none)
// and whether it exists. An error from change leaves everything as it was and is returned as it is.
func (c *Collection[T]) Update(key string, change func(v *T, exists bool) error) (T, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var v T
	data, ok := c.items.Get(key)
	if ok {
		v = decode[T](data)
	}
	if err := change(&v, ok); err != nil {
		var zero T
		return zero, err
	}
	return v, c.put(key, v)
}

// Delete removes a key and says whether it was there.
func (c *Collection[T]) Delete(key string) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.items.Get(key); !ok {
		return false, nil
	}
	if err := os.Remove(c.path(key)); err != nil && !os.IsNotExist(err) {
		return true, fmt.Errorf("deleting state: %w", err)
	}
	c.items.Delete(key)
	return true, nil
}

// Keys returns the keys that start with prefix, in order.
func (c *Collection[T]) Keys(prefix string) []string {
	var keys []string
	c.ascend(prefix, "", func(key string, _ json.RawMessage) bool {
		keys = append(keys, key)
		return true
	})
	return keys
}

// List returns the values whose keys start with prefix, in the order of the keys.
func (c *Collection[T]) List(prefix string) []T {
	return slices.Collect(c.Scan(prefix, ""))
}

// Scan goes through the values whose keys start with prefix and are not before from, in the order of the keys. It costs
// what is looked at. The collection must not be changed meanwhile by whoever scans.
func (c *Collection[T]) Scan(prefix, from string) iter.Seq[T] {
	return func(yield func(T) bool) {
		c.ascend(prefix, from, func(_ string, data json.RawMessage) bool { return yield(decode[T](data)) })
	}
}

func (c *Collection[T]) ascend(prefix, from string, visit func(key string, data json.RawMessage) bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	c.items.Ascend(max(prefix, from), func(key string, data json.RawMessage) bool {
		return strings.HasPrefix(key, prefix) && visit(key, data)
	})
}

func (c *Collection[T]) put(key string, v T) error {
	value, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("storing %s: %w", key, err)
	}
	data, err := json.MarshalIndent(file{key, value}, "", " ")
	if err != nil {
		return fmt.Errorf("storing %s: %w", key, err)
	}
	if err := WriteFile(c.path(key), data, 0o600); err != nil {
		return fmt.Errorf("storing %s: %w", key, err)
	}
	c.items.Set(key, value)
	return nil
}

// path names a key's file after the key where the file system allows it, after its hash where the key is too long.
func (c *Collection[T]) path(key string) string {
	name := url.PathEscape(key)
	if len(name) > 200 {
		sum := sha256.Sum256([]byte(key))
		name = hex.EncodeToString(sum[:])
	}
	return filepath.Join(c.dir, name+".json")
}

func decode[T any](data json.RawMessage) T {
	var v T
	// The bytes were made by Marshal from a T or checked by Open; a field that no longer fits is left at zero.
	_ = json.Unmarshal(data, &v)
	return v
}

const unfinished = ".write-*"

// removeUnfinished deletes what a kill left of files that were being written.
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
