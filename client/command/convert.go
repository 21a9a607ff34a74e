package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"docx2pdf/client/batch"
	"docx2pdf/client/converter"
	"docx2pdf/client/progress"
	"docx2pdf/client/report"
)

// conversion is the command convert.
type conversion struct {
	*globals
	options optionFlags
	out     string
	via     string
	object  string
	report  string
	json    bool
	dryRun  bool
	again   bool
	over    bool
	atOnce  int
	tries   int
}

func newConvert(g *globals) *cobra.Command {
	f := &conversion{globals: g}
	c := &cobra.Command{
		Use:   "convert FILE|FOLDER|gs://BUCKET/PREFIX/ …",
		Short: "Convert documents, folders and prefixes of buckets",
		Long: `Converts documents. Their PDFs are laid beside them, or below --out in the same folders:
NAME.docx becomes NAME.pdf, and every other name keeps its ending (NAME.docm.pdf).

A folder, and everything that goes below --out, can be converted again: only what has no PDF
of the same content and options yet is. The file ` + batch.RecordName + ` in the folder of PDFs remembers
it. Documents in buckets keep their PDFs in the output bucket unless --out says something else.

Documents of this machine are sent in the request and leave nothing in the buckets. Those over
32 MiB, and all with --via bucket, go through the input bucket.

As many are converted at once as the service takes: 4 at first, one more with each round of
answers, a third less when it is busy, ` + fmt.Sprint(converter.MaxAtOnce) + ` at most (--at-once).

` + exitHelp,
		Example: `  client convert letter.docx
  client convert letters --out pdfs --report pdfs.csv
  client convert gs://my-bucket/2026/ --out gs://archive/2026/ --pdfa 2b
  client convert letter.docx --password-file secret.txt --out - > letter.pdf`,
		RunE: func(c *cobra.Command, args []string) error { return f.run(c, args) },
	}
	flags := c.Flags()
	flags.StringVarP(&f.out, "out", "o", "",
		"where PDFs go: a `folder` or gs://BUCKET/PREFIX/; of one document also a file, or - for standard output")
	flags.StringVar(&f.via, "via", "request", "how documents of this machine get there: request or `bucket`")
	flags.StringVar(&f.object, "object", "",
		"convert this `object` of the input bucket, download nothing, print the service's answer")
	flags.StringVar(&f.report, "report", "",
		"write what became of each document to a `file`: .csv, or .jsonl for JSON Lines")
	flags.BoolVar(&f.json, "json", false,
		"print an object for each document: source, pdf, status, pages, milliseconds, fonts, warnings, error, code")
	flags.BoolVar(&f.dryRun, "dry-run", false, "say what would be converted, and convert nothing")
	flags.BoolVar(&f.again, "again", false, "convert what an earlier run has done, too")
	flags.BoolVar(&f.over, "overwrite", false, "replace PDFs of a folder that somebody else made")
	flags.IntVar(&f.atOnce, "at-once", converter.MaxAtOnce, "the most documents at once")
	flags.IntVar(&f.tries, "attempts", 8, "attempts of each document while the service is busy or does not answer")
	f.options.define(flags)
	return c
}

func (f *conversion) run(c *cobra.Command, args []string) error {
	if f.object != "" && len(args) > 0 || f.object == "" && len(args) == 0 {
		return wrongUse(c, "name documents, folders or gs://BUCKET/PREFIX/, or one object with --object")
	}
	if f.via != "request" && f.via != "bucket" {
		return wrongUse(c, "--via %s: it is request or bucket", f.via)
	}
	if f.atOnce < 1 || f.atOnce > converter.MaxAtOnce || f.tries < 1 || f.tries > 1000 {
		return wrongUse(c, "--at-once is 1 to %d, --attempts 1 to 1000", converter.MaxAtOnce)
	}
	options, err := f.options.read()
	if err != nil {
		return err
	}
	ctx, stdout, stderr := c.Context(), c.OutOrStdout(), c.ErrOrStderr()
	switch {
	case f.object != "":
		return f.answer(ctx, options, stdout, stderr)
	case f.isOne(args):
		return f.one(ctx, args[0], options, stdout, stderr)
	case f.out == "-":
		return errors.New("--out -: standard output takes one document")
	}
	return f.many(ctx, args, options, stdout, stderr)
}

// isOne tells a call for one file of this machine, which is always converted, and with every step shown.
func (f *conversion) isOne(args []string) bool {
	if len(args) != 1 || strings.HasPrefix(args[0], "gs://") || f.dryRun || f.report != "" {
		return false
	}
	info, err := os.Stat(args[0])
	return err == nil && !info.IsDir()
}

// need is what of the settings a conversion cannot do without.
func (f *conversion) need() []string {
	if f.via == "bucket" || f.object != "" {
		return []string{"inputBucket"}
	}
	return nil
}

// answer converts an object of the input bucket and prints what the service says.
func (f *conversion) answer(ctx context.Context, options converter.Options, stdout, stderr io.Writer) error {
	account, err := f.signIn(ctx, f.need()...)
	if err != nil {
		return err
	}
	documents, err := account.converter(ctx, f.retry(func(what string) { fmt.Fprintln(stderr, "client:", what) }, nil),
		options)
	if err != nil {
		return err
	}
	answer, err := documents.Answer(ctx, f.object)
	if err != nil {
		return f.ended(err, stderr)
	}
	fmt.Fprintln(stdout, strings.TrimSpace(string(answer)))
	return nil
}

func (f *conversion) retry(again func(string), busy func()) converter.Retry {
	return converter.Retry{Attempts: f.tries, Again: func(what string) { again(progress.Printable(what)) }, Busy: busy}
}

// many converts whatever the arguments name.
func (f *conversion) many(
	ctx context.Context, args []string, options converter.Options, stdout, stderr io.Writer,
) error {
	account, err := f.signIn(ctx, f.need()...)
	if err != nil {
		return err
	}
	rows, err := report.Create(f.report)
	if err != nil {
		return err
	}
	shown := progress.New(stderr)
	limit := batch.NewLimit(f.atOnce)
	documents, err := account.converter(ctx, f.retry(shown.Say, limit.Busy), options)
	if err != nil {
		return err
	}
	documents.ViaBucket = f.via == "bucket"
	objects := report.JSON(stdout)
	var unwritten error
	run := batch.Run{
		Converter: documents, Limit: limit, Storage: account.storage(ctx), Out: f.out,
		DryRun: f.dryRun, Again: f.again, Overwrite: f.over, Total: shown.Total,
		Done: func(d report.Document) {
			shown.Done(d)
			unwritten = errors.Join(unwritten, rows.Write(d))
			switch {
			case f.json:
				unwritten = errors.Join(unwritten, objects.Write(d))
			case f.dryRun && d.Status != report.Failed:
				fmt.Fprintf(stdout, "%s: %s -> %s\n", d.Status, progress.Printable(d.Source), progress.Printable(d.PDF))
			}
		},
	}
	err = errors.Join(run.Do(ctx, args), unwritten, rows.Close())
	shown.Summary()
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "what is converted stays; run the same command again to go on")
		return ctx.Err()
	case err != nil:
		return fmt.Errorf("%w; run the same command again to go on", err)
	case shown.Failed() > 0:
		return errFailed
	}
	return nil
}
