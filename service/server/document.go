package server

import (
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
	"time"

	"docx2pdf/service/docx"
	"docx2pdf/service/office"
)

// run checks the job's document and converts it.
func (s *Server) run(r *http.Request, job *office.Job, options office.Options) (office.Result, error) {
	e := entryOf(r)
	e.options = options.String()
	started := time.Now()
	err := s.check(r, job)
	e.took("check", time.Since(started))
	if err != nil {
		return office.Result{}, err
	}
	result, err := job.Convert(r.Context(), options)
	e.took("queue", result.Queued)
	e.took("convert", result.Converting)
	e.pages, e.fonts, e.cpu = result.Pages, result.Fonts, result.CPU
	return result, err
}

func (s *Server) check(r *http.Request, job *office.Job) error {
	file, err := os.Open(job.Input())
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	entryOf(r).bytesIn = info.Size()
	return docx.Check(r.Context(), file, info.Size(), s.Limits)
}

// fill writes a job's document.
func fill(job *office.Job, write func(io.Writer) error) error {
	file, err := os.OpenFile(job.Input(), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(write(file), file.Close())
}

// answerPDF converts a document that came in the request and answers with the PDF.
func (s *Server) answerPDF(w http.ResponseWriter, r *http.Request, name string, content io.Reader, options office.Options) error {
	e := entryOf(r)
	e.form = "document"
	job, err := s.Engine.NewJob(name)
	if err != nil {
		return err
	}
	defer job.Close()
	if err := fill(job, func(file io.Writer) error { _, err := io.Copy(file, content); return err }); err != nil {
		return asBadRequest(err, "the document did not arrive whole")
	}
	// What follows a form's file is nothing, but only at its end the server notices a caller that goes away.
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return asBadRequest(err, "the request did not arrive whole")
	}
	if _, err := s.run(r, job, options); err != nil {
		return err
	}
	pdf, size, err := openPDF(job, e)
	if err != nil {
		return err
	}
	defer pdf.Close()
	header := w.Header()
	header.Set("Content-Type", "application/pdf")
	header.Set("X-Pages", strconv.Itoa(e.pages))
	if len(e.fonts) > 0 {
		header.Set("X-Fonts-Substituted", fontList(e.fonts, url.PathEscape))
	}
	if name != "" {
		header.Set("Content-Disposition", mime.FormatMediaType("inline", map[string]string{"filename": path.Base(pdfName(name))}))
	}
	header.Set("Server-Timing", e.serverTiming())
	// Cloud Run refuses larger answers unless they are chunked, as they are without a length.
	if size <= maxRequest {
		header.Set("Content-Length", strconv.FormatInt(size, 10))
	}
	s.takenInTime(w)
	_, err = io.Copy(w, pdf)
	return e.sent(err)
}

// answerJSON converts the job's document and answers with the PDF in JSON.
func (s *Server) answerJSON(w http.ResponseWriter, r *http.Request, job *office.Job, options office.Options) error {
	e := entryOf(r)
	e.form = "json"
	if _, err := s.run(r, job, options); err != nil {
		return err
	}
	pdf, _, err := openPDF(job, e)
	if err != nil {
		return err
	}
	defer pdf.Close()
	// The PDF goes out as it is read, so the rest of the answer is written around it.
	report, err := json.Marshal(struct {
		Error        string                `json:"error"`
		Pages        int                   `json:"pages"`
		Fonts        []office.Substitution `json:"fonts,omitempty"`
		Milliseconds map[string]float64    `json:"milliseconds"`
	}{"", e.pages, e.fonts, e.milliseconds()})
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

func openPDF(job *office.Job, e *entry) (*os.File, int64, error) {
	pdf, err := os.Open(job.Output())
	if err != nil {
		return nil, 0, err
	}
	info, err := pdf.Stat()
	if err != nil {
		pdf.Close()
		return nil, 0, err
	}
	e.bytesOut = info.Size()
	return pdf, info.Size(), nil
}

// fontList is "Calibri=Calibri Twin; Aptos=Aptos Twin+Noto Sans", as short as a header and metadata have to be.
func fontList(fonts []office.Substitution, escape func(string) string) string {
	var list []string
	length := 0
	for _, f := range fonts {
		item := escape(f.Font) + "=" + escape(strings.Join(f.Used, "+"))
		if length += len(item) + 2; length > 4000 {
			list = append(list, "…")
			break
		}
		list = append(list, item)
	}
	return strings.Join(list, "; ")
}
