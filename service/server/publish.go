package server

import (
	"errors"
	"net/http"
	"os"
	"strconv"

	"docx2pdf/service/conversion"
	"docx2pdf/service/storage"
)

// Metadata of what the converter writes.
const (
	sourceBucket     = "source-bucket"
	sourceObject     = "source-object"
	sourceGeneration = "source-generation"
	usedOptions      = "options"
)

// provenance says what an output was made from.
func provenance(o order, source storage.Object) map[string]string {
	m := map[string]string{
		sourceBucket:     source.Bucket,
		sourceObject:     source.Name,
		sourceGeneration: strconv.FormatInt(source.Generation, 10),
	}
	if options := o.options.String(); options != "" {
		m[usedOptions] = options
	}
	return m
}

// madeFrom compares an output's source with another: whether it is the same object, and whether the output was made
// from an older (-1), the same (0) or a newer (+1) generation of it.
func madeFrom(output, source storage.Object) (same bool, order int) {
	generation, err := strconv.ParseInt(output.Metadata[sourceGeneration], 10, 64)
	if err != nil || output.Metadata[sourceBucket] != source.Bucket || output.Metadata[sourceObject] != source.Name {
		return false, 0
	}
	switch {
	case generation < source.Generation:
		return true, -1
	case generation > source.Generation:
		return true, +1
	}
	return true, 0
}

// done tells whether an output is what an order asks for.
func (o order) done(output, source storage.Object) bool {
	same, order := madeFrom(output, source)
	return same && (order > 0 || order == 0 && output.Metadata[usedOptions] == o.options.String())
}

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
		Name:        pdfName(o.object),
		ContentType: "application/pdf",
		Metadata:    provenance(o, source),
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
	return s.writeNewest(r, o, source, target, pdf)
}

func (s *Server) writeNewest(r *http.Request, o order, source, target storage.Object, pdf *os.File) (storage.Object, error) {
	const rounds = 4
	for round := 1; ; round++ {
		old, err := s.Store.StatTarget(r.Context(), target.Bucket, target.Name)
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return old, err
		}
		same, order := madeFrom(old, source)
		if same && order > 0 || (o.push || round > 1) && o.done(old, source) {
			return old, nil
		}
		written, err := s.Store.Write(r.Context(), target, old.Generation, pdf)
		if !errors.Is(err, storage.ErrPrecondition) || round == rounds {
			return written, err
		}
	}
}
