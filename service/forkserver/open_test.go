package forkserver_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"docx2pdf/service/docx/docxtest"
)

// TestADocumentThatIsLeftOpenIsSeen: one of the warm-up that stays open gets into the text of others. So the fork
// server counts those that are open before it forks; this shows that the count sees one.
func TestADocumentThatIsLeftOpenIsSeen(t *testing.T) {
	dir := t.TempDir()
	program, object := filepath.Join(dir, "open"), filepath.Join(dir, "document.o")
	for _, command := range [][]string{
		{"c++", "-std=c++17", "-DLINUX", "-DUNX", "-DCPPU_ENV=gcc3", "-I/usr/include/libreoffice",
			"-I/usr/local/include/libreoffice-uno", "-c", "-o", object, "document.cxx"},
		{"cc", "-o", program, "testdata/open.c", object, "office.c", "imports.c", "-ldl", "-lstdc++"},
	} {
		if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	c := config(t, dir)
	document := write(t, filepath.Join(dir, "a.docx"), docxtest.Document(docxtest.Paragraph("x")))
	command := exec.Command(program, c.ProgramDir, "file://"+c.Profile, "file://"+document)
	command.Dir, command.Env = c.WorkDir, append(os.Environ(), c.Environment...)
	out, err := command.Output()
	if got := strings.TrimSpace(string(out)); err != nil || !strings.HasSuffix(got, "0 1 1 0") {
		t.Errorf("%v: %q, want none open, one, it closed, none open", err, got)
	}
}
