package batch

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"docx2pdf/client/bucket"
	"docx2pdf/client/convert"
	"docx2pdf/client/converter"
	"docx2pdf/client/output"
	"docx2pdf/client/report"
	"docx2pdf/client/trouble"
)

// Run is a conversion of many documents.
type Run struct {
	Converter *convert.Converter
	Limit     *Limit
	Storage   func() (*bucket.Client, error) // for documents and PDFs in buckets
	Out       string                         // a folder or gs://BUCKET/PREFIX/; "" is beside each document
	DryRun    bool
	Again     bool // convert what an earlier run has done, too
	Overwrite bool // replace PDFs that somebody else made
	// Total hears how many documents there are, and Done of each. Done is called by one goroutine at a time.
	Total func(n int)
	Done  func(report.Document)
}

// Do converts what the arguments name. The error is what kept it from going on; that a document failed is none.
func (r *Run) Do(ctx context.Context, arguments []string) error {
	var mu sync.Mutex
	tell := func(d report.Document) {
		mu.Lock()
		defer mu.Unlock()
		r.Done(d)
	}
	problem := func(source string, err error) { tell(Failure(source, err)) }
	found, err := Find(ctx, r.Storage, arguments, problem)
	if err != nil {
		return err
	}
	p, err := newPlan(found, r.Out, problem)
	if err != nil {
		return err
	}
	r.Total(len(p.jobs))
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var group sync.WaitGroup
	for _, j := range p.jobs {
		if r.Limit.Acquire(ctx) != nil {
			break
		}
		group.Go(func() {
			d, err := r.one(ctx, j)
			r.Limit.Release(err == nil)
			var everybodys *trouble.Error
			switch {
			case errors.As(err, &everybodys):
				stop(everybodys) // every other document would meet it too
			case ctx.Err() != nil && err != nil: // not done, and no failure of the document
			case err != nil:
				problem(j.Name(), err)
			default:
				tell(d)
			}
		})
	}
	group.Wait()
	return errors.Join(context.Cause(ctx), p.close())
}

// one converts one document, unless that was done before.
func (r *Run) one(ctx context.Context, j job) (report.Document, error) {
	d := report.Document{Source: j.Name(), PDF: j.place(), Status: report.Converted}
	var want made
	if j.record != nil {
		var err error
		if want, err = j.want(r.Converter.Options.String()); err != nil {
			return d, err
		}
		state, err := j.record.state(j.pdf, want, r.Converter.Options)
		switch {
		case err != nil:
			return d, err
		case state == Current && !r.Again:
			d.Status = report.Unchanged
			return d, nil
		case state == Strangers && !r.Overwrite:
			return d, fmt.Errorf("%s is there and was not made by this client from a document; --overwrite replaces it",
				j.place())
		}
	}
	if r.DryRun {
		d.Status = report.Planned
		return d, nil
	}
	to, err := j.target()
	if err != nil {
		return d, err
	}
	if j.record != nil {
		to.Written = func(draft *output.Draft) error { return j.record.add(want, draft, r.Converter.Options) }
	}
	result, err := r.Converter.Convert(ctx, j.Document, to, nil)
	if err != nil {
		return d, err
	}
	d = Success(j.Name(), result)
	if result.Unchanged && !j.local {
		d.Status = report.Unchanged
	}
	return d, nil
}

// Success is a document that was converted.
func Success(source string, r convert.Result) report.Document {
	return report.Document{
		Source: source, PDF: r.PDF, Status: report.Converted, Pages: r.Pages, Milliseconds: r.Took.Milliseconds(),
		Fonts: r.Fonts, Warnings: r.Warnings,
	}
}

// Failure is a document that was not converted.
func Failure(source string, err error) report.Document {
	d := report.Document{Source: source, Status: report.Failed, Error: err.Error()}
	var refused *converter.Refusal
	switch {
	case errors.As(err, &refused):
		d.Code = refused.Code
	case errors.Is(err, ErrPassedOver), errors.Is(err, convert.ErrPassedOver):
		d.Status = report.Passed
	}
	return d
}
