// Program client calls the converter from outside Google Cloud: it signs in with
// the stack's key, gets an ID token for the service's URL, and posts the message
// that names the document.
//
//	go run ./client demo.docx              upload, convert, download demo.pdf
//	go run ./client -object dir/name.docx  convert what is in the bucket already
//	go run ./client -token                 print an ID token, for curl
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if err != flag.ErrHelp {
			fmt.Fprintln(os.Stderr, "client:", err)
		}
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var (
		flags     = flag.NewFlagSet("client", flag.ContinueOnError)
		overrides stackOutputs
		stack     = flags.String("stack", "", "the Pulumi `stack` whose outputs to use (default: the selected one)")
		keyFile   = flags.String("key", "", "the caller's JSON key `file` (default: the stack's output)")
		object    = flags.String("object", "", "convert this `object` of the input bucket, upload and download nothing, print the answer")
		token     = flags.Bool("token", false, "print an ID token for the service, good for an hour")
		pdf       = flags.String("o", "", "where to write the PDF (`file`; default: the document's name with .pdf, in this folder)")
	)
	flags.SetOutput(stderr)
	flags.StringVar(&overrides.URL, "url", "", "the service's `URL` (default: the stack's output)")
	flags.StringVar(&overrides.InputBucket, "input", "", "the `bucket` that documents are read from (default: the stack's output)")
	flags.StringVar(&overrides.OutputBucket, "output", "", "the `bucket` that PDFs are written to (default: the stack's output)")
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: client [flags] DOCUMENT.docx\n       client [flags] -object NAME.docx\n       client [flags] -token")
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return err
	}
	wanted := flags.NArg()
	for _, other := range []bool{*object != "", *token} {
		if other {
			wanted++
		}
	}
	if wanted != 1 {
		flags.Usage()
		return errors.New("name one document, or one object with -object, or ask for a token with -token")
	}
	if *keyFile != "" {
		key, err := os.ReadFile(*keyFile)
		if err != nil {
			return fmt.Errorf("reading the key: %w", err)
		}
		overrides.Key = string(key)
	}
	outputs, err := overrides.orFromStack(ctx, *stack, flags.NArg() == 1)
	if err != nil {
		return err
	}
	caller, err := newCaller(ctx, outputs, stderr)
	if err != nil {
		return err
	}
	switch {
	case *token:
		token, err := caller.idTokens.Token()
		if err != nil {
			return fmt.Errorf("signing in with the key: %w", err)
		}
		fmt.Fprintln(stdout, token.AccessToken)
		return nil
	case *object != "":
		answer, err := caller.convert(ctx, *object)
		if err != nil {
			return err
		}
		fmt.Fprintln(stdout, strings.TrimSpace(string(answer)))
		return nil
	}
	return convertFile(ctx, caller, flags.Arg(0), *pdf, stdout)
}

// convertFile uploads a document, has it converted and downloads the PDF.
func convertFile(ctx context.Context, caller *caller, document, pdf string, stdout io.Writer) error {
	object := filepath.Base(document)
	made := strings.TrimSuffix(object, filepath.Ext(object)) + ".pdf"
	if pdf == "" {
		pdf = made
	}
	start := time.Now()
	done := func(what string) {
		fmt.Fprintf(stdout, "%-64s %5d ms\n", what, time.Since(start).Milliseconds())
		start = time.Now()
	}
	if err := caller.upload(ctx, document, object); err != nil {
		return err
	}
	done("uploaded gs://" + caller.InputBucket + "/" + object)

	answer, err := caller.convert(ctx, object)
	if err != nil {
		return err
	}
	var converted struct{ Pages int }
	if err := json.Unmarshal(answer, &converted); err != nil {
		return fmt.Errorf("reading the converter's answer: %w", err)
	}
	done("converted to gs://" + caller.OutputBucket + "/" + made)

	if err := caller.download(ctx, made, pdf); err != nil {
		return err
	}
	done(fmt.Sprintf("downloaded %s, %s", pdf, pages(converted.Pages)))
	return nil
}

func pages(n int) string {
	if n == 1 {
		return "1 page"
	}
	return fmt.Sprintf("%d pages", n)
}
