package outcome

import (
	"context"
	"errors"
	"io"
	"net/http"
	"path"
	"slices"
	"strconv"
	"time"

	"docx2pdf/service/conversion"
	"docx2pdf/service/options"
	"docx2pdf/service/problem"
	"docx2pdf/service/storage"
)

// Store is where documents are and their PDFs go: a *storage.Store, whose errors and preconditions are meant.
type Store interface {
	Stat(ctx context.Context, bucket, name string, generation int64) (storage.Object, error)
	StatTarget(ctx context.Context, bucket, name string) (storage.Object, error)
	Read(ctx context.Context, o storage.Object, w io.Writer, most int64) error
	Write(ctx context.Context, o storage.Object, replaces int64, content io.ReadSeeker) (storage.Object, error)
	Delete(ctx context.Context, o storage.Object) error
}

// Keeper sees to it that each document in a bucket gets one PDF of its newest generation, or one record of why not.
type Keeper struct {
	Converter    conversion.Converter
	Store        Store
	OutputBucket string
	Names        Names
	By           Identity
	Defaults     options.Layer // options of all documents
	MaxDocument  int64         // bytes
}

// Fulfil does what an order asks for. For a delivery of Pub/Sub no error means that it can be acknowledged; with one it
// is delivered again, and after the subscription's number of attempts sent to the dead letter topic. Errors are those
// that package problem knows. https://cloud.google.com/pubsub/docs/push#receive_push
func (k *Keeper) Fulfil(ctx context.Context, o Order) (Result, error) {
	t := &task{Keeper: k, Order: o}
	t.result.Source = storage.Object{Bucket: o.Bucket, Name: o.Object, Generation: o.Generation}
	if o.Push {
		err := t.deliver(ctx)
		return t.result, err
	}
	err := t.call(ctx)
	return t.result, err
}

// task is an order that is being done.
type task struct {
	*Keeper
	Order
	source      storage.Object // generation 0 until it was looked at
	pdf, record storage.Object // what was in the output bucket before; generation 0 stands for nothing
	result      Result
}

// ask is what the outcome is decided by.
func (t *task) ask() Ask {
	return Ask{Source: t.source, Options: t.result.Options.String(), Event: t.Push, By: t.By}
}

func (t *task) took(phase string, since time.Time) {
	t.result.Report.Phases = append(t.result.Report.Phases, conversion.Phase{Name: phase, Took: time.Since(since)})
}

// call converts for somebody who waits for the answer.
func (t *task) call(ctx context.Context) error {
	if err := t.lookAtSource(ctx); err != nil {
		return err
	}
	if err := t.lookAtOutput(ctx); err != nil {
		return err
	}
	if Before(t.ask(), t.pdf, t.record) == Taken {
		return t.taken(t.pdf)
	}
	return t.convertAndClear(ctx)
}

// deliver does what an event of the bucket asks for.
func (t *task) deliver(ctx context.Context) error {
	if t.Event != "" && t.Event != "OBJECT_FINALIZE" {
		return t.skip("the event is "+t.Event, false)
	}
	if !isWord(storage.Object{Name: t.Object}) && !mayBeWord(t.Object) {
		return t.skip("the object is not a Word document", false)
	}
	err := t.lookAtSource(ctx)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return t.skip("the object was deleted or replaced before its turn", true)
	case t.source.Generation != 0 && !isWord(t.source):
		return t.skip("the object is not a Word document", false)
	case t.source.Metadata[options.MetadataPrefix+EventsKey] == "off":
		return t.skip("its metadata leaves it to a call", false)
	case err != nil:
		return t.fail(ctx, err)
	}
	if err := t.lookAtOutput(ctx); err != nil {
		return err
	}
	switch Before(t.ask(), t.pdf, t.record) {
	case Unchanged:
		t.result.Unchanged, t.result.PDF = true, t.pdf
		t.result.Report.Pages, _ = strconv.Atoi(t.pdf.Metadata["pages"])
		return nil
	case Fail:
		return t.failAgain()
	case Taken:
		return t.fail(ctx, t.taken(t.pdf))
	}
	err = t.convertAndClear(ctx)
	if errors.Is(err, storage.ErrNotFound) {
		return t.skip("the object was deleted or replaced before its turn", true)
	}
	if err != nil {
		return t.fail(ctx, err)
	}
	return nil
}

// skip has nothing done.
func (t *task) skip(why string, notable bool) error {
	t.result.Skipped, t.result.Notable = why, notable
	return nil
}

// lookAtSource looks at the document, and finds out which options hold for it: what the order asks for, then what its
// metadata does, then those of all documents.
func (t *task) lookAtSource(ctx context.Context) error {
	defer t.took("storage", time.Now())
	source, err := t.Store.Stat(ctx, t.Bucket, t.Object, t.Generation)
	if err != nil {
		return err
	}
	t.source, t.result.Source = source, source
	metadata, err := options.ReadMetadata(source.Metadata, EventsKey)
	if err == nil {
		t.result.Options, err = options.Parse(append(slices.Clone(t.Asked), metadata, t.Defaults)...)
	}
	if err != nil {
		return problem.New(http.StatusBadRequest, "bad_option", "%v", err)
	}
	if source.Size > t.MaxDocument {
		return t.tooLarge()
	}
	if name := t.Names.PDF(t.Bucket, t.Object); len(name) > MaxName {
		return problem.New(http.StatusUnprocessableEntity, "name_too_long",
			"the PDF's name would have %d bytes, and an object's may have %d: give the document a shorter name",
			len(name), MaxName)
	}
	return nil
}

func (t *task) tooLarge() error {
	return problem.TooLarge("the document has more than the %d bytes that the converter takes (MAX_DOCUMENT_BYTES)",
		t.MaxDocument)
}

func (t *task) lookAtOutput(ctx context.Context) (err error) {
	if t.pdf, err = t.target(ctx, t.Names.PDF(t.Bucket, t.Object)); err != nil {
		return err
	}
	t.record, err = t.target(ctx, t.Names.Record(t.Bucket, t.Object))
	return err
}

// target is what is in the output bucket under a name; generation 0 stands for nothing.
func (t *task) target(ctx context.Context, name string) (storage.Object, error) {
	there, err := t.Store.StatTarget(ctx, t.OutputBucket, name)
	if errors.Is(err, storage.ErrNotFound) {
		return storage.Object{}, nil
	}
	return there, err
}

// convertAndClear converts, and removes what an earlier failure left.
func (t *task) convertAndClear(ctx context.Context) error {
	if err := t.convert(ctx); err != nil {
		return err
	}
	if !t.ask().IsOf(t.record) {
		return nil
	}
	err := t.Store.Delete(ctx, t.record)
	if errors.Is(err, storage.ErrPrecondition) {
		return nil // somebody wrote a newer one
	}
	return err
}

func (t *task) convert(ctx context.Context) error {
	d, err := t.Converter.NewDocument(path.Base(t.Object))
	if err != nil {
		return err
	}
	defer d.Close()
	started := time.Now()
	err = d.Fill(func(file io.Writer) error { return t.Store.Read(ctx, t.source, file, t.MaxDocument) })
	t.took("storage", started)
	if errors.Is(err, storage.ErrTooLarge) {
		return t.tooLarge()
	}
	if err != nil {
		return err
	}
	report, err := t.Converter.Convert(ctx, d, t.result.Options)
	report.Phases = append(t.result.Report.Phases, report.Phases...)
	t.result.Report = report
	if err != nil {
		return err
	}
	defer t.took("storage", time.Now())
	t.result.PDF, err = t.publish(ctx, d)
	return err
}
