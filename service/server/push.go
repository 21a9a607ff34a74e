package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"docx2pdf/service/options"
	"docx2pdf/service/outcome"
	"docx2pdf/service/storage"
)

// deliver answers a delivery of Pub/Sub. Success acknowledges it; an error has it delivered again, and after the
// subscription's number of attempts sent to the dead letter topic.
// https://cloud.google.com/pubsub/docs/push#receive_push
func (s *Server) deliver(r *http.Request, o order) (answer, error) {
	e := entryOf(r)
	if o.event != "" && o.event != "OBJECT_FINALIZE" {
		return s.skip(e, "the event is "+o.event, false)
	}
	if !isWord(storage.Object{Name: o.object}) && !mayBeWord(o.object) {
		return s.skip(e, "the object is not a Word document", false)
	}
	source, err := s.source(r, &o)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return s.skip(e, "the object was deleted or replaced before its turn", true)
	case source.Generation != 0 && !isWord(source):
		return s.skip(e, "the object is not a Word document", false)
	case source.Metadata[options.MetadataPrefix+eventsKey] == "off":
		return s.skip(e, "its metadata leaves it to a call", false)
	case err != nil:
		return s.fail(r, o, source, err)
	}
	before, err := s.look(r, o, source)
	if err != nil {
		return answer{}, err
	}
	switch outcome.Before(s.ask(o, source), before.pdf, before.record) {
	case outcome.Unchanged:
		return unchanged(e, before.pdf), nil
	case outcome.Fail:
		return s.failAgain(e, before.record)
	case outcome.Taken:
		return s.fail(r, o, source, s.taken(o, source, before.pdf))
	}
	a, err := s.convertAndClear(r, o, source, before.record)
	if errors.Is(err, storage.ErrNotFound) {
		return s.skip(e, "the object was deleted or replaced before its turn", true)
	}
	if err != nil {
		return s.fail(r, o, source, err)
	}
	return a, nil
}

// convertAndClear converts, and removes what an earlier failure left.
func (s *Server) convertAndClear(r *http.Request, o order, source, record storage.Object) (answer, error) {
	a, err := s.convertSource(r, o, source)
	if err == nil && s.ask(o, source).IsOf(record) {
		if err := s.Store.Delete(r.Context(), record); err != nil && !errors.Is(err, storage.ErrPrecondition) {
			return answer{}, err
		}
	}
	return a, err
}

func (s *Server) taken(o order, source, pdf storage.Object) error {
	return &problem{http.StatusConflict, outcome.CodeTaken, outcome.InTheWay(s.ask(o, source), pdf)}
}

// skip acknowledges a delivery that asks for nothing. What a person may want to know of is logged as a warning.
func (s *Server) skip(e *entry, why string, tell bool) (answer, error) {
	e.outcome = "skipped"
	if tell {
		e.reason = why
	}
	return answer{Skipped: why}, nil
}

// mayBeWord tells of an object without an extension, whose content type has to say what it is.
func mayBeWord(name string) bool { return path.Ext(name) == "" }

// there is what is in the output bucket; generation 0 stands for nothing.
type there struct{ pdf, record storage.Object }

func (s *Server) look(r *http.Request, o order, source storage.Object) (there, error) {
	var found there
	names := map[*storage.Object]string{&found.pdf: s.Names.PDF(o.bucket, o.object), &found.record: s.Names.Record(o.bucket, o.object)}
	for object, name := range names {
		there, err := s.Store.StatTarget(r.Context(), s.OutputBucket, name)
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return found, err
		}
		*object = there
	}
	return found, nil
}

func unchanged(e *entry, pdf storage.Object) answer {
	e.outcome = "unchanged"
	e.pages, _ = strconv.Atoi(pdf.Metadata["pages"])
	return answer{Unchanged: true, Pages: e.pages, Bucket: pdf.Bucket, Object: pdf.Name, Generation: pdf.Generation}
}

// fail answers with what is wrong. A permanent failure is recorded, and what is no Word document acknowledged.
func (s *Server) fail(r *http.Request, o order, source storage.Object, err error) (answer, error) {
	p := problemOf(err)
	if !p.permanent() && !(p.code == "bad_option" && source.Generation != 0) {
		return answer{}, err
	}
	if err := s.recordFailure(r, o, source, p); err != nil {
		return answer{}, err
	}
	if p.status == http.StatusUnsupportedMediaType {
		return s.skip(entryOf(r), p.message, true)
	}
	return answer{}, err
}

// failAgain answers a delivery whose document is known to fail, without trying.
func (s *Server) failAgain(e *entry, failure storage.Object) (answer, error) {
	status, _ := strconv.Atoi(failure.Metadata["status"])
	p := &problem{status, failure.Metadata["code"], failure.Metadata["error"]}
	if status == http.StatusUnsupportedMediaType {
		return s.skip(e, p.message, true)
	}
	if !p.permanent() {
		return answer{}, &problem{http.StatusUnprocessableEntity, "document_corrupt", "see " + failure.URL()}
	}
	return answer{}, p
}

// recordFailure writes the reason where whoever waits for the PDF looks. It also spares the next delivery the
// conversion.
func (s *Server) recordFailure(r *http.Request, o order, source storage.Object, p *problem) error {
	ask := s.ask(o, source)
	content, err := json.MarshalIndent(map[string]any{
		"error":      p.message,
		"code":       p.code,
		"status":     p.status,
		"bucket":     o.bucket,
		"object":     o.object,
		"generation": strconv.FormatInt(source.Generation, 10),
		"options":    ask.Options,
		"image":      s.By.Image,
		"limits":     s.By.Limits,
		"messageId":  entryOf(r).messageID,
		"time":       time.Now().UTC().Format(time.RFC3339),
	}, "", "  ")
	if err != nil {
		return err
	}
	record := storage.Object{
		Bucket:      s.OutputBucket,
		Name:        s.Names.Record(o.bucket, o.object),
		ContentType: "application/json",
		Metadata:    ask.Metadata(),
	}
	record.Metadata["code"], record.Metadata["error"], record.Metadata["status"] = p.code, shortened(p.message), strconv.Itoa(p.status)
	old, err := s.Store.StatTarget(r.Context(), record.Bucket, record.Name)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	if !ask.May(old) {
		return nil
	}
	_, err = s.Store.Write(r.Context(), record, old.Generation, bytes.NewReader(content))
	if errors.Is(err, storage.ErrPrecondition) {
		return nil // another delivery of the same document wrote it
	}
	return err
}

// shortened fits into metadata, which may have 8 KiB in all.
// https://cloud.google.com/storage/docs/metadata#custom-metadata
func shortened(message string) string {
	if len(message) <= 3000 {
		return message
	}
	return strings.ToValidUTF8(message[:3000], "") + "…"
}
