package office_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"docx2pdf/service/conversion"
	"docx2pdf/service/docx/docxtest"
	"docx2pdf/service/office"
	"docx2pdf/service/office/officetest"
	"docx2pdf/service/options"
)

// slow keeps LibreOffice busy for longer than any test.
var slow = docxtest.Document(docxtest.Paragraph(strings.Repeat("word ", 2_000_000)))

var small = docxtest.Document(docxtest.Paragraph("small"))

// started converts a document in the background.
func started(t *testing.T, ctx context.Context, engine *office.Engine, content []byte) <-chan error {
	t.Helper()
	d := newDocument(t, engine, content)
	done := make(chan error, 1)
	go func() {
		_, err := engine.Convert(ctx, d, options.Options{})
		done <- err
	}()
	return done
}

func TestACrashIsOneDocuments(t *testing.T) {
	engine := start(t, office.Config{Concurrency: 2})
	for signal, want := range map[syscall.Signal]error{
		syscall.SIGSEGV: conversion.ErrCrashed,
		syscall.SIGABRT: conversion.ErrCrashed,
		syscall.SIGKILL: conversion.ErrOutOfMemory, // as the kernel does when the container has no memory left
	} {
		done := started(t, t.Context(), engine, slow)
		victim := officetest.Child(t)
		neighbour := started(t, t.Context(), engine, docxtest.Document(docxtest.Text(20)))
		syscall.Kill(victim, signal)
		if err := <-done; !errors.Is(err, want) {
			t.Errorf("after %v: %v, want %v", signal, err, want)
		}
		if err := <-neighbour; err != nil {
			t.Errorf("the neighbour of a crash: %v", err)
		}
	}
	if s := engine.Status(); s.Restarts != 0 {
		t.Errorf("%d restarts, want none", s.Restarts)
	}
}

func TestADocumentThatHangsIsKilledAtItsDeadline(t *testing.T) {
	engine := start(t, office.Config{Concurrency: 1, Timeout: time.Second})
	done := started(t, t.Context(), engine, slow)
	victim := officetest.Child(t)
	syscall.Kill(victim, syscall.SIGSTOP) // it gets no CPU any more: that is not the document's fault
	next := started(t, t.Context(), engine, small)
	if err := <-done; !errors.Is(err, conversion.ErrDeadline) {
		t.Errorf("%v, want %v", err, conversion.ErrDeadline)
	}
	if err := <-next; err != nil {
		t.Errorf("the next document: %v", err)
	}
	if err := syscall.Kill(victim, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the child is still there: %v", err)
	}
}

func TestADocumentThatLibreOfficeRefusesIsUnreadable(t *testing.T) {
	engine := start(t, office.Config{})
	for name, content := range map[string][]byte{
		"not well-formed": docxtest.Document("<w:p><w:r></w:p>"),
		"noise":           []byte("\x00\x01\x02\x03"),
	} {
		if _, _, err := convert(t, engine, content); !errors.Is(err, conversion.ErrUnreadable) {
			t.Errorf("%s: %v, want %v", name, err, conversion.ErrUnreadable)
		}
	}
}

func TestACallerThatGoesAwayTakesItsConversionAlong(t *testing.T) {
	engine := start(t, office.Config{Concurrency: 1})
	ctx, cancel := context.WithCancel(t.Context())
	done := started(t, ctx, engine, slow)
	victim := officetest.Child(t)
	waiting := started(t, ctx, engine, slow)
	cancel()
	for _, d := range []<-chan error{done, waiting} {
		if err := <-d; !errors.Is(err, context.Canceled) {
			t.Errorf("%v, want %v", err, context.Canceled)
		}
	}
	if err := syscall.Kill(victim, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the child is still there: %v", err)
	}
	mustConvert(t, engine, small)
}

func TestAForkServerThatDiesIsReplaced(t *testing.T) {
	engine := start(t, office.Config{Concurrency: 1})
	for round := 1; round <= 2; round++ {
		done := started(t, t.Context(), engine, slow)
		victim := officetest.Child(t)
		syscall.Kill(officetest.ForkServer(t), syscall.SIGKILL)
		if err := <-done; !errors.Is(err, conversion.ErrRestarting) {
			t.Errorf("the document in flight: %v, want %v", err, conversion.ErrRestarting)
		}
		mustConvert(t, engine, small)
		if s := engine.Status(); !s.Ready || s.Restarts != round {
			t.Errorf("status %+v, want ready after %d restarts", s, round)
		}
		officetest.Until(t, "the old child is gone", func() bool { return errors.Is(syscall.Kill(victim, 0), syscall.ESRCH) })
	}
}

