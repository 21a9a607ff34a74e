// Package conversion is a document's way through the converter: it is checked, an engine makes the PDF, and the PDF is
// locked if a password was asked for. Which engine that is does not matter here.
package conversion

import (
	"context"
	"time"

	"docx2pdf/service/options"
	"docx2pdf/service/warning"
)

// Engine makes PDFs. LibreOffice's is in package office; tests have one of their own.
type Engine interface {
	// NewDocument makes room for a document where the engine can work on it. The name is the document's, as fields in
	// it may show it; "" will do.
	NewDocument(name string) (*Document, error)

	// Convert makes the PDF at document.Output() from the document at document.Input(). It waits for a free place
	// first. When ctx ends, so does the conversion, and ctx's error is returned. The other errors wrap one of this
	// package's. It makes nothing of a password: Converter does.
	Convert(ctx context.Context, document *Document, o options.Options) (Report, error)

	// Concurrency is how many documents are converted at once.
	Concurrency() int

	Status() Status
}

// Status is what can be said about an engine at a moment.
type Status struct {
	Ready       bool     // it waits for documents
	LibreOffice string   // the version
	Sandbox     []string // what documents have been proved to be kept from
	SandboxWay  string   // how they are kept from files
	Restarts    int      // how often its process had to be replaced
	OwnFonts    []string // families of the user's fonts
	Error       string   // why it is not ready, when it is not
}

// Report says what became of a document.
type Report struct {
	Pages          int               // of the PDF
	Fonts          []Substitution    // in the order in which the document asks for them
	OwnFonts       []string          // families of the user's fonts that the document asks for
	BytesIn        int64             // of the document
	BytesOut       int64             // of the PDF
	IndexesUpdated bool              // those of a document that asks for it
	Inserted       int               // of the document's insertions, how many came in
	Warnings       []warning.Warning // what the PDF lacks of the document
	Phases         []Phase           // in the order in which they came
	CPU            time.Duration     // of the engine, for this document
}

// Phase is a part of the time that a document took: "check", "queue", "convert", "encrypt", and "storage" where
// it comes from a bucket.
type Phase struct {
	Name string
	Took time.Duration
}

func (r *Report) took(name string, since time.Time) {
	r.Phases = append(r.Phases, Phase{name, time.Since(since)})
}
