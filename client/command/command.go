// Package command is the client's command line.
package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"docx2pdf/client/settings"
	"docx2pdf/client/trouble"
)

// How the client ends.
const (
	exitDone        = 0
	exitNothing     = 1 // nothing could be done: wrong use, no sign-in, no network, no such service
	exitFailed      = 2 // documents failed; all others are converted
	exitInterrupted = 130
)

// errFailed ends the client when documents failed. What failed has been said.
var errFailed = errors.New("documents failed")

const exitHelp = `Exit status: 0 all is converted, 1 nothing could be done (wrong use, no sign-in, no network),
2 documents failed and the others are converted, 130 interrupted.`

// Run runs the client and answers with its exit status.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.SetArgs(withSubcommand(root, doubled(root, args)))
	switch err := root.ExecuteContext(ctx); {
	case err == nil:
		return exitDone
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "client: stopped")
		return exitInterrupted
	case errors.Is(err, errFailed):
		return exitFailed
	default:
		if found := trouble.Of(err); found != nil {
			err = found
		}
		fmt.Fprintln(stderr, "client:", err)
		return exitNothing
	}
}

// globals are the flags of every command: where the converter is, and who calls it.
type globals struct {
	request     settings.Request
	impersonate string
}

func newRoot() *cobra.Command {
	g := &globals{}
	root := &cobra.Command{
		Use:   "client",
		Short: "Convert Word documents to PDF with the converter on Cloud Run",
		Long: `Converts Word documents to PDF with the converter that pulumi up deployed.

Which converter, and as whom: by flag, then by environment (DOCX2PDF_URL, DOCX2PDF_KEY,
DOCX2PDF_INPUT_BUCKET, DOCX2PDF_OUTPUT_BUCKET, DOCX2PDF_SERVICE_ACCOUNT, DOCX2PDF_DEAD_LETTERS),
then from the file that "client save" wrote, then from the outputs of the Pulumi stack.

"client DOCUMENT" without a command uploads the document to the input bucket, has it
converted there, and downloads the PDF.`,
		Example: `  client demo.docx
  client convert letters --out pdfs
  client convert gs://my-bucket/2026/ --pdfa 2b
  client serve`,
		Args:          cobra.ArbitraryArgs,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.CompletionOptions.HiddenDefaultCmd = false
	flags, r := root.PersistentFlags(), &g.request
	flags.StringVar(&r.Stack, "stack", "", "the Pulumi `stack` whose outputs to use (default: the selected one)")
	flags.StringVar(&r.File, "config", "",
		"the `file` that client save wrote (default: DOCX2PDF_CONFIG, or docx2pdf.json in your configuration folder)")
	flags.StringVar(&r.Flags.URL, "url", "", "the service's `URL`")
	flags.StringVar(&r.Flags.InputBucket, "input", "", "the `bucket` that documents are read from")
	flags.StringVar(&r.Flags.OutputBucket, "output", "", "the `bucket` that PDFs are written to")
	flags.StringVar(&r.KeyFile, "key", "",
		"a service account's key `file`; better none, and your own credentials (see README)")
	flags.StringVar(&g.impersonate, "impersonate", "", "the service `account` to act as, with your own credentials")
	root.AddCommand(newConvert(g), newToken(g), newServe(g), newFailed(g), newSave(g), newVersion())
	return root
}

// doubled writes -stack as --stack: flags had one dash before there were commands, and scripts have them so.
func doubled(root *cobra.Command, args []string) []string {
	known := map[string]bool{"object": true, "token": true, "json": true}
	for _, c := range append(root.Commands(), root) {
		c.Flags().VisitAll(func(f *flagOf) { known[f.Name] = true })
		c.PersistentFlags().VisitAll(func(f *flagOf) { known[f.Name] = true })
	}
	args = slices.Clone(args)
	for i, arg := range args {
		if arg == "--" {
			break
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(arg, "-"), "=")
		if strings.HasPrefix(arg, "-") && len(name) > 1 && known[name] {
			args[i] = "-" + arg
		}
	}
	return args
}

// withSubcommand names the command of calls that have none: a token for --token, and documents are converted.
func withSubcommand(root *cobra.Command, args []string) []string {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd(args...)
	found, _, err := root.Find(args)
	if len(args) == 0 || err == nil && found != root || slices.ContainsFunc(args, asksForHelp) ||
		strings.HasPrefix(args[0], "__complete") {
		return args
	}
	if i := slices.Index(args, "--token"); i >= 0 {
		return append([]string{"token"}, slices.Delete(args, i, i+1)...)
	}
	return append([]string{"convert", "--via", "bucket"}, args...)
}

func asksForHelp(arg string) bool { return arg == "-h" || arg == "--help" }

// wrongUse is an error with the line that shows right use.
func wrongUse(c *cobra.Command, format string, arguments ...any) error {
	return fmt.Errorf("%s\nusage: %s\nclient help %s says more", fmt.Sprintf(format, arguments...), c.UseLine(), c.Name())
}
