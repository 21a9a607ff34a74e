package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"path"
	"strconv"
	"time"

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
	source, err := s.source(r, o)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return s.skip(e, "the object was deleted or replaced before its turn", true)
	case err == nil && !isWord(source):
		return s.skip(e, "the object is not a Word document", false)
	case err != nil:
		return s.fail(r, o, source, err)
	}
	before, err := s.outcomes(r, o)
	if err != nil {
		return answer{}, err
	}
	if o.done(before.pdf, source) {
		return unchanged(e, before.pdf), nil
	}
	if o.done(before.failure, source) {
		return s.failAgain(e, before.failure)
	}
	a, err := s.convertSource(r, o, source)
	if errors.Is(err, storage.ErrNotFound) {
		return s.skip(e, "the object was deleted or replaced before its turn", true)
	}
	if err != nil {
		return s.fail(r, o, source, err)
	}
	if before.failure.Generation != 0 {
		err = s.Store.Delete(r.Context(), before.failure)
	}
	return a, err
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

// outcomes are what earlier deliveries have written; generation 0 stands for nothing.
type outcomes struct{ pdf, failure storage.Object }

func (s *Server) outcomes(r *http.Request, o order) (outcomes, error) {
	var found outcomes
	for object, name := range map[*storage.Object]string{&found.pdf: pdfName(o.object), &found.failure: s.failure(o).Name} {
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
	if !p.permanent() {
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

// failure is the object that says why there is no PDF: name.error.json beside where name.pdf would be.
func (s *Server) failure(o order) storage.Object {
	return storage.Object{Bucket: s.OutputBucket, Name: withoutExtension(o.object) + ".error.json", ContentType: "application/json"}
}

// recordFailure writes the reason where whoever waits for the PDF looks. It also spares the next delivery the
// conversion.
func (s *Server) recordFailure(r *http.Request, o order, source storage.Object, p *problem) error {
	content, err := json.MarshalIndent(map[string]any{
		"error":      p.message,
		"code":       p.code,
		"status":     p.status,
		"bucket":     o.bucket,
		"object":     o.object,
		"generation": strconv.FormatInt(source.Generation, 10),
		"messageId":  entryOf(r).messageID,
		"time":       time.Now().UTC().Format(time.RFC3339),
	}, "", "  ")
	if err != nil {
		return err
	}
	record := s.failure(o)
	record.Metadata = provenance(o, source)
	record.Metadata["code"], record.Metadata["error"], record.Metadata["status"] = p.code, p.message, strconv.Itoa(p.status)
	old, err := s.Store.StatTarget(r.Context(), record.Bucket, record.Name)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	if same, order := madeFrom(old, source); same && order > 0 {
		return nil
	}
	_, err = s.Store.Write(r.Context(), record, old.Generation, bytes.NewReader(content))
	if errors.Is(err, storage.ErrPrecondition) {
		return nil // another delivery of the same document wrote it
	}
	return err
}
