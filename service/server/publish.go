package server

import (
	"errors"
	"net/http"
	"os"
	"strconv"

	"docx2pdf/service/conversion"
	"docx2pdf/service/outcome"
	"docx2pdf/service/storage"
	"docx2pdf/service/warning"
)

// publish writes the PDF, unless what is there comes from a newer generation of the document. It writes only over
// what it has looked at, so that of two writers at once one has to look again.
func (s *Server) publish(r *http.Request, o order, source storage.Object, d *conversion.Document, result conversion.Report) (storage.Object, error) {
	pdf, _, err := openPDF(d)
	if err != nil {
		return storage.Object{}, err
	}
	defer pdf.Close()
	target := storage.Object{
		Bucket:      s.OutputBucket,
		Name:        s.Names.PDF(o.bucket, o.object),
		ContentType: "application/pdf",
		Metadata:    s.ask(o, source).Metadata(),
	}
	e := entryOf(r)
	target.Metadata["pages"] = strconv.Itoa(result.Pages)
	for _, phase := range result.Phases {
		target.Metadata[phase.Name+"-ms"] = strconv.FormatInt(phase.Took.Milliseconds(), 10)
	}
	target.Metadata["libreoffice"] = s.Converter.Status().LibreOffice
	if len(result.Fonts) > 0 {
		target.Metadata["fonts-substituted"] = fontList(e.fonts, func(s string) string { return s })
	}
	if len(result.Warnings) > 0 {
		target.Metadata["warnings"] = warning.String(result.Warnings)
	}
	return s.write(r, o, source, target, pdf)
}

func (s *Server) write(r *http.Request, o order, source, target storage.Object, pdf *os.File) (storage.Object, error) {
	const rounds = 4
	for round := 1; ; round++ {
		old, err := s.Store.StatTarget(r.Context(), target.Bucket, target.Name)
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return old, err
		}
		switch outcome.Writing(s.ask(o, source), old, round > 1) {
		case outcome.Unchanged:
			return old, nil
		case outcome.Taken:
			return old, s.taken(o, source, old)
		}
		written, err := s.Store.Write(r.Context(), target, old.Generation, pdf)
		if !errors.Is(err, storage.ErrPrecondition) || round == rounds {
			return written, err
		}
	}
}
