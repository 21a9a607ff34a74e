package logging_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"docx2pdf/local/google/logging"
)

func TestTail(t *testing.T) {
	file := filepath.Join(t.TempDir(), "project.jsonl")
	tail := logging.NewTail(file)
	next := func(want ...string) {
		t.Helper()
		entries, err := tail.Next()
		if err != nil {
			t.Fatal(err)
		}
		var have []string
		for _, e := range entries {
			have = append(have, e.TextPayload)
		}
		if strings.Join(have, " ") != strings.Join(want, " ") {
			t.Errorf("next is %q, want %q", have, want)
		}
	}
	write := func(text string, flags int) {
		t.Helper()
		f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|flags, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.WriteString(text); err != nil {
			t.Fatal(err)
		}
	}
	next()
	write(`{"textPayload":"one"}`+"\nnot JSON\n"+`{"textPayload":"two"}`+"\n"+`{"textPay`, os.O_APPEND)
	next("one", "two")
	next()
	write(`load":"three"}`+"\n", os.O_APPEND)
	next("three")
	write(`{"textPayload":"four"}`+"\n", os.O_TRUNC) // cut, and shorter than before
	next("four")

	// Of a long file only the end is read.
	var long strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&long, `{"textPayload":"%d"}`+"\n", i)
	}
	write(long.String(), os.O_TRUNC)
	entries, err := logging.NewTail(file).Next()
	if err != nil || len(entries) == 0 || len(entries) > 60_000 || entries[len(entries)-1].TextPayload != "99999" {
		t.Fatalf("%d entries of a long file: %v", len(entries), err)
	}
	for i, e := range entries {
		if e.TextPayload != fmt.Sprint(100_000-len(entries)+i) {
			t.Fatalf("entry %d is %q", i, e.TextPayload)
		}
	}
}
