package command_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// What a program writes into a pipe may come in pieces: a part of the password is not the password.
func TestPasswordThatComesInPieces(t *testing.T) {
	g := newGoogle(t)
	dir := t.TempDir()
	document := write(t, filepath.Join(dir, "a.docx"), "PK")
	// What is written so is read write by write (pipe(2), O_DIRECT).
	var ends [2]int
	if err := syscall.Pipe2(ends[:], syscall.O_DIRECT|syscall.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	from, to := os.NewFile(uintptr(ends[0]), "from"), os.NewFile(uintptr(ends[1]), "to")
	defer from.Close()
	for _, piece := range []string{"first", "second\nthe next line"} {
		if _, err := io.WriteString(to, piece); err != nil {
			t.Fatal(err)
		}
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	out := g.client("convert", document, "--password-file", fmt.Sprintf("/proc/self/fd/%d", ends[0]))
	if out.status != 0 || g.forms[0]["password"] != "firstsecond" {
		t.Error(out, g.forms)
	}
}
