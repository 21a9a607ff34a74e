package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// footprint is what could grow from document to document.
type footprint struct {
	// of the fork server, and of the converter in Go, whose heap has its own ups and downs
	memory, heap                           int
	descriptors, files, processes, zombies int
}

// soak converts many documents, 4 at once, and compares what the converter holds before and after.
func soak(ctx context.Context, c *converter, all documents, count int) error {
	documents := append(all.named[:2:2], all.corpus...)
	convert := func(n int) error {
		batch := make([]document, n)
		for i := range batch {
			batch[i] = documents[i%len(documents)]
			batch[i].name = fmt.Sprint(i)
		}
		return each(batch, 4, func(d document) error { _, err := c.convert(ctx, d); return err })
	}
	if err := convert(200); err != nil { // until nothing is the first of its kind
		return err
	}
	before, err := c.settled(ctx)
	if err != nil {
		return err
	}
	if err := convert(count); err != nil {
		return err
	}
	after, err := c.settled(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("%d documents: fork server's memory %d → %d KiB, converter's %d → %d KiB, descriptors %d → %d, files %d "+
		"→ %d, processes %d → %d, zombies %d\n",
		count, before.memory, after.memory, before.heap, after.heap, before.descriptors, after.descriptors,
		before.files, after.files,
		before.processes, after.processes, after.zombies)
	if float64(after.memory) > 1.05*float64(before.memory) || after.descriptors > before.descriptors ||
		after.files > before.files ||
		after.processes > before.processes || after.zombies > 0 {
		return errors.New("something is left of the documents")
	}
	return nil
}

// footprint is taken when the last request has been put away: it is what two looks in a row agree on.
// settled is the footprint once the last documents' processes have ended, a moment after their PDFs were there.
func (c *converter) settled(ctx context.Context) (f footprint, err error) {
	for late := time.After(5 * time.Second); ; {
		if f, err = c.footprint(); err != nil || f.processes <= 1 { // one waits for the next document
			return f, err
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-late:
			return f, nil
		case <-ctx.Done():
			return f, ctx.Err()
		}
	}
}

func (c *converter) footprint() (footprint, error) {
	http.DefaultClient.CloseIdleConnections()
	last := footprint{}
	for range 100 {
		f, err := c.look()
		if err != nil || f == last {
			return f, err
		}
		last = f
		time.Sleep(100 * time.Millisecond)
	}
	return last, errors.New("the converter does not come to rest")
}

func (c *converter) look() (footprint, error) {
	var f footprint
	pid := c.process.Process.Pid
	servers := children(pid)
	for _, p := range append(servers, pid) {
		descriptors, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p))
		if err != nil {
			return f, err
		}
		f.descriptors += len(descriptors)
		for _, child := range children(p) {
			f.processes++
			if fields, err := stat(child); err == nil && fields[0] == "Z" {
				f.zombies++
			}
		}
	}
	for _, server := range servers {
		f.memory += resident(server)
	}
	f.heap = resident(pid)
	err := filepath.WalkDir(c.dir, func(string, os.DirEntry, error) error { f.files++; return nil })
	return f, err
}

// resident is the memory of a process, in KiB.
func resident(pid int) int {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	kib := 0
	fmt.Sscan(rest, &kib)
	return kib
}
