package server

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"path"
	"strconv"

	"docx2pdf/service/office"
	"docx2pdf/service/storage"
)

// convertDocument converts a document that came in the request and answers with the PDF.
func (s *Server) convertDocument(w http.ResponseWriter, r *http.Request, name string, content io.Reader) error {
	job, err := s.Engine.NewJob(name)
	if err != nil {
		return err
	}
	defer job.Close()
	if err := fill(job, func(file io.Writer) error { _, err := io.Copy(file, content); return err }); err != nil {
		return err
	}
	result, err := job.Convert(r.Context())
	if err != nil {
		return err
	}
	pdf, err := os.Open(job.Output())
	if err != nil {
		return err
	}
	defer pdf.Close()
	info, err := pdf.Stat()
	if err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", "application/pdf")
	header.Set("Content-Length", strconv.FormatInt(info.Size(), 10))
	header.Set("X-Pages", strconv.Itoa(result.Pages))
	if name != "" {
		header.Set("Content-Disposition", mime.FormatMediaType("inline", map[string]string{"filename": path.Base(pdfName(name))}))
	}
	_, err = io.Copy(w, pdf)
	return err
}

// answer is what the caller of a message hears.
type answer struct {
	Error      string `json:"error"`
	Pages      int    `json:"pages"`
	Bucket     string `json:"bucket"`
	Object     string `json:"object"`
	Generation int64  `json:"generation,string"`
}

// convertObject converts a document in a bucket into a PDF in the output bucket.
func (s *Server) convertObject(w http.ResponseWriter, r *http.Request, bucket, name string) error {
	if s.Store == nil {
		return badRequest("this converter has no output bucket: set OUTPUT_BUCKET, or send the document itself")
	}
	ctx := r.Context()
	source, err := s.Store.Stat(ctx, bucket, name, 0)
	if err != nil {
		return err
	}
	job, err := s.Engine.NewJob(path.Base(name))
	if err != nil {
		return err
	}
	defer job.Close()
	if err := fill(job, func(file io.Writer) error { return s.Store.Read(ctx, source, file) }); err != nil {
		return err
	}
	result, err := job.Convert(ctx)
	if err != nil {
		return err
	}
	target := storage.Object{
		Bucket:      s.OutputBucket,
		Name:        pdfName(name),
		ContentType: "application/pdf",
		Metadata: map[string]string{
			"source-bucket":     bucket,
			"source-object":     name,
			"source-generation": strconv.FormatInt(source.Generation, 10),
			"pages":             strconv.Itoa(result.Pages),
		},
	}
	old, err := s.Store.Stat(ctx, target.Bucket, target.Name, 0)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	pdf, err := os.Open(job.Output())
	if err != nil {
		return err
	}
	defer pdf.Close()
	written, err := s.Store.Write(ctx, target, old.Generation, pdf)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, answer{Pages: result.Pages, Bucket: written.Bucket, Object: written.Name, Generation: written.Generation})
	return nil
}

// fill writes a job's document.
func fill(job *office.Job, write func(io.Writer) error) error {
	file, err := os.OpenFile(job.Input(), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(write(file), file.Close())
}
