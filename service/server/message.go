package server

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"docx2pdf/service/conversion"
	"docx2pdf/service/options"
	"docx2pdf/service/outcome"
	"docx2pdf/service/storage"
	"docx2pdf/service/warning"
)

// order is a document in a bucket that shall become a PDF in the output bucket.
type order struct {
	bucket, object string
	generation     int64 // 0: the newest
	event          string
	push           bool // Pub/Sub delivered it, and will again unless it is acknowledged
	asked          []options.Layer
	options        options.Options
}

// ask is what the outcome of an order is decided by.
func (s *Server) ask(o order, source storage.Object) outcome.Ask {
	return outcome.Ask{Source: source, Options: o.options.String(), Event: o.push, By: s.By}
}

// answer is what the caller of a message hears.
type answer struct {
	Error        string                    `json:"error"`
	Skipped      string                    `json:"skipped,omitempty"`   // why nothing had to be done
	Unchanged    bool                      `json:"unchanged,omitempty"` // the PDF was there already
	Pages        int                       `json:"pages,omitempty"`
	Bucket       string                    `json:"bucket,omitempty"`
	Object       string                    `json:"object,omitempty"`
	Generation   int64                     `json:"generation,string,omitempty"`
	Fonts        []conversion.Substitution `json:"fonts,omitempty"`
	Warnings     []warning.Warning         `json:"warnings,omitempty"`
	Milliseconds map[string]float64        `json:"milliseconds,omitempty"`
}

// convertMessage converts from bucket to bucket.
func (s *Server) convertMessage(w http.ResponseWriter, r *http.Request, b *body, query url.Values) error {
	e := entryOf(r)
	e.form, e.messageID = "message", b.Message.MessageID
	o, err := readOrder(b, query)
	e.bucket, e.object, e.generation = o.bucket, o.object, o.generation
	if err != nil {
		return err
	}
	if s.Store == nil {
		return badRequest("this converter has no output bucket; set OUTPUT_BUCKET, or send the document itself")
	}
	var a answer
	if o.push {
		a, err = s.deliver(r, o)
	} else {
		a, err = s.convertObject(r, o)
	}
	if err != nil {
		return err
	}
	a.Milliseconds = e.milliseconds()
	w.Header().Set("Server-Timing", e.serverTiming())
	writeJSON(w, http.StatusOK, a)
	return e.sent(nil)
}

// readOrder reads the attributes of a Cloud Storage notification, which the seed's callers send by hand, and
// options among them. https://cloud.google.com/storage/docs/pubsub-notifications#attributes
func readOrder(b *body, query url.Values) (order, error) {
	attributes := b.Message.Attributes
	o := order{
		bucket: attributes["bucketId"],
		object: attributes["objectId"],
		event:  attributes["eventType"],
		push:   b.Subscription != "",
	}
	if o.bucket == "" || o.object == "" {
		return o, badRequest(`the message needs the attributes "bucketId" and "objectId"`)
	}
	if text := attributes["objectGeneration"]; text != "" {
		generation, err := strconv.ParseInt(text, 10, 64)
		if err != nil || generation <= 0 {
			return o, badRequest("the attribute objectGeneration is %q: it must be a generation number", text)
		}
		o.generation = generation
	}
	o.asked = []options.Layer{options.Map(attributes), layer(query)}
	_, err := options.Parse(o.asked...)
	return o, badOption(err)
}

// eventsKey is the metadata of an object whose own event is not to convert it, since somebody will call: "off".
const eventsKey = "events"

// setOptions finds out which options hold for a document: what is asked for in the order, then in its metadata, then for
// all documents.
func (s *Server) setOptions(o *order, source storage.Object) error {
	metadata, err := options.ReadMetadata(source.Metadata, eventsKey)
	if err == nil {
		o.options, err = options.Parse(append(slices.Clone(o.asked), metadata, s.Defaults)...)
	}
	return badOption(err)
}

// convertObject converts an order's document and writes the PDF.
func (s *Server) convertObject(r *http.Request, o order) (answer, error) {
	source, err := s.source(r, &o)
	if err != nil {
		return answer{}, err
	}
	before, err := s.look(r, o, source)
	if err != nil {
		return answer{}, err
	}
	if outcome.Before(s.ask(o, source), before.pdf, before.record) == outcome.Taken {
		return answer{}, s.taken(o, source, before.pdf)
	}
	return s.convertAndClear(r, o, source, before.record)
}

// source looks at the document, and sets the order's options.
func (s *Server) source(r *http.Request, o *order) (storage.Object, error) {
	e := entryOf(r)
	started := time.Now()
	source, err := s.Store.Stat(r.Context(), o.bucket, o.object, o.generation)
	e.took("storage", time.Since(started))
	if err != nil {
		return source, err
	}
	e.generation, e.bytesIn = source.Generation, source.Size
	if err := s.setOptions(o, source); err != nil {
		return source, err
	}
	if source.Size > s.MaxDocument {
		return source, s.tooLargeDocument()
	}
	if name := s.Names.PDF(o.bucket, o.object); len(name) > outcome.MaxName {
		return source, &problem{http.StatusUnprocessableEntity, "name_too_long", fmt.Sprintf(
			"the PDF's name would have %d bytes, and an object's may have %d: give the document a shorter name", len(name), outcome.MaxName)}
	}
	return source, nil
}

func (s *Server) tooLargeDocument() error {
	return tooLarge(fmt.Sprintf("the document has more than the %d bytes that the converter takes (MAX_DOCUMENT_BYTES)", s.MaxDocument))
}

func (s *Server) convertSource(r *http.Request, o order, source storage.Object) (answer, error) {
	e := entryOf(r)
	d, err := s.Converter.NewDocument(path.Base(o.object))
	if err != nil {
		return answer{}, err
	}
	defer d.Close()
	started := time.Now()
	err = d.Fill(func(file io.Writer) error { return s.Store.Read(r.Context(), source, file, s.MaxDocument) })
	e.took("storage", time.Since(started))
	if errors.Is(err, storage.ErrTooLarge) {
		return answer{}, s.tooLargeDocument()
	}
	if err != nil {
		return answer{}, err
	}
	result, err := s.run(r, d, o.options)
	if err != nil {
		return answer{}, err
	}
	started = time.Now()
	written, err := s.publish(r, o, source, d, result)
	e.took("storage", time.Since(started))
	if err != nil {
		return answer{}, err
	}
	return answer{Pages: result.Pages, Bucket: written.Bucket, Object: written.Name, Generation: written.Generation, Fonts: result.Fonts, Warnings: result.Warnings}, nil
}

// isWord tells by name and content type whether an object is meant to be a Word document. Word's own lock files,
// ~$name.docx, are not.
func isWord(o storage.Object) bool {
	if strings.HasPrefix(path.Base(o.Name), "~$") {
		return false
	}
	if outcome.HasWordEnding(o.Name) {
		return true
	}
	contentType, _, _ := strings.Cut(strings.ToLower(o.ContentType), ";")
	return path.Ext(o.Name) == "" && slices.Contains(wordContentTypes, strings.TrimSpace(contentType))
}

var wordContentTypes = []string{
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	"application/vnd.openxmlformats-officedocument.wordprocessingml.template",
	"application/vnd.ms-word.document.macroenabled.12",
	"application/vnd.ms-word.template.macroenabled.12",
}
