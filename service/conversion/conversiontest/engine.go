// Package conversiontest has an engine that makes PDFs without LibreOffice, for tests of what is around one.
package conversiontest

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"

	"docx2pdf/service/conversion"
	"docx2pdf/service/docx"
	"docx2pdf/service/fonts"
	"docx2pdf/service/options"
)

// Engine makes a PDF of one page that shows the options. Its zero value is not ready to use.
type Engine struct {
	dir   string
	slots chan struct{}

	mu        sync.Mutex
	instead   func(context.Context, *conversion.Document, options.Options) (conversion.Report, error)
	converted int
	full      bool
}

// New makes an engine with two places, for a test.
func New(t testing.TB) *Engine {
	return &Engine{dir: t.TempDir(), slots: make(chan struct{}, 2)}
}

// Converter is a converter with such an engine.
func (e *Engine) Converter() conversion.Converter {
	return conversion.Converter{Engine: e, Limits: docx.DefaultLimits}
}

// Instead has documents converted by another function until it is nil again. It may call Make.
func (e *Engine) Instead(f func(context.Context, *conversion.Document, options.Options) (conversion.Report, error)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.instead = f
}

// Fail has documents end with an error until it is nil again.
func (e *Engine) Fail(err error) {
	if err == nil {
		e.Instead(nil)
		return
	}
	e.Instead(func(context.Context, *conversion.Document, options.Options) (conversion.Report, error) {
		return conversion.Report{}, err
	})
}

// Converted is how many documents were begun.
func (e *Engine) Converted() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.converted
}

// Full has the disk be full, or not any more.
func (e *Engine) Full(full bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.full = full
}

// NewDocument is conversion.Engine's.
func (e *Engine) NewDocument(name string) (*conversion.Document, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.full {
		return nil, &fs.PathError{Op: "mkdir", Path: e.dir, Err: syscall.ENOSPC}
	}
	return conversion.NewDocument(e.dir, name)
}

// Convert is conversion.Engine's.
func (e *Engine) Convert(ctx context.Context, d *conversion.Document, o options.Options) (conversion.Report, error) {
	select {
	case e.slots <- struct{}{}:
		defer func() { <-e.slots }()
	case <-ctx.Done():
		return conversion.Report{}, ctx.Err()
	}
	e.mu.Lock()
	e.converted++
	convert := e.instead
	e.mu.Unlock()
	if convert == nil {
		convert = Make
	}
	return convert(ctx, d, o)
}

// Concurrency is conversion.Engine's.
func (e *Engine) Concurrency() int { return cap(e.slots) }

// Status is conversion.Engine's.
func (e *Engine) Status() conversion.Status {
	return conversion.Status{Ready: true, LibreOffice: "0 (of a test)"}
}

// Make makes the PDF.
func Make(_ context.Context, d *conversion.Document, o options.Options) (conversion.Report, error) {
	report := conversion.Report{
		Pages:  1,
		Fonts:  []conversion.Substitution{{Font: "Wanted", Used: []string{"Had"}, Kind: fonts.OtherWidths}},
		Phases: []conversion.Phase{{Name: "queue"}, {Name: "convert", Took: 1000}},
	}
	return report, os.WriteFile(d.Output(), PDF("options: "+o.String()), 0o600)
}

// PDF is a PDF of one page with a line of text.
func PDF(text string) []byte {
	text = strings.NewReplacer("(", "", ")", "", "\\", "").Replace(text)
	content := "BT /F 12 Tf 72 720 Td (" + text + ") Tj ET"
	objects := []string{
		"<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
		fmt.Sprintf("<</Length %d>>stream\n%s\nendstream", len(content), content),
		"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
	}
	var pdf bytes.Buffer
	pdf.WriteString("%PDF-1.7\n")
	var table strings.Builder
	fmt.Fprintf(&table, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for i, object := range objects {
		fmt.Fprintf(&table, "%010d 00000 n \n", pdf.Len())
		fmt.Fprintf(&pdf, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	start := pdf.Len()
	fmt.Fprintf(&pdf, "%strailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", table.String(),
		len(objects)+1, start)
	return pdf.Bytes()
}
