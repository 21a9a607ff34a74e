package server

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"path"
	"strconv"
	"strings"

	"docx2pdf/service/conversion"
	"docx2pdf/service/options"
	"docx2pdf/service/outcome"
	"docx2pdf/service/warning"
)

// run converts a document that came in the request.
func (s *Server) run(ctx context.Context, e *entry, d *conversion.Document, o options.Options) (err error) {
	e.options = o.String()
	e.Report, err = s.Converter.Convert(ctx, d, o)
	return err
}

// receive takes a document that comes in the request.
func (s *Server) receive(name string, content io.Reader) (*conversion.Document, error) {
	d, err := s.Converter.NewDocument(name)
	if err != nil {
		return nil, err
	}
	if err := d.Fill(func(file io.Writer) error { _, err := io.Copy(file, content); return err }); err != nil {
		d.Close()
		return nil, asBadRequest(err, "the document did not arrive whole")
	}
	return d, nil
}

// answerPDF converts a document that came in the request and answers with the PDF.
func (s *Server) answerPDF(w http.ResponseWriter, r *http.Request, e *entry, name string, d *conversion.Document,
	o options.Options) error {
	e.form = "document"
	// What follows a form is nothing, but only at its end the server notices a caller that goes away.
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return asBadRequest(err, "the request did not arrive whole")
	}
	if err := s.run(r.Context(), e, d, o); err != nil {
		return err
	}
	pdf, size, err := openPDF(d)
	if err != nil {
		return err
	}
	defer pdf.Close()
	if name != "" {
		inline := mime.FormatMediaType("inline", map[string]string{"filename": path.Base(outcome.Names{}.PDF("", name))})
		w.Header().Set("Content-Disposition", inline)
	}
	return s.send(w, e, pdf, size)
}

// send answers with a PDF.
func (s *Server) send(w http.ResponseWriter, e *entry, pdf io.Reader, size int64) error {
	w.Header().Set("Content-Type", "application/pdf")
	// Cloud Run refuses larger answers unless they are chunked, as they are without a length.
	if size <= maxRequest {
		w.Header().Set("Content-Length", strconv.FormatInt(size, 10))
	}
	e.describe(w.Header())
	s.takenInTime(w)
	_, err := io.Copy(w, pdf)
	return e.sent(err)
}

// describe says in headers how an answer's PDFs came about.
func (e *entry) describe(header http.Header) {
	header.Set("X-Pages", strconv.Itoa(e.Pages))
	if len(e.Fonts) > 0 {
		header.Set("X-Fonts-Substituted", conversion.FontList(e.Fonts, escaped))
	}
	if len(e.OwnFonts) > 0 {
		header.Set("X-Fonts-Own", ownFonts(e.OwnFonts))
	}
	if len(e.Warnings) > 0 {
		header.Set("X-Warnings", warning.String(e.Warnings))
	}
	header.Set("Server-Timing", e.serverTiming())
}

// answerJSON converts the job's document and answers with the PDF in JSON.
func (s *Server) answerJSON(w http.ResponseWriter, r *http.Request, e *entry, d *conversion.Document,
	o options.Options) error {
	e.form = "json"
	if err := s.run(r.Context(), e, d, o); err != nil {
		return err
	}
	pdf, _, err := openPDF(d)
	if err != nil {
		return err
	}
	defer pdf.Close()
	// The PDF goes out as it is read, so the rest of the answer is written around it.
	report, err := json.Marshal(struct {
		Error        string                    `json:"error"`
		Pages        int                       `json:"pages"`
		Fonts        []conversion.Substitution `json:"fonts,omitempty"`
		OwnFonts     []string                  `json:"ownFonts,omitempty"`
		Warnings     []warning.Warning         `json:"warnings,omitempty"`
		Milliseconds map[string]float64        `json:"milliseconds"`
	}{"", e.Pages, e.Fonts, e.OwnFonts, e.Warnings, e.milliseconds()})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Server-Timing", e.serverTiming())
	s.takenInTime(w)
	w.Write(append(report[:len(report)-1], `,"pdf_content":"`...))
	encoder := base64.NewEncoder(base64.StdEncoding, w)
	_, err = io.Copy(encoder, pdf)
	err = errors.Join(err, encoder.Close())
	if err == nil {
		_, err = io.WriteString(w, "\"}\n")
	}
	return e.sent(err)
}

func openPDF(d *conversion.Document) (*os.File, int64, error) {
	pdf, err := os.Open(d.Output())
	if err != nil {
		return nil, 0, err
	}
	info, err := pdf.Stat()
	if err != nil {
		pdf.Close()
		return nil, 0, err
	}
	return pdf, info.Size(), nil
}

// escaped is a font's name for a header, without the signs that stand between names.
func escaped(name string) string {
	return strings.NewReplacer("=", "%3D", "+", "%2B").Replace(url.PathEscape(name))
}

func ownFonts(families []string) string {
	var list []string
	for _, family := range families {
		list = append(list, escaped(family))
	}
	return conversion.List(list)
}
