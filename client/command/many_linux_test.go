package command_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestFilesThatCannotBeReadAreToldAndTheRestGoesOn(t *testing.T) {
	g, dir := newGoogle(t), letters(t, 3)
	os.Symlink("/proc/self/mem", filepath.Join(dir, "unreadable.docx"))
	os.Symlink(t.TempDir(), filepath.Join(dir, "folder.docx"))
	os.Symlink("circle.docx", filepath.Join(dir, "circle.docx"))
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.docx"), 0o600); err != nil {
		t.Fatal(err)
	}
	os.Symlink("pipe.docx", filepath.Join(dir, "link.docx"))
	out := g.client("convert", dir)
	for _, want := range []string{
		"unreadable.docx: input/output error", "circle.docx: too many levels", "folder.docx is no file with a document",
		"pipe.docx is no file with a document", "link.docx is no file with a document",
	} {
		if !strings.Contains(out.stderr, want) {
			t.Errorf("it does not say %q:\n%s", want, out.stderr)
		}
	}
	if out.status != 2 {
		t.Error(out)
	}
	holds(t, dir, 3)
}
