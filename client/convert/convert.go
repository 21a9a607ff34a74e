// Package convert takes one document all the way: to the service, and its PDF to where it was asked for.
package convert

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"docx2pdf/client/bucket"
	"docx2pdf/client/converter"
	"docx2pdf/client/output"
)

// Converter converts documents as one account with one set of options. It is safe for concurrent use.
type Converter struct {
	Service *converter.Client
	Storage *bucket.Client
	Input   string // bucket that documents from this machine go through
	Options converter.Options
	// ViaBucket uploads every document. Without it only those that are too large for a request are.
	ViaBucket bool
}

// Document is what is to be converted: a file of this machine, or an object.
type Document struct {
	File   string
	Object *bucket.Object
}

// Name is the document's as a person knows it.
func (d Document) Name() string {
	if d.Object != nil {
		return d.Object.URL()
	}
	return d.File
}

// Place is where a PDF goes: a target on this machine, a name in a bucket, or, with neither, it stays where the
// service wrote it.
type Place struct {
	Target *output.Target
	Bucket string
	Object string
	// Written hears of a PDF just before it is put in its place.
	Written func(*output.Draft) error
}

// Result is what became of a document.
type Result struct {
	converter.Report
	// PDF is where it is: a path, or gs://BUCKET/OBJECT.
	PDF string
	// Unchanged says that the service had the PDF already, as asked.
	Unchanged bool
	// Took is how long all of it took.
	Took time.Duration
}

// Step hears of what is done, for a document that a person watches.
type Step func(format string, arguments ...any)

// ErrPassedOver: the service found nothing to convert.
var ErrPassedOver = errors.New("the service passed the document over")

// Convert converts one document. A nil step stays silent.
func (c *Converter) Convert(ctx context.Context, d Document, to Place, step Step) (Result, error) {
	if step == nil {
		step = func(string, ...any) {}
	}
	began := time.Now()
	result, err := c.convert(ctx, d, to, step)
	result.Took = time.Since(began)
	return result, err
}

func (c *Converter) convert(ctx context.Context, d Document, to Place, step Step) (Result, error) {
	if d.Object != nil {
		return c.stored(ctx, *d.Object, to, step)
	}
	info, err := os.Stat(d.File)
	switch {
	case err != nil:
		return Result{}, err
	case info.IsDir():
		return Result{}, fmt.Errorf("%s is a folder", d.File)
	case info.Size() == 0:
		return Result{}, fmt.Errorf("%s is empty", d.File)
	}
	if c.ViaBucket || info.Size() > converter.MaxRequest || to.Target == nil {
		return c.viaBucket(ctx, d.File, to, step)
	}
	return c.inRequest(ctx, d.File, to, step)
}

// inRequest sends the document in the request: nothing of it stays anywhere.
func (c *Converter) inRequest(ctx context.Context, file string, to Place, step Step) (Result, error) {
	var draft *output.Draft
	defer func() { draft.Drop() }()
	report, err := c.Service.Document(ctx, file, c.Options, func(pdf io.Reader) (err error) {
		draft.Drop()
		draft, err = to.Target.Write(pdf)
		return err
	})
	if err != nil {
		return Result{}, err
	}
	step("converted %s", file)
	return to.keep(Result{Report: report}, draft, step)
}

// keep puts a PDF in its place on this machine.
func (to Place) keep(r Result, draft *output.Draft, step Step) (Result, error) {
	if to.Written != nil {
		if err := to.Written(draft); err != nil {
			return r, err
		}
	}
	if err := draft.Keep(); err != nil {
		return r, err
	}
	r.PDF = to.Target.Path
	step("wrote %s, %s", r.PDF, Pages(r.Pages))
	return r, nil
}

// Pages is a number of pages in words.
func Pages(n int) string {
	if n == 1 {
		return "1 page"
	}
	return fmt.Sprintf("%d pages", n)
}
