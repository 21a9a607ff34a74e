// Package report is what the client tells machines of each document: the objects of --json, and the rows of --report.
package report

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"docx2pdf/client/converter"
)

// What became of a document.
const (
	Converted = "converted"
	Unchanged = "unchanged" // an earlier run did it, and nothing has changed since
	Planned   = "planned"   // a dry run would convert it
	Failed    = "failed"
	Passed    = "passed over" // no failure, and nothing to convert
)

// Document is what became of one document. Its names are stable.
type Document struct {
	Source       string                   `json:"source"`
	PDF          string                   `json:"pdf,omitempty"`
	Status       string                   `json:"status"`
	Pages        int                      `json:"pages,omitempty"`
	Milliseconds int64                    `json:"milliseconds,omitempty"`
	Fonts        []converter.Substitution `json:"fonts,omitempty"`
	Warnings     []converter.Warning      `json:"warnings,omitempty"`
	Error        string                   `json:"error,omitempty"`
	Code         string                   `json:"code,omitempty"`
}

// FontList names fonts and what stands for them: "Calibri=Calibri Twin (same widths); Inter=Liberation Sans (other
// widths)".
func FontList(fonts []converter.Substitution) string {
	var list []string
	for _, f := range fonts {
		item := f.Font + "=" + strings.Join(f.Used, "+")
		if f.Kind != "" {
			item += " (" + f.Kind + ")"
		}
		list = append(list, item)
	}
	return strings.Join(list, "; ")
}

func (d Document) warningList() string {
	var list []string
	for _, w := range d.Warnings {
		list = append(list, w.String())
	}
	return strings.Join(list, "; ")
}

// Writer writes documents as they are done. It is safe for concurrent use.
type Writer struct {
	mu    sync.Mutex
	write func(Document) error
	close func() error
}

// Write adds a document. A nil Writer takes nothing.
func (w *Writer) Write(d Document) error {
	if w == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.write(d)
}

// Close ends the report.
func (w *Writer) Close() error {
	if w == nil {
		return nil
	}
	return w.close()
}

// JSON writes an object a line.
func JSON(to io.Writer) *Writer {
	encoder := json.NewEncoder(to)
	encoder.SetEscapeHTML(false)
	return &Writer{write: func(d Document) error { return encoder.Encode(d) }, close: func() error { return nil }}
}

// Create begins a report in a file, by its name's ending: .csv, or .jsonl for JSON Lines. "" makes none.
func Create(name string) (*Writer, error) {
	if name == "" {
		return nil, nil
	}
	form := strings.ToLower(filepath.Ext(name))
	if form != ".csv" && form != ".jsonl" {
		return nil, fmt.Errorf("the report %s is of no known form; name it .csv or .jsonl", name)
	}
	file, err := os.Create(name)
	if err != nil {
		return nil, fmt.Errorf("writing the report: %w", err)
	}
	w := JSON(file)
	if form == ".csv" {
		w, err = rows(file)
	}
	w.close = file.Close
	return w, err
}

var columns = []string{"source", "pdf", "status", "pages", "milliseconds", "fonts", "warnings", "error", "code"}

func rows(to io.Writer) (*Writer, error) {
	table := csv.NewWriter(to)
	row := func(cells ...string) error {
		err := table.Write(cells)
		table.Flush()
		return errors.Join(err, table.Error())
	}
	return &Writer{write: func(d Document) error {
		return row(d.Source, d.PDF, d.Status, number(int64(d.Pages)), number(d.Milliseconds), FontList(d.Fonts),
			d.warningList(), d.Error, d.Code)
	}}, row(columns...)
}

func number(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}
