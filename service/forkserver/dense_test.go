package forkserver_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"docx2pdf/service/docx/docxtest"
	"docx2pdf/service/forkserver"
	"docx2pdf/service/office/officetest"
)

// copies are the files in which a process has its copies of the heap, by their inodes.
func copies(t *testing.T, pid int) []string {
	t.Helper()
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for line := range strings.Lines(string(maps)) {
		if fields := strings.Fields(line); len(fields) > 5 && fields[5] == "/memfd:heap" {
			found = append(found, fields[4])
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// descriptors counts the files of that kind that a process has open.
func descriptors(t *testing.T, pid int) (count int) {
	t.Helper()
	links, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range links {
		if to, _ := os.Readlink(link); strings.HasPrefix(to, "/memfd:") {
			count++
		}
	}
	return count
}

// TestCopiesOfTheHeapAreOneChilds: memory goes from one child to the next, but no two have the same, and none could open
// another's.
func TestCopiesOfTheHeapAreOneChilds(t *testing.T) {
	s := launch(t)
	first := job(t, docxtest.Document(docxtest.Paragraph("x")))
	first.Learn = true
	if end := <-start(t, s, first).Done(); end.Status != 0 {
		t.Fatalf("%+v", end)
	}
	server := officetest.ForkServer(t)
	for range 8 {
		<-start(t, s, job(t, docxtest.Document(docxtest.Paragraph("x")))).Done()
	}
	// One that waits, and others that end.
	if got := descriptors(t, server); got < 1 || got > 4 {
		t.Errorf("after documents in turn there is memory for %d", got)
	}

	children := []*forkserver.Child{start(t, s, job(t, slow)), start(t, s, job(t, slow)), start(t, s, job(t, slow))}
	officetest.Until(t, "three documents are being converted", func() bool {
		return len(officetest.Documents(t, server)) == len(children)
	})
	owner := map[string]int{}
	for _, c := range children {
		mine := copies(t, c.PID())
		for _, file := range mine {
			if owner[file] != 0 {
				t.Errorf("child %d has %s, which is that of %d", c.PID(), file, owner[file])
			}
			owner[file] = c.PID()
		}
		if open := descriptors(t, c.PID()); open != 0 {
			t.Errorf("child %d has %d open", c.PID(), open)
		}
	}
}

// TestMemoryThatAChildGaveBackIsNoOthers: a hostile one could leave those that come after it small pages.
func TestMemoryThatAChildGaveBackIsNoOthers(t *testing.T) {
	s := launch(t)
	first := job(t, docxtest.Document(docxtest.Paragraph("x")))
	first.Learn = true
	<-start(t, s, first).Done()
	server := officetest.ForkServer(t)
	// The first that waits after learning may have found no huge pages.
	var c *forkserver.Child
	var mine []string
	for len(mine) == 0 {
		c = start(t, s, job(t, slow))
		officetest.Child(t)
		if mine = copies(t, c.PID()); len(mine) == 0 {
			s.Cancel(c)
		}
	}
	giveBack(t, server, mine[0])
	s.Cancel(c)
	for range 3 {
		if end := <-start(t, s, job(t, docxtest.Document(docxtest.Paragraph("x")))).Done(); end.Status != 0 {
			t.Errorf("%+v", end)
		}
	}
	if giveBack(t, server, mine[0]) {
		t.Error("the memory is still there")
	}
}

// giveBack takes a huge page out of the file of an inode that a process has open, and tells whether there is such a file.
func giveBack(t *testing.T, pid int, inode string) bool {
	t.Helper()
	links, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range links {
		var info syscall.Stat_t
		if to, _ := os.Readlink(link); !strings.HasPrefix(to, "/memfd:heap") || syscall.Stat(link, &info) != nil ||
			fmt.Sprint(info.Ino) != inode {
			continue
		}
		file, err := os.OpenFile(link, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		const punchHole = 1 | 2 // fallocate(2)
		if err := syscall.Fallocate(int(file.Fd()), punchHole, 0, 2<<20); err != nil {
			t.Fatal(err)
		}
		return true
	}
	return false
}
