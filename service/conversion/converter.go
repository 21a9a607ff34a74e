package conversion

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"docx2pdf/service/docx"
	"docx2pdf/service/docx/mend"
	"docx2pdf/service/options"
	"docx2pdf/service/warning"
)

// Converter takes documents the whole way.
type Converter struct {
	Engine
	Limits docx.Limits // of what a document may unpack to
	Memory int64       // bytes that encrypting a PDF may take; 0: any

	HasCharacter func(rune) bool // whether a font has it; nil: any has
}

// Convert checks the document and changes what needs it, has the engine make its PDF, and locks that if the options
// have a password. The errors are those of docx.Check, the engine and the context, and a *warning.Error when the PDF
// would lack something and the options are strict. The report is true as far as the document came.
func (c Converter) Convert(ctx context.Context, d *Document, o options.Options) (Report, error) {
	var report Report
	if o.Get(options.Password) != "" {
		if err := CanEncrypt(); err != nil {
			return report, err
		}
	}
	prepared, err := c.prepare(ctx, d, o, &report)
	if err != nil {
		return report, err
	}
	converted, err := c.Engine.Convert(ctx, d, o)
	converted.BytesIn = report.BytesIn
	converted.Phases = append(report.Phases, converted.Phases...)
	report = converted
	pages := report.Pages
	if o.Get(options.Pages) != "" {
		pages = 0 // those of the whole document are not known
	}
	if err != nil {
		report.Warnings = prepared.Warnings()
		if errors.Is(err, ErrUnreadable) {
			if found := docx.Diagnose(ctx, d.Input()); found != "" {
				err = fmt.Errorf("%w: %s", ErrUnreadable, found)
			}
		}
		return report, err
	}
	prepared.Converted(pages, report.IndexesUpdated, report.Inserted)
	report.Warnings = prepared.Warnings()
	if err := prepared.Empty(); err != nil {
		return report, err
	}
	if err := refuse(report.Warnings, o); err != nil {
		return report, err
	}
	if password := o.Get(options.Password); password != "" {
		started := time.Now()
		err := c.encrypt(ctx, d, password)
		report.took("encrypt", started)
		if err != nil {
			return report, err
		}
	}
	info, err := os.Stat(d.Output())
	if err != nil {
		return report, err
	}
	report.BytesOut = info.Size()
	return report, nil
}

// prepare makes the document ready for the engine.
func (c Converter) prepare(ctx context.Context, d *Document, o options.Options,
	report *Report) (*docx.Prepared, error) {
	defer report.took("check", time.Now())
	prepared, err := docx.Prepare(ctx, d.Input(), c.Limits, mend.Wishes{
		Changes:     o.Get(options.Changes),
		SavedFields: o.Get(options.Fields) == "saved",
		Brackets:    mend.EscapesBrackets(c.Status().LibreOffice),
	})
	if prepared != nil {
		report.BytesIn = prepared.Size
	}
	if err != nil {
		return nil, err
	}
	if c.HasCharacter != nil {
		prepared.CheckCharacters(c.HasCharacter)
	}
	d.UpdateIndexes, d.Insertions, d.Fonts = prepared.UpdateIndexes, prepared.Insertions, prepared.Fonts
	report.Warnings = prepared.Warnings()
	return prepared, refuse(report.Warnings, o)
}

// refuse is the error of a document whose PDF would lack something, when the caller takes no such PDF.
func refuse(warnings []warning.Warning, o options.Options) error {
	if len(warnings) == 0 || !o.Is(options.Strict, true) {
		return nil
	}
	return &warning.Error{Warnings: warnings}
}
