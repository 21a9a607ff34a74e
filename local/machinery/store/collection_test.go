package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"docx2pdf/local/machinery/store"
)

type item struct{ Text string }

func open(t *testing.T, dir string) *store.DB {
	t.Helper()
	db, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func put(t *testing.T, c *store.Collection[item], keys ...string) {
	t.Helper()
	for _, key := range keys {
		if err := c.Put(key, item{"of " + key}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhatIsStoredIsThereAgain(t *testing.T) {
	dir := t.TempDir()
	long := strings.Repeat("é/", 400)
	db := open(t, dir)
	put(t, store.In[item](db, "items"), "b", "a/2", "a/1", "a", "..", long)
	put(t, store.In[item](db, "others"), "a/3")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	c := store.In[item](open(t, dir), "items")
	if keys := c.Keys("a"); !slices.Equal(keys, []string{"a", "a/1", "a/2"}) || c.Count("a") != 3 {
		t.Errorf("keys with a: %q", keys)
	}
	if values := c.List("a/"); len(values) != 2 || values[0].Text != "of a/1" {
		t.Errorf("values with a/: %v", values)
	}
	for _, key := range []string{"..", long} {
		if v, there := c.Get(key); !there || v.Text != "of "+key {
			t.Errorf("%.10s: %v %v", key, v, there)
		}
	}
	if there, err := c.Delete("a"); !there || err != nil {
		t.Error(there, err)
	}
	if there, err := c.Delete("a"); there || err != nil {
		t.Error("deleting what is not there:", there, err)
	}
	if _, there := c.Get("a"); there {
		t.Error("what was deleted is still there")
	}
}

func TestAnUpdateThatFailsChangesNothing(t *testing.T) {
	c := store.In[item](open(t, t.TempDir()), "items")
	put(t, c, "a")
	refused := errors.New("refused")
	_, err := c.Update("a", func(v *item, exists bool) error {
		v.Text = "changed"
		return refused
	})
	if v, _ := c.Get("a"); !errors.Is(err, refused) || v.Text != "of a" {
		t.Errorf("%v, and the value is %v", err, v)
	}
}

func TestABatchIsStoredWholeOrNotAtAll(t *testing.T) {
	db := open(t, t.TempDir())
	letters, stamps := store.In[item](db, "letters"), store.In[item](db, "stamps")
	put(t, letters, "a")
	refused := errors.New("refused")
	for _, err := range []error{refused, nil} {
		var b store.Batch
		letters.PutIn(&b, "b", item{"of b"})
		letters.DeleteIn(&b, "a")
		letters.DeleteIn(&b, "never there")
		told := false
		b.After(func() { told = true })
		stamp := stamps.UpdateIn(&b, "of b", func(v *item, exists bool) error {
			v.Text = fmt.Sprint(exists)
			return err
		})
		stored := err == nil
		if got := db.Write(&b); got != err || told != stored {
			t.Errorf("the batch: %v, want %v; told after it: %v", got, err, told)
		}
		_, b1 := letters.Get("b")
		_, a1 := letters.Get("a")
		v, s1 := stamps.Get("of b")
		if b1 != stored || a1 == stored || s1 != stored || stored && (v.Text != "false" || v != *stamp) {
			t.Errorf("with %v: b is there: %v, a is there: %v, the stamp is there: %v, %v", err, b1, a1, s1, v)
		}
	}
}

// A scan goes through everything once, in order, while others change what it has not come to.
func TestAScanWhileThingsChange(t *testing.T) {
	db := open(t, t.TempDir())
	c := store.In[item](db, "items")
	var b store.Batch
	const many = 1234
	for i := range many {
		c.PutIn(&b, fmt.Sprintf("a/%06d", i), item{fmt.Sprint(i)})
	}
	put(t, c, "b")
	if err := db.Write(&b); err != nil {
		t.Fatal(err)
	}
	var changes sync.WaitGroup
	next := 7
	for v := range c.Scan("a/", "a/000007") {
		if v.Text != fmt.Sprint(next) {
			t.Fatalf("item %d is %s", next, v.Text)
		}
		if next == 50 {
			// Much is stored, which needs more room, and what was seen is deleted.
			changes.Go(func() { put(t, c, "c"+strings.Repeat("x", 20_000)) })
			for i := range 50 {
				if _, err := c.Delete(fmt.Sprintf("a/%06d", i)); err != nil {
					t.Fatal(err)
				}
			}
		}
		next++
	}
	changes.Wait()
	if next != many {
		t.Errorf("%d items were seen, want %d", next, many)
	}
}

func BenchmarkAPrefixOfManyKeys(b *testing.B) {
	for _, n := range []int{100, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c := filled(b, n)
			for b.Loop() {
				c.List("00005")
			}
		})
	}
}

func BenchmarkAPut(b *testing.B) {
	for _, n := range []int{100, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c, i := filled(b, n), 0
			for b.Loop() {
				if err := c.Put(fmt.Sprintf("%06d", i*7919%n), item{strings.Repeat("x", 500)}); err != nil {
					b.Fatal(err)
				}
				i++
			}
		})
	}
}

func filled(b *testing.B, n int) *store.Collection[item] {
	b.Helper()
	db, err := store.Open(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	c := store.In[item](db, "items")
	var all store.Batch
	for i := range n {
		c.PutIn(&all, fmt.Sprintf("%06d", i), item{strings.Repeat("x", 500)})
	}
	if err := db.Write(&all); err != nil {
		b.Fatal(err)
	}
	return c
}
