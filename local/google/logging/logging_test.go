package logging_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"docx2pdf/local/google/logging"
	"docx2pdf/local/machinery/store"
)

// The file of a project does not grow without end; what goes are the oldest entries.
func TestTheOldestEntriesGo(t *testing.T) {
	state, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer state.Close()
	dir := state.Folder("logging")
	logs, err := logging.Open(state)
	if err != nil {
		t.Fatal(err)
	}
	const written = 80
	text := strings.Repeat("x", 1<<20)
	for i := range written {
		if err := logs.Write("project", logging.Entry{TextPayload: text, InsertId: fmt.Sprint(i)},
			logging.Entry{TextPayload: "short", InsertId: fmt.Sprint(i, " too")}); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(filepath.Join(dir, "project.jsonl"))
	if err != nil || info.Size() > 34<<20 {
		t.Errorf("the file has %d bytes: %v", info.Size(), err)
	}
	entries, err := logs.Read("project", func(e logging.Entry) bool { return e.TextPayload != "short" })
	if err != nil || len(entries) < 16 {
		t.Fatalf("%d entries are left: %v", len(entries), err)
	}
	for i, e := range entries {
		if e.InsertId != fmt.Sprint(written-len(entries)+i) || len(e.TextPayload) != len(text) {
			t.Errorf("entry %d is number %s, with %d bytes", i, e.InsertId, len(e.TextPayload))
		}
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("files: %v %v", files, err)
	}
}
