package office_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"docx2pdf/service/conversion"
	"docx2pdf/service/docx/docxtest"
	"docx2pdf/service/office"
	"docx2pdf/service/office/officetest"
)

func TestADocumentPastItsLimitsIsRefused(t *testing.T) {
	// LibreOffice unpacks fonts before it reads the text: 40 files of 740 KiB.
	manyFonts := documentWithFonts(t, docxtest.Paragraph(strings.Repeat("word ", 2_000_000)), 40)
	manyPages := docxtest.Document(strings.Repeat(docxtest.PageBreak, 2000))
	for name, test := range map[string]struct {
		config  office.Config
		content []byte
		says    string
	}{
		"CPU":     {office.Config{CPU: time.Second}, slow, "CPU time"},
		"memory":  {office.Config{Memory: 16 << 20}, slow, "memory"},
		"output":  {office.Config{Output: 400 << 10}, manyPages, "a file"},
		"threads": {office.Config{Threads: 1}, slow, "threads"},
		"files":   {office.Config{Output: 8 << 20}, manyFonts, "temporary files"},
	} {
		t.Run(name, func(t *testing.T) {
			engine := start(t, test.config)
			_, _, err := convert(t, engine, test.content)
			if !errors.Is(err, conversion.ErrLimit) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%v, want %v naming %q", err, conversion.ErrLimit, test.says)
			}
			if _, _, err := convert(t, engine, small); err != nil {
				t.Errorf("the next document: %v", err)
			}
		})
	}
}

// Whose fault it is that a document takes too long depends on how much of a CPU it got meanwhile.
func TestADocumentThatTakesTooLongIsKilled(t *testing.T) {
	engine := start(t, office.Config{Concurrency: 1, Timeout: 2 * time.Second, CPU: time.Hour})
	_, result, err := convert(t, engine, slow)
	want := conversion.ErrLimit
	if result.CPU < time.Second {
		want = conversion.ErrDeadline
	}
	if !errors.Is(err, want) {
		t.Errorf("after %v of CPU: %v, want %v", result.CPU, err, want)
	}
	mustConvert(t, engine, small)
}

func TestFilesWithoutANameTakeRoomToo(t *testing.T) {
	engine := start(t, office.Config{Output: 1 << 20})
	d := newDocument(t, engine, make([]byte, 3<<20)) // the document itself does not count
	file, err := os.Create(filepath.Join(t.TempDir(), "removed"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := os.Remove(file.Name()); err != nil {
		t.Fatal(err)
	}
	for i, tooMuch := range []bool{false, true} {
		if _, err := file.Write(make([]byte, 3<<19)); err != nil {
			t.Fatal(err)
		}
		if got := office.TakesTooMuch(engine, d, os.Getpid()); got != tooMuch {
			t.Errorf("%d KiB take too much room: %v, want %v", (i+1)*3<<9, got, tooMuch)
		}
	}
}

func TestADocumentWithLargeFilesWithoutANameIsKilled(t *testing.T) {
	engine := start(t, office.Config{Concurrency: 1, Output: 16 << 20})
	done := started(t, t.Context(), engine, slow)
	child := officetest.Child(t)
	// Its own copy of the document is among the files, and has to be read first.
	officetest.Until(t, "the document is being read",
		func() bool { return officetest.CPU(t, child) > 500*time.Millisecond })
	var err error
	officetest.Until(t, "the document has ended", func() bool {
		select {
		case err = <-done:
			return true
		default:
			growAndUnlink(t, child) // again: LibreOffice closes some of its files soon
			return false
		}
	})
	if !errors.Is(err, conversion.ErrLimit) || !strings.Contains(err.Error(), "temporary files") {
		t.Errorf("%v, want %v naming temporary files", err, conversion.ErrLimit)
	}
}

// growAndUnlink makes the temporary files that a child has open larger than it may have, and takes their names away.
func growAndUnlink(t *testing.T, child int) {
	t.Helper()
	descriptors, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", child))
	for _, d := range descriptors {
		target, _ := os.Readlink(d)
		if !strings.Contains(target, "/jobs/") || !strings.HasSuffix(target, ".tmp") {
			continue
		}
		file, err := os.OpenFile(target, os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			continue // closed meanwhile
		}
		if _, err := file.Write(make([]byte, 40<<20)); err != nil {
			t.Fatal(err)
		}
		os.Remove(target)
		file.Close()
	}
}
