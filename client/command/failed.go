package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"docx2pdf/client/batch"
	"docx2pdf/client/converter"
	"docx2pdf/client/failed"
	"docx2pdf/client/progress"
	"docx2pdf/client/report"
	"docx2pdf/client/trouble"
)

func newFailed(g *globals) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "failed",
		Short: "Show the documents of the input bucket that could not be converted",
		Long: `Lists the documents that were dropped into the input bucket and could not be converted, with the
reason: those with an error record in the output bucket, and those among the dead letters.

It works for the accounts that the stack's configuration names as operators; people act as one with
--impersonate. They have roles/storage.objectViewer on the output bucket, roles/pubsub.subscriber on
the dead letters, and roles/run.invoker on the service, which retry takes.`,
		Example: `  client failed
  client failed retry
  client failed retry letters/ reports/june.docx`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return g.withFailed(c, func(ctx context.Context, f *failed.Finder, documents []*failed.Document) error {
				return list(c.OutOrStdout(), documents, asJSON)
			})
		},
	}
	retry := &cobra.Command{
		Use:   "retry [NAME|PREFIX/ …]",
		Short: "Have failed documents converted again, and clear what succeeded",
		Long: `Has all failed documents converted again, or those that are named: by the object's name, by
gs://BUCKET/NAME, or by a prefix that ends in a slash. What succeeds is cleared from the dead letters
and the error records.

` + exitHelp,
		RunE: func(c *cobra.Command, names []string) error {
			return g.withFailed(c, func(ctx context.Context, f *failed.Finder, documents []*failed.Document) error {
				return retryAll(c, f, documents, names, asJSON)
			})
		},
	}
	c.PersistentFlags().BoolVar(&asJSON, "json", false, "print an object for each document")
	c.AddCommand(retry)
	return c
}

// withFailed finds what failed, and afterwards gives back what it has of the dead letters.
func (g *globals) withFailed(
	c *cobra.Command, do func(context.Context, *failed.Finder, []*failed.Document) error,
) error {
	ctx := c.Context()
	account, err := g.signIn(ctx, "outputBucket")
	if err != nil {
		return err
	}
	notice := func(what string) { fmt.Fprintln(c.ErrOrStderr(), "client:", progress.Printable(what)) }
	retry := converter.Retry{Attempts: 8, First: FirstRetry, Again: notice}
	f := &failed.Finder{Output: account.OutputBucket, Service: converter.New(account.URL, account.IDTokens, retry),
		Notice: notice}
	if f.Storage, err = account.storage(ctx)(); err != nil {
		return err
	}
	if account.DeadLetters != "" {
		f.Letters, err = failed.Open(ctx, account.DeadLetters, cmp.Or(account.ServiceAccount, account.Name), FirstRetry,
			account.APIs...)
		if err != nil {
			return err
		}
	}
	documents, err := f.Find(ctx)
	if err != nil {
		return err
	}
	err = do(ctx, f, documents)
	// Also after Ctrl-C: else nobody sees the letters until their lease has ended.
	return errors.Join(err, f.Release(context.WithoutCancel(ctx), documents))
}

func list(stdout io.Writer, documents []*failed.Document, asJSON bool) error {
	if asJSON {
		rows := report.JSON(stdout)
		for _, d := range documents {
			if err := rows.Write(report.Document{Source: d.URL(), Status: report.Failed, Error: d.Reason,
				Code: d.Code}); err != nil {
				return err
			}
		}
		return nil
	}
	if len(documents) == 0 {
		_, err := fmt.Fprintln(stdout, "Nothing failed.")
		return err
	}
	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	for _, d := range documents {
		fmt.Fprintf(table, "%s\t%s\n", progress.Printable(d.URL()), progress.Printable(d.Reason))
	}
	return table.Flush()
}

func retryAll(c *cobra.Command, f *failed.Finder, documents []*failed.Document, names []string, asJSON bool) error {
	shown := progress.New(c.ErrOrStderr())
	rows := report.JSON(c.OutOrStdout())
	var chosen []*failed.Document
	for _, d := range documents {
		if d.Matches(names) {
			chosen = append(chosen, d)
		}
	}
	if len(names) > 0 && len(chosen) == 0 {
		return errors.New("none of these failed; client failed lists what did")
	}
	shown.Total(len(chosen))
	for _, d := range chosen {
		if err := f.Letters.Hold(c.Context(), d); err != nil {
			return err
		}
		done, err := f.Retry(c.Context(), d)
		if c.Context().Err() != nil {
			return c.Context().Err()
		}
		if found := trouble.Of(err); found != nil {
			return found
		}
		if err != nil {
			done = batch.Failure(d.URL(), err)
		}
		shown.Done(done)
		if asJSON {
			if err := rows.Write(done); err != nil {
				return err
			}
		}
	}
	shown.Summary()
	if shown.Failed() > 0 {
		return errFailed
	}
	return nil
}
