package conversion

import (
	"context"
	"os"
	"time"

	"docx2pdf/service/docx"
	"docx2pdf/service/options"
)

// Converter takes documents the whole way.
type Converter struct {
	Engine
	Limits docx.Limits // of what a document may unpack to
	Memory int64       // bytes that encrypting a PDF may take; 0: any
}

// Convert checks the document, has the engine make its PDF, and locks that if the options have a password. The errors
// are those of docx.Check, the engine and the context. The report is true as far as the document came.
func (c Converter) Convert(ctx context.Context, d *Document, o options.Options) (Report, error) {
	var report Report
	if o.Get(options.Password) != "" {
		if err := CanEncrypt(); err != nil {
			return report, err
		}
	}
	if err := c.check(ctx, d, &report); err != nil {
		return report, err
	}
	converted, err := c.Engine.Convert(ctx, d, o)
	converted.BytesIn = report.BytesIn
	converted.Phases = append(report.Phases, converted.Phases...)
	report = converted
	if err != nil {
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

func (c Converter) check(ctx context.Context, d *Document, report *Report) error {
	defer report.took("check", time.Now())
	file, err := os.Open(d.Input())
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	report.BytesIn = info.Size()
	return docx.Check(ctx, file, info.Size(), c.Limits)
}
