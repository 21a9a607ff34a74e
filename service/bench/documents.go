package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"docx2pdf/service/docx/docxtest"
)

// document is one that is measured.
type document struct {
	name    string
	content []byte
	pages   int // as LibreOffice's own command makes them, 0 if that is not known
}

type documents struct {
	named  []document // measured each for itself
	corpus []document // measured together
}

// loadDocuments makes the documents of every benchmark, and reads a corpus: a directory with an index.tsv of names and
// page counts, or without.
func loadDocuments(demo, corpus string) (documents, error) {
	content, err := os.ReadFile(demo)
	if err != nil {
		return documents{}, fmt.Errorf("%w; run this in the repository's root, or name a document with -demo", err)
	}
	all := documents{named: []document{
		{name: "hello world", content: docxtest.Document(docxtest.Paragraph("Hello, world."))},
		{name: filepath.Base(demo), content: content},
		{name: "report with photographs", content: report()},
		{name: "text", content: docxtest.Document(docxtest.Text(467))},
	}}
	if corpus == "" {
		return all, nil
	}
	pages, err := readIndex(filepath.Join(corpus, "index.tsv"))
	if err != nil {
		return all, err
	}
	files, err := filepath.Glob(filepath.Join(corpus, "*.docx"))
	if err != nil {
		return all, err
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return all, err
		}
		all.corpus = append(all.corpus, document{filepath.Base(file), content, pages[filepath.Base(file)]})
	}
	if len(all.corpus) == 0 {
		return all, fmt.Errorf("there is no .docx in %s", corpus)
	}
	return all, nil
}

// readIndex reads names (first column) and page counts (third).
func readIndex(name string) (map[string]int, error) {
	pages := map[string]int{}
	file, err := os.Open(name)
	if os.IsNotExist(err) {
		return pages, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		fields := strings.Split(lines.Text(), "\t")
		if len(fields) < 3 {
			continue
		}
		if n, err := strconv.Atoi(fields[2]); err == nil {
			pages[fields[0]] = n
		}
	}
	return pages, lines.Err()
}
