package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"docx2pdf/client/batch"
	"docx2pdf/client/convert"
	"docx2pdf/client/converter"
	"docx2pdf/client/output"
	"docx2pdf/client/progress"
	"docx2pdf/client/report"
	"docx2pdf/client/trouble"
)

// one converts one file of this machine, and shows each step.
func (f *conversion) one(ctx context.Context, file string, options converter.Options, stdout, stderr io.Writer) error {
	to, err := f.place(file, stdout)
	if err != nil {
		return err
	}
	account, err := f.signIn(ctx, f.need()...)
	if err != nil {
		return err
	}
	documents, err := account.converter(ctx, f.retry(func(what string) { fmt.Fprintln(stderr, "client:", what) }, nil),
		options)
	if err != nil {
		return err
	}
	documents.ViaBucket = f.via == "bucket"
	steps := stdout
	if f.out == "-" || f.json {
		steps = stderr
	}
	last := time.Now()
	result, err := documents.Convert(ctx, convert.Document{File: file}, to, func(format string, arguments ...any) {
		fmt.Fprintf(steps, "%-64s %5d ms\n", progress.Printable(fmt.Sprintf(format, arguments...)),
			time.Since(last).Milliseconds())
		last = time.Now()
	})
	if err != nil {
		if f.json {
			err = errors.Join(err, report.JSON(stdout).Write(batch.Failure(file, err)))
		}
		return f.ended(err, stderr)
	}
	d := batch.Success(file, result)
	if f.json {
		return report.JSON(stdout).Write(d)
	}
	if fonts := report.FontList(converter.Mattering(d.Fonts)); fonts != "" {
		fmt.Fprintln(steps, "lines may end elsewhere than in Word:", progress.Printable(fonts))
	}
	for _, w := range d.Warnings {
		fmt.Fprintln(steps, "warning:", progress.Printable(w.String()))
	}
	return nil
}

// place is where the PDF of one document goes. That it can be written is found out here.
func (f *conversion) place(file string, stdout io.Writer) (convert.Place, error) {
	name := batch.PDFName(filepath.Base(file))
	if bucket, object, isURL := strings.Cut(strings.TrimPrefix(f.out, "gs://"), "/"); strings.HasPrefix(f.out, "gs://") {
		if !isURL || object == "" || strings.HasSuffix(object, "/") {
			object += name
		}
		if bucket == "" {
			return convert.Place{}, fmt.Errorf("--out %s names no bucket; write gs://BUCKET/PREFIX/", f.out)
		}
		return convert.Place{Bucket: bucket, Object: object}, nil
	}
	out := f.out
	if out == "" {
		out = filepath.Join(filepath.Dir(file), name)
	} else if os.IsPathSeparator(out[len(out)-1]) {
		if err := os.MkdirAll(out, 0o777); err != nil {
			return convert.Place{}, err
		}
	}
	t, err := output.Check(out, name, stdout)
	return convert.Place{Target: &t}, err
}

// ended tells the document's own failure, which is said here, from what concerns everything.
func (f *conversion) ended(err error, stderr io.Writer) error {
	if trouble.Of(err) != nil || errors.Is(err, context.Canceled) {
		return err
	}
	fmt.Fprintln(stderr, "client:", progress.Printable(err.Error()))
	return errFailed
}
