// Command local is a Google Cloud on this machine, for trying and testing a deployment without an account.
//
//	go run ./local serve       run it in the foreground
//	go run ./local env         shell lines that point Pulumi at it
//	go run ./local inventory   what exists in it
//	go run ./local logs        what containers and builds wrote
//	go run ./local reset       forget its state
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "local:", err)
		os.Exit(1)
	}
}

// command is one of the program's commands; its flags are defined before it runs.
type command struct {
	name    string
	summary string
	define  func(*flag.FlagSet) func(ctx context.Context, stdout, stderr io.Writer) error
}

var commands = []command{
	{"serve", "run the local Google Cloud in the foreground", defineServe},
	{"env", "print the shell lines that point Pulumi at it: eval \"$(go run ./local env)\"", defineEnv},
	{"inventory", "list what exists in it; nothing after a destroy", defineInventory},
	{"logs", "show what containers and builds wrote", defineLogs},
	{"reset", "delete its state", defineReset},
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) > 0 {
		for _, c := range commands {
			if c.name == args[0] {
				return c.run(ctx, args[1:], stdout, stderr)
			}
		}
	}
	fmt.Fprintln(stderr, "A Google Cloud on this machine. Commands of go run ./local:")
	for _, c := range commands {
		fmt.Fprintf(stderr, "  %-10s %s\n", c.name, c.summary)
	}
	if len(args) > 0 && args[0] != "help" && args[0] != "-h" && args[0] != "--help" {
		return fmt.Errorf("there is no command %q; choose one of the above", args[0])
	}
	return flag.ErrHelp
}

func (c command) run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
	flags.SetOutput(stderr)
	do := c.define(flags)
	if err := flags.Parse(args); err != nil {
		return flag.ErrHelp // the flag package has said what is wrong
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%s takes no arguments, but got %q; see go run ./local %s -h", c.name, flags.Args(), c.name)
	}
	return do(ctx, stdout, stderr)
}

const stateHelp = "folder of the local state; relative to the repository's root"
