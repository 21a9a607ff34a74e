package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// footprint is what could grow from document to document.
type footprint struct {
	memory, descriptors, files, processes, zombies int
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
	before, err := c.footprint()
	if err != nil {
		return err
	}
	if err := convert(count); err != nil {
		return err
	}
	after, err := c.footprint()
	if err != nil {
		return err
	}
	fmt.Printf("%d documents: fork server's memory %d → %d KiB, descriptors %d → %d, files %d → %d, processes %d → %d, zombies %d\n",
		count, before.memory, after.memory, before.descriptors, after.descriptors, before.files, after.files, before.processes, after.processes, after.zombies)
	if float64(after.memory) > 1.05*float64(before.memory) || after.descriptors > before.descriptors || after.files > before.files ||
		after.processes > before.processes || after.zombies > 0 {
		return errors.New("something is left of the documents")
	}
	return nil
}

func (c *converter) footprint() (footprint, error) {
	var f footprint
	for _, server := range children(c.process.Process.Pid) {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", server))
		if err != nil {
			return f, err
		}
		_, rest, _ := strings.Cut(string(status), "VmRSS:")
		fmt.Sscan(rest, &f.memory)
		descriptors, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", server))
		if err != nil {
			return f, err
		}
		f.descriptors = len(descriptors)
		for _, child := range children(server) {
			f.processes++
			if fields, err := stat(child); err == nil && fields[0] == "Z" {
				f.zombies++
			}
		}
	}
	err := filepath.WalkDir(c.dir, func(string, os.DirEntry, error) error { f.files++; return nil })
	return f, err
}