func TestAForkServerThatHangsIsReplaced(t *testing.T) {
	engine := start(t, office.Config{Concurrency: 1, Timeout: time.Second})
	done := started(t, t.Context(), engine, slow)
	officetest.Child(t)
	syscall.Kill(officetest.ForkServer(t), syscall.SIGSTOP)
	if err := <-done; !errors.Is(err, conversion.ErrRestarting) {
		t.Errorf("the document in flight: %v, want %v", err, conversion.ErrRestarting)
	}
	mustConvert(t, engine, small)
}

func TestAChildInheritsNothingOfOtherDocuments(t *testing.T) {
	engine := start(t, office.Config{Concurrency: 2})
	server := officetest.ForkServer(t)
	warm := channels(t, server) // LibreOffice's own
	ctx, cancel := context.WithCancel(t.Context())
	first, second := started(t, ctx, engine, slow), started(t, ctx, engine, slow)
	officetest.Until(t, "two documents are being converted",
		func() bool { return len(officetest.Documents(t, server)) == 2 })
	for _, c := range officetest.Documents(t, server) {
		officetest.Until(t, "the child has closed what is not its own", func() bool {
			own := 0
			for name := range channels(t, c.PID) {
				if !warm[name] {
					own++
				}
				if warm[name] && strings.HasPrefix(name, "socket:") {
					own++
				}
			}
			return own == 1 // its report
		})
	}
	cancel()
	<-first
	<-second
}

// What LibreOffice opened when it started is in every child's hands.
func TestDocumentsShareNoFileThatTheyCanWrite(t *testing.T) {
	engine := start(t, office.Config{Concurrency: 2})
	server := officetest.ForkServer(t)
	ctx, cancel := context.WithCancel(t.Context())
	first, second := started(t, ctx, engine, slow), started(t, ctx, engine, slow)
	officetest.Until(t, "two documents are being converted",
		func() bool { return len(officetest.Documents(t, server)) == 2 })
	found := map[string]int{}
	shared := 0
	for _, c := range officetest.Documents(t, server) {
		for file, writable := range files(t, c.PID) {
			other := found[file]
			if other != 0 {
				shared++
			}
			if other != 0 && writable {
				t.Errorf("both %d and %d may write to %s", other, c.PID, file)
			}
			found[file] = c.PID
		}
	}
	if shared == 0 {
		t.Error("they share no file: this test looks in the wrong place")
	}
	cancel()
	<-first
	<-second
}

// files are the files that a process has open, and whether it may write to them.
func files(t *testing.T, pid int) map[string]bool {
	t.Helper()
	descriptors, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, d := range descriptors {
		link := fmt.Sprintf("/proc/%d/fd/%s", pid, d.Name())
		target, _ := os.Readlink(link)
		if !strings.HasPrefix(target, "/") || strings.HasPrefix(target, "/dev/") {
			continue
		}
		var file syscall.Stat_t
		info, err := os.ReadFile(fmt.Sprintf("/proc/%d/fdinfo/%s", pid, d.Name()))
		if err != nil || syscall.Stat(link, &file) != nil {
			continue // closed meanwhile
		}
		var flags int
		_, rest, _ := strings.Cut(string(info), "flags:")
		fmt.Sscanf(strings.TrimSpace(rest), "%o", &flags)
		name := fmt.Sprintf("%s, %d:%d", target, file.Dev, file.Ino)
		found[name] = found[name] || flags&syscall.O_ACCMODE != syscall.O_RDONLY
	}
	return found
}

// channels are the pipes and sockets that a process has open.
func channels(t *testing.T, pid int) map[string]bool {
	t.Helper()
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, file := range files {
		target, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/%s", pid, file.Name()))
		if strings.HasPrefix(target, "socket:") || strings.HasPrefix(target, "pipe:") {
			found[target] = true
		}
	}
	return found
}

func TestNothingIsLeftOfManyDocuments(t *testing.T) {
	engine := start(t, office.Config{Concurrency: 2})
	server := officetest.ForkServer(t)
	files := func() int {
		open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", server))
		if err != nil {
			t.Fatal(err)
		}
		return len(open)
	}
	content := docxtest.Document(docxtest.Paragraph("one of many") + docxtest.Styled("Cambria", "bold"))
	run := func(n int) {
		for range n {
			d := newDocument(t, engine, content)
			if _, err := engine.Convert(t.Context(), d, options.Options{}); err != nil {
				t.Fatal(err)
			}
			d.Close()
		}
		officetest.Until(t, "only the child that waits is left",
			func() bool { return len(officetest.Children(t, server)) == 1 })
	}
	run(20)
	openBefore, memoryBefore := files(), resident(t, server)
	run(200)
	if open := files(); open != openBefore {
		t.Errorf("%d open files after 200 documents, %d before", open, openBefore)
	}
	if memory := resident(t, server); float64(memory) > 1.05*float64(memoryBefore) {
		t.Errorf("%d KiB after 200 documents, %d before", memory, memoryBefore)
	}
}

// resident is the memory of a process, in KiB.
func resident(t *testing.T, pid int) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	var kib int
	fmt.Sscan(rest, &kib)
	return kib
}
