// Package failed finds the documents that could not be converted, in the error records of the output bucket and in the
// dead letters, and has them converted again.
package failed

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"docx2pdf/client/bucket"
	"docx2pdf/client/converter"
	"docx2pdf/client/report"
)

// recordSuffix ends the names of error records.
const recordSuffix = ".error.json"

// Finder looks for what failed.
type Finder struct {
	Storage *bucket.Client
	Output  string       // bucket of PDFs and error records
	Letters *DeadLetters // nil: events are off, or the dead letters are not to be looked at
	Service *converter.Client
	Notice  func(what string) // hears of what could not be looked at
}

// Document is one that could not be converted.
type Document struct {
	converter.Source
	Reason, Code string

	record  *bucket.Object
	letters []letter
}

// Find lists what failed, by name. Documents without a record are those that no answer came for.
func (f *Finder) Find(ctx context.Context) ([]*Document, error) {
	found := map[converter.Source]*Document{}
	get := func(source converter.Source) *Document {
		d := found[source]
		if d == nil {
			d = &Document{Source: source}
			found[source] = d
		}
		return d
	}
	err := f.Storage.List(ctx, f.Output, "", func(o bucket.Object) error {
		if !strings.HasSuffix(o.Name, recordSuffix) || o.Metadata["source-object"] == "" {
			return nil
		}
		generation, _ := strconv.ParseInt(o.Metadata["source-generation"], 10, 64)
		d := get(converter.Source{Bucket: o.Metadata["source-bucket"], Object: o.Metadata["source-object"],
			Generation: generation})
		d.record, d.Reason, d.Code = &o, o.Metadata["error"], o.Metadata["code"]
		return nil
	})
	if err != nil {
		return nil, err
	}
	if f.Letters != nil {
		letters, err := f.Letters.pull(ctx)
		if err != nil {
			f.Notice(err.Error())
		}
		for _, l := range letters {
			d := get(l.source)
			d.letters = append(d.letters, l)
		}
	}
	var documents []*Document
	for _, d := range found {
		d.Reason = cmp.Or(d.Reason,
			"it was tried as often as the subscription allows, and no answer came; the service's log says more")
		documents = append(documents, d)
	}
	slices.SortFunc(documents, func(a, b *Document) int {
		return cmp.Or(strings.Compare(a.URL(), b.URL()), cmp.Compare(a.Generation, b.Generation))
	})
	return documents, nil
}

// Release gives the dead letters back, so that the next look finds them at once.
func (f *Finder) Release(ctx context.Context, documents []*Document) error {
	if f.Letters == nil {
		return nil
	}
	return f.Letters.release(ctx, documents)
}

// Matches tells whether a document is meant by its name: the object's, with its bucket or without, or a prefix that
// ends in a slash.
func (d *Document) Matches(names []string) bool {
	return len(names) == 0 || slices.ContainsFunc(names, func(name string) bool {
		if strings.HasSuffix(name, "/") {
			return strings.HasPrefix(d.Object, name) || strings.HasPrefix(d.URL(), name)
		}
		return name == d.Object || name == d.URL()
	})
}

// Retry has a document converted again, and clears what is kept of its failure when it succeeds or is gone.
func (f *Finder) Retry(ctx context.Context, d *Document) (report.Document, error) {
	done := report.Document{Source: d.URL(), Status: report.Converted}
	answer, err := f.Service.Message(ctx, d.Source, nil)
	var refused *converter.Refusal
	switch {
	case errors.As(err, &refused) && refused.Status == http.StatusNotFound && refused.Code == "object_not_found":
		done.Status, done.Error = report.Passed, "the document is gone, or was replaced by another"
	case err != nil:
		return done, err
	case answer.Skipped != "":
		done.Status, done.Error = report.Passed, answer.Skipped
	default:
		done.PDF, done.Pages = "gs://"+answer.Bucket+"/"+answer.Object, answer.Pages
		done.Fonts, done.Warnings = answer.Fonts, answer.Warnings
	}
	return done, f.clear(ctx, d)
}

// clear removes the dead letters, and the record where the service has not done so.
func (f *Finder) clear(ctx context.Context, d *Document) error {
	if f.Letters != nil && len(d.letters) > 0 {
		if err := f.Letters.acknowledge(ctx, d.letters); err != nil {
			return err
		}
		d.letters = nil
	}
	if d.record == nil {
		return nil
	}
	there, err := f.Storage.Stat(ctx, d.record.Bucket, d.record.Name, 0)
	if errors.Is(err, bucket.ErrNotFound) || err == nil && there.Generation != d.record.Generation {
		return nil
	}
	if err == nil {
		err = f.Storage.Delete(ctx, *d.record)
	}
	if err != nil && !errors.Is(err, bucket.ErrNotFound) {
		f.Notice(fmt.Sprintf("%s stays: %v", d.record.URL(), err))
	}
	return nil
}
