package conversion

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"docx2pdf/service/docx"
	"docx2pdf/service/fonts"
)

// Document is a directory of a document's own: with the document, its PDF, and whatever the engine needs meanwhile
// in temp/.
type Document struct {
	dir, name string

	UpdateIndexes bool              // its tables of contents and indexes are to be made anew before the PDF
	Insertions    []docx.Insertion  // what comes into it once it is loaded
	Fonts         []fonts.Described // what it says of its fonts
}

// NewDocument makes a document's directory in a directory. Engines call it.
func NewDocument(in, name string) (*Document, error) {
	dir, err := os.MkdirTemp(in, "")
	if err != nil {
		return nil, fmt.Errorf("making a directory for a document: %w", err)
	}
	if err := os.Mkdir(filepath.Join(dir, "temp"), 0o700); err != nil {
		os.RemoveAll(dir)
		return nil, fmt.Errorf("making a directory for a document: %w", err)
	}
	return &Document{dir: dir, name: baseName(name)}, nil
}

// baseName makes a file name out of whatever a document is called.
func baseName(name string) string {
	name = strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '_'
		}
		return r
	}, name)
	if name == "" || name == "." || name == ".." || name == "/" || name == "temp" || len(name) > 200 {
		return "document"
	}
	return name
}

// Directory is where everything of the document is.
func (d *Document) Directory() string { return d.dir }

// Input is where the document goes before it is converted.
func (d *Document) Input() string { return filepath.Join(d.dir, d.name+".docx") }

// Output is where the PDF is after it is converted.
func (d *Document) Output() string { return filepath.Join(d.dir, d.name+".pdf") }

// Close removes the directory.
func (d *Document) Close() error { return os.RemoveAll(d.dir) }

// Fill writes the document.
func (d *Document) Fill(write func(io.Writer) error) error {
	file, err := os.OpenFile(d.Input(), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := write(file); err != nil {
		file.Close()
		return err
	}
	return file.Close()
}
