package store_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"docx2pdf/local/machinery/store"
)

type item struct{ Text string }

func open(t *testing.T, dir string) *store.Collection[item] {
	t.Helper()
	c, err := store.Open[item](dir)
	if err != nil {
		t.Fatal(err)
	}
	return c
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
	put(t, open(t, dir), "b", "a/2", "a/1", "a", "..", long)
	c := open(t, dir)
	if keys := c.Keys("a"); !slices.Equal(keys, []string{"a", "a/1", "a/2"}) {
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
	if _, there := open(t, dir).Get("a"); there {
		t.Error("what was deleted is there again")
	}
}

func TestAnUpdateThatFailsChangesNothing(t *testing.T) {
	c := open(t, t.TempDir())
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

func TestDamageIsNamed(t *testing.T) {
	dir := t.TempDir()
	put(t, open(t, dir), "a")
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	if err := os.WriteFile(files[0], []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open[item](dir); err == nil || !strings.Contains(err.Error(), files[0]) {
		t.Errorf("a damaged file: %v, want its name", err)
	}
}

// What a kill left half written is not an item.
func TestHalfWrittenFilesGo(t *testing.T) {
	dir := t.TempDir()
	put(t, open(t, dir), "a")
	left := filepath.Join(dir, ".write-123")
	if err := os.WriteFile(left, []byte(`{"key":"b"`), 0o600); err != nil {
		t.Fatal(err)
	}
	if keys := open(t, dir).Keys(""); !slices.Equal(keys, []string{"a"}) {
		t.Errorf("keys: %q", keys)
	}
	if _, err := os.Stat(left); !os.IsNotExist(err) {
		t.Error("the half written file is still there")
	}
}

func BenchmarkAPrefixOfManyKeys(b *testing.B) {
	for _, n := range []int{100, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c, err := store.Open[item](b.TempDir())
			if err != nil {
				b.Fatal(err)
			}
			for i := range n {
				if err := c.Put(fmt.Sprintf("%06d", i), item{}); err != nil {
					b.Fatal(err)
				}
			}
			for b.Loop() {
				c.List("00005")
			}
		})
	}
}
