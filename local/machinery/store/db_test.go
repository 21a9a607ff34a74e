package store_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"docx2pdf/local/machinery/store"
)

func TestDamageIsNamed(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir)
	c := store.In[item](db, "items")
	for i := range 500 {
		put(t, c, fmt.Sprintf("%0200d", i))
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "state.db")
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, damage := range map[string]func([]byte) []byte{
		"empty":             func([]byte) []byte { return nil },
		"a byte":            func(data []byte) []byte { return data[:1] },
		"one page":          func(data []byte) []byte { return data[:4096] },
		"cut in the middle": func(data []byte) []byte { return data[:20_000] },
		"its head is zeros": func(data []byte) []byte { return append(make([]byte, 8192), data[8192:]...) },
		"pages of rubbish": func(data []byte) []byte {
			copy(data[20*4096:], bytes.Repeat([]byte{0xaa}, 20*4096))
			return data
		},
		"another kind":       func([]byte) []byte { return []byte(strings.Repeat("{}\n", 10_000)) },
		"a folder in itself": nil,
	} {
		if err := os.RemoveAll(file); err != nil {
			t.Fatal(err)
		}
		if damage == nil {
			err = os.Mkdir(file, 0o700)
		} else {
			err = os.WriteFile(file, damage(slices.Clone(whole)), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.Open(dir); err == nil || !strings.Contains(err.Error(), file) ||
			!strings.Contains(err.Error(), "go run ./local reset") {
			t.Errorf("%s: %v, want the file's name and the way out", name, err)
		}
	}
	if err := os.RemoveAll(file); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if n := store.In[item](open(t, dir), "items").Count(""); n != 500 {
		t.Errorf("the whole file has %d items, want 500", n)
	}
}

// State that an earlier version kept, a file for each resource, is not taken for none.
func TestStateOfAnEarlierVersionIsRefused(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "projects"), 0o700); err != nil {
		t.Fatal(err)
	}
	old := filepath.Join(dir, "projects", "docx2pdf-local.json")
	if err := os.WriteFile(old, []byte(`{"key":"docx2pdf-local","value":{}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(dir); err == nil || !strings.Contains(err.Error(), "earlier version") ||
		!strings.Contains(err.Error(), "go run ./local reset") {
		t.Errorf("%v, want that it is of an earlier version, and the way out", err)
	}
}

// What a kill left half written goes, and a store that it left half made is made anew.
func TestWhatAKillLeftGoes(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{".write-123", "state.db.new"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(t, store.In[item](open(t, dir), "items"), "a")
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 || files[0].Name() != "state.db" {
		t.Errorf("what is left: %v %v", files, err)
	}
}
