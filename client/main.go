// Program client calls the converter from outside Google Cloud: it converts documents, folders and prefixes of
// buckets, shows what failed, prints ID tokens, and serves a page on this machine.
//
//	go run ./client demo.docx          upload, convert, download demo.pdf
//	go run ./client convert letters    convert a folder, and go on where an earlier run was stopped
//	go run ./client help               everything else
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"docx2pdf/client/command"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(command.Run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}
