package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"slices"

	"go.etcd.io/bbolt"
)

// Collection holds values of one type by key. Values go in and come out as copies, so no caller shares memory with
// the collection or with another caller. It is safe for concurrent use.
type Collection[T any] struct {
	db   *DB
	name []byte
}

// In returns the store's collection of a name, for example storage/buckets.
func In[T any](db *DB, name string) *Collection[T] { return &Collection[T]{db: db, name: []byte(name)} }

// Get returns the value of a key.
func (c *Collection[T]) Get(key string) (v T, ok bool) {
	c.view(func(items *bbolt.Bucket) {
		if data := items.Get([]byte(key)); data != nil {
			v, ok = decode[T](data), true
		}
	})
	return v, ok
}

// Put stores the value of a key.
func (c *Collection[T]) Put(key string, v T) error {
	var b Batch
	c.PutIn(&b, key, v)
	return c.db.Write(&b)
}

// PutIn is Put as a part of a batch.
func (c *Collection[T]) PutIn(b *Batch, key string, v T) {
	value, err := json.Marshal(v)
	b.changes = append(b.changes, func(tx *bbolt.Tx) error {
		if err != nil {
			return fmt.Errorf("storing %s: %w", key, err)
		}
		return c.put(tx, key, value)
	})
}

// Update changes the value of a key in one step: change gets the present value (the zero value when there is none)
// and whether it exists. An error from change leaves everything as it was and is returned as it is. Change stores
// nothing itself.
func (c *Collection[T]) Update(key string, change func(v *T, exists bool) error) (T, error) {
	var b Batch
	v := c.UpdateIn(&b, key, change)
	if err := c.db.Write(&b); err != nil {
		var zero T
		return zero, err
	}
	return *v, nil
}

// UpdateIn is Update as a part of a batch. The value is there once the batch is stored.
func (c *Collection[T]) UpdateIn(b *Batch, key string, change func(v *T, exists bool) error) *T {
	v := new(T)
	b.changes = append(b.changes, func(tx *bbolt.Tx) error {
		exists := false
		if items := tx.Bucket(c.name); items != nil {
			if data := items.Get([]byte(key)); data != nil {
				*v, exists = decode[T](data), true
			}
		}
		if err := change(v, exists); err != nil {
			return err
		}
		value, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("storing %s: %w", key, err)
		}
		return c.put(tx, key, value)
	})
	return v
}

func (c *Collection[T]) put(tx *bbolt.Tx, key string, value []byte) error {
	items, err := tx.CreateBucketIfNotExists(c.name)
	if err == nil {
		err = items.Put([]byte(key), value)
	}
	if err != nil {
		return fmt.Errorf("storing %s: %w", key, err)
	}
	return nil
}

// Delete removes a key and says whether it was there.
func (c *Collection[T]) Delete(key string) (found bool, err error) {
	err = c.db.Write(&Batch{changes: []func(*bbolt.Tx) error{c.remove(key, &found)}})
	return found, err
}

// DeleteIn removes a key as a part of a batch. One that is not there is no error.
func (c *Collection[T]) DeleteIn(b *Batch, key string) {
	b.changes = append(b.changes, c.remove(key, new(bool)))
}

func (c *Collection[T]) remove(key string, found *bool) func(*bbolt.Tx) error {
	return func(tx *bbolt.Tx) error {
		items := tx.Bucket(c.name)
		if *found = items != nil && items.Get([]byte(key)) != nil; !*found {
			return nil
		}
		if err := items.Delete([]byte(key)); err != nil {
			return fmt.Errorf("deleting %s: %w", key, err)
		}
		return nil
	}
}

// Keys returns the keys that start with prefix, in order.
func (c *Collection[T]) Keys(prefix string) []string {
	var keys []string
	c.ascend([]byte(prefix), []byte(prefix), func(key, _ []byte) bool {
		keys = append(keys, string(key))
		return true
	})
	return keys
}

// Count is how many keys start with prefix.
func (c *Collection[T]) Count(prefix string) (n int) {
	c.ascend([]byte(prefix), []byte(prefix), func(_, _ []byte) bool { n++; return true })
	return n
}

// Any says whether a key starts with prefix.
func (c *Collection[T]) Any(prefix string) (found bool) {
	c.ascend([]byte(prefix), []byte(prefix), func(_, _ []byte) bool { found = true; return false })
	return found
}

// List returns the values whose keys start with prefix, in the order of the keys.
func (c *Collection[T]) List(prefix string) []T { return slices.Collect(c.Scan(prefix, "")) }

// Scan goes through the values whose keys start with prefix and are not before from, in the order of the keys. It costs
// what is looked at. What is stored or deleted meanwhile may be seen or not.
func (c *Collection[T]) Scan(prefix, from string) iter.Seq[T] {
	return func(yield func(T) bool) {
		// No read is under way while the caller works: a change that needs more room would wait for it. The first reads
		// are small, for callers that want little.
		chunk := 2
		for next := []byte(max(prefix, from)); next != nil; chunk = min(4*chunk, 128) {
			var values [][]byte
			var last []byte
			c.ascend([]byte(prefix), next, func(key, data []byte) bool {
				values, last = append(values, bytes.Clone(data)), append(last[:0], key...)
				return len(values) < chunk
			})
			next = nil
			if len(values) == chunk {
				next = append(last, 0)
			}
			for _, data := range values {
				if !yield(decode[T](data)) {
					return
				}
			}
		}
	}
}

// ascend visits the keys with the prefix that are not before from. What it hands out is good only during the visit.
func (c *Collection[T]) ascend(prefix, from []byte, visit func(key, data []byte) bool) {
	c.view(func(items *bbolt.Bucket) {
		at := items.Cursor()
		for key, data := at.Seek(from); key != nil && bytes.HasPrefix(key, prefix); key, data = at.Next() {
			if !visit(key, data) {
				return
			}
		}
	})
}

// view reads the collection. There is nothing in one that nothing was stored in, or whose store is closed.
func (c *Collection[T]) view(read func(*bbolt.Bucket)) {
	_ = c.db.bolt.View(func(tx *bbolt.Tx) error {
		if items := tx.Bucket(c.name); items != nil {
			read(items)
		}
		return nil
	})
}

func decode[T any](data []byte) T {
	var v T
	// The bytes were made by Marshal from a T; a field that no longer fits is left at zero.
	_ = json.Unmarshal(data, &v)
	return v
}
