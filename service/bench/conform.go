package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"docx2pdf/service/docx"
	"docx2pdf/service/docx/mend"
)

// prepared is a document as LibreOffice gets it: what is laid out anew before, such as the columns of tables, is so for
// the reference, too. One with parts that come in only once it is loaded stays as it is.
func prepared(ctx context.Context, d document, libreOffice string) (document, error) {
	dir, err := os.MkdirTemp("", "conform-")
	if err != nil {
		return d, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "document.docx")
	if err := os.WriteFile(path, d.content, 0o600); err != nil {
		return d, err
	}
	p, err := docx.Prepare(ctx, path, docx.DefaultLimits, mend.Wishes{Brackets: mend.EscapesBrackets(libreOffice)})
	if err != nil || len(p.Insertions) > 0 {
		return d, nil // the reference says what it makes of it
	}
	d.content, err = os.ReadFile(path)
	return d, err
}

// checkConformity converts all documents in order, backwards, and in the company of three others, and compares the
// PDFs' texts with each other, and their pages with a reference's.
func checkConformity(ctx context.Context, c *converter, reference engine, all documents) error {
	documents := append(slices.Clone(all.named), all.corpus...)
	documents = append(documents, document{name: "every number format", content: numbered()})
	backwards := slices.Clone(documents)
	slices.Reverse(backwards)
	first, err := texts(ctx, c, documents, 1)
	if err != nil {
		return err
	}
	var failures []error
	for name, order := range map[string][]document{"backwards": backwards, "in order": documents} {
		clients := map[string]int{"backwards": 1, "in order": 4}[name]
		again, err := texts(ctx, c, order, clients)
		if err != nil {
			return err
		}
		for _, d := range documents {
			if again[d.name] != first[d.name] {
				failures = append(failures, fmt.Errorf("%s: another text %s with %d clients", d.name, name, clients))
			}
		}
	}
	sameText := 0
	for _, d := range documents {
		ready, err := prepared(ctx, d, c.libreOffice)
		if err != nil {
			return err
		}
		pdf, err := reference.convert(ctx, ready)
		if err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", d.name, err))
			continue
		}
		theirs, err := textOf(ctx, pdf)
		if err != nil {
			return err
		}
		if pages, want := strings.Count(first[d.name], "\f"), strings.Count(theirs, "\f"); pages != want {
			failures = append(failures, fmt.Errorf("%s: %d pages, %s makes %d", d.name, pages, reference.name(), want))
		}
		if theirs == first[d.name] {
			sameText++
		} else {
			fmt.Printf("%s: the text differs from that of %s\n", d.name, reference.name())
		}
	}
	fmt.Printf("%d documents, each converted three times: %d differ in pages or from time to time; %d have the text of "+
		"%s to the letter\n", len(documents), len(failures), sameText, reference.name())
	return errors.Join(failures...)
}

// texts are the PDFs' texts by document, pages ended by form feeds.
func texts(ctx context.Context, c *converter, documents []document, clients int) (map[string]string, error) {
	var mu sync.Mutex
	found := map[string]string{}
	err := each(documents, clients, func(d document) error {
		pdf, err := c.convert(ctx, d)
		if err != nil {
			return err
		}
		text, err := textOf(ctx, pdf)
		mu.Lock()
		found[d.name] = text
		mu.Unlock()
		return err
	})
	return found, err
}

// each does something with every document, so many at once, and returns all failures.
func each(documents []document, clients int, do func(document) error) error {
	var mu sync.Mutex
	var failures []error
	queue := make(chan document)
	var working sync.WaitGroup
	for range clients {
		working.Go(func() {
			for d := range queue {
				if err := do(d); err != nil {
					mu.Lock()
					failures = append(failures, fmt.Errorf("%s: %w", d.name, err))
					mu.Unlock()
				}
			}
		})
	}
	for _, d := range documents {
		queue <- d
	}
	close(queue)
	working.Wait()
	return errors.Join(failures...)
}

func textOf(ctx context.Context, pdf []byte) (string, error) {
	command := exec.CommandContext(ctx, "pdftotext", "-", "-")
	command.Stdin = bytes.NewReader(pdf)
	out, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("pdftotext (Debian package poppler-utils): %w", err)
	}
	return string(out), nil
}
