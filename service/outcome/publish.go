package outcome

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strconv"

	"docx2pdf/service/conversion"
	"docx2pdf/service/problem"
	"docx2pdf/service/storage"
	"docx2pdf/service/warning"
)

// publish writes the PDF, unless what is there comes from a newer generation of the document.
func (t *task) publish(ctx context.Context, d *conversion.Document) (storage.Object, error) {
	pdf, err := os.Open(d.Output())
	if err != nil {
		return storage.Object{}, err
	}
	defer pdf.Close()
	return t.write(ctx, storage.Object{
		Bucket:      t.OutputBucket,
		Name:        t.Names.PDF(t.Bucket, t.Object),
		ContentType: "application/pdf",
		Metadata:    t.metadata(),
	}, pdf)
}

// metadata is what a PDF says of itself.
func (t *task) metadata() map[string]string {
	m, report := t.ask().Metadata(), t.result.Report
	m["pages"] = strconv.Itoa(report.Pages)
	m["libreoffice"] = t.Converter.Status().LibreOffice
	for _, phase := range report.Phases {
		if phase.Name != "storage" {
			m[phase.Name+"-ms"] = strconv.FormatInt(phase.Took.Milliseconds(), 10)
		}
	}
	if len(report.Fonts) > 0 {
		m["fonts-substituted"] = conversion.FontList(report.Fonts, func(s string) string { return s })
	}
	if len(report.OwnFonts) > 0 {
		m["fonts-own"] = conversion.List(report.OwnFonts)
	}
	if len(report.Warnings) > 0 {
		m["warnings"] = warning.String(report.Warnings)
	}
	return m
}

// write writes only over what it has looked at, so that of two writers at once one has to look again.
func (t *task) write(ctx context.Context, target storage.Object, pdf *os.File) (storage.Object, error) {
	const rounds = 4
	for round := 1; ; round++ {
		old, err := t.target(ctx, target.Name)
		if err != nil {
			return old, err
		}
		switch Writing(t.ask(), old, round > 1) {
		case Unchanged:
			return old, nil
		case Taken:
			return old, t.taken(old)
		}
		written, err := t.Store.Write(ctx, target, old.Generation, pdf)
		if !errors.Is(err, storage.ErrPrecondition) || round == rounds {
			return written, err
		}
	}
}

func (t *task) taken(pdf storage.Object) error {
	return problem.New(http.StatusConflict, CodeTaken, "%s", InTheWay(t.ask(), pdf))
}
