package server

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"

	"docx2pdf/service/conversion"
	"docx2pdf/service/gotenberg"
	"docx2pdf/service/problem"
)

// The most that a form may have: of documents, fields, and bytes of a field's value.
const (
	maxDocuments  = 100
	maxFields     = 200
	maxFieldBytes = 4096
)

// asGotenberg names the request in its answer, whatever that is, and has errors be text.
func asGotenberg(next handler) handler {
	return func(w http.ResponseWriter, r *http.Request, e *entry) error {
		e.form, e.plain, e.trace = "gotenberg", true, gotenberg.Trace(r.Header)
		w.Header().Set(gotenberg.TraceHeader, e.trace)
		return next(w, r, e)
	}
}

// convertGotenberg answers Gotenberg's form: with the PDF of one document, or a zip archive of those of several.
func (s *Server) convertGotenberg(w http.ResponseWriter, r *http.Request, e *entry) error {
	if err := gotenberg.CheckHeaders(r.Header); err != nil {
		return badOption(err)
	}
	if r.URL.RawQuery != "" {
		return badOption(errors.New("options are form fields here; the URL must not have a query"))
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxRequest)
	reader, err := r.MultipartReader()
	if err != nil {
		return problem.New(http.StatusUnsupportedMediaType, "bad_request", "it must be multipart/form-data: %v", err)
	}
	form := gotenbergForm{fields: url.Values{}, named: map[string]bool{}}
	defer form.close()
	if err := form.read(s.Converter, reader); err != nil {
		return asBadRequest(err, "the form cannot be read")
	}
	// Only at the body's end the server notices a caller that goes away.
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return asBadRequest(err, "the request did not arrive whole")
	}
	o, err := gotenberg.Options(form.fields, len(form.documents), s.Defaults)
	if err != nil {
		return badOption(err)
	}
	for _, d := range form.documents {
		earlier := e.Report
		err := s.run(r.Context(), e, d.Document, o)
		e.Report = together(earlier, e.Report)
		if err != nil {
			p := problem.Of(err)
			return errors.Join(problem.New(gotenberg.Status(p.Status), p.Code, "the document '%s': %s", d.name, p.Message), err)
		}
		if s.MaxPDF > 0 && e.BytesOut > s.MaxPDF {
			return problem.TooLarge("the PDFs have more than %d MiB together; post fewer documents at once", s.MaxPDF>>20)
		}
	}
	if len(form.documents) == 1 {
		return s.sendOne(w, r, e, form.documents[0].Document)
	}
	return s.sendArchive(w, r, e, form.documents)
}

// together is the report of one document after another.
func together(earlier, later conversion.Report) conversion.Report {
	later.Fonts, later.Warnings = append(earlier.Fonts, later.Fonts...), append(earlier.Warnings, later.Warnings...)
	later.Phases = append(earlier.Phases, later.Phases...)
	later.Pages, later.CPU = earlier.Pages+later.Pages, earlier.CPU+later.CPU
	later.BytesIn, later.BytesOut = earlier.BytesIn+later.BytesIn, earlier.BytesOut+later.BytesOut
	return later
}

// gotenbergForm is what came in a form, in whatever order.
type gotenbergForm struct {
	fields    url.Values
	documents []namedDocument
	named     map[string]bool
}

type namedDocument struct {
	*conversion.Document
	name string
}

func (f *gotenbergForm) close() {
	for _, d := range f.documents {
		d.Close()
	}
}

func (f *gotenbergForm) read(converter conversion.Converter, reader *multipart.Reader) error {
	for n := 0; ; n++ {
		part, err := reader.NextPart()
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case n == maxFields:
			return badRequest("the form has more than %d parts", maxFields)
		}
		if part.FileName() == "" {
			err = f.readField(part)
		} else {
			err = f.readDocument(converter, part)
		}
		if err != nil {
			return err
		}
	}
}

func (f *gotenbergForm) readField(part *multipart.Part) error {
	value, err := io.ReadAll(io.LimitReader(part, maxFieldBytes+1))
	if err != nil {
		return err
	}
	if len(value) > maxFieldBytes {
		return badRequest("the form field '%.100s' has more than %d bytes", part.FormName(), maxFieldBytes)
	}
	f.fields.Add(part.FormName(), string(value))
	return nil
}

// readDocument takes a file. With Gotenberg it matters little what its field is called, but for those that are no
// documents.
func (f *gotenbergForm) readDocument(converter conversion.Converter, part *multipart.Part) error {
	name := gotenberg.Filename(part.FileName())
	switch {
	case gotenberg.NoDocument(part.FormName()):
		return badOption(fmt.Errorf("form field '%s' is not one that this converter has", part.FormName()))
	case f.named[name]:
		return badRequest("two files of the form are called '%s'", name)
	case len(f.documents) == maxDocuments:
		return problem.TooLarge("the form has more than %d documents", maxDocuments)
	}
	f.named[name] = true
	d, err := converter.NewDocument(name)
	if err != nil {
		return err
	}
	f.documents = append(f.documents, namedDocument{d, name})
	return d.Fill(func(file io.Writer) error { _, err := io.Copy(file, part); return err })
}

func (s *Server) sendOne(w http.ResponseWriter, r *http.Request, e *entry, d *conversion.Document) error {
	pdf, size, err := openPDF(d)
	if err != nil {
		return err
	}
	defer pdf.Close()
	w.Header().Set("Content-Disposition", gotenberg.Disposition(r.Header, ".pdf"))
	return s.send(w, e, pdf, size)
}

// sendArchive answers with a zip archive, where report.docx is report.docx.pdf.
func (s *Server) sendArchive(w http.ResponseWriter, r *http.Request, e *entry, documents []namedDocument) error {
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", gotenberg.Disposition(r.Header, ".zip"))
	e.describe(w.Header())
	s.takenInTime(w)
	archive := zip.NewWriter(w)
	for _, d := range documents {
		if err := add(archive, d); err != nil {
			return e.sent(err)
		}
	}
	return e.sent(archive.Close())
}

func add(archive *zip.Writer, d namedDocument) error {
	pdf, err := os.Open(d.Output())
	if err != nil {
		return err
	}
	defer pdf.Close()
	file, err := archive.CreateHeader(&zip.FileHeader{Name: d.name + ".pdf", Method: zip.Store}) // PDFs are packed already
	if err != nil {
		return err
	}
	_, err = io.Copy(file, pdf)
	return err
}
