package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"docx2pdf/local/cloud"
	"docx2pdf/local/machine/provider"
	"docx2pdf/local/machinery/fault"
)

type serveFlags struct {
	address, state, provider, faults string
	idle, pending                    time.Duration
	verbose                          bool
	docker                           bool
}

func defineServe(flags *flag.FlagSet) func(context.Context, io.Writer, io.Writer) error {
	var f serveFlags
	flags.StringVar(&f.address, "addr", "127.0.0.1:8790", "loopback address to listen on; port 0 picks a free one")
	flags.StringVar(&f.state, "state", usualState, stateHelp)
	flags.StringVar(
		&f.provider,
		"provider",
		"builtin",
		"Pulumi provider: builtin, or official for the installed pulumi-resource-gcp",
	)
	flags.DurationVar(&f.idle, "idle", 15*time.Minute, "how long a Cloud Run instance stays without requests")
	flags.DurationVar(
		&f.pending,
		"pending",
		10*time.Second,
		"how long a request waits for a busy Cloud Run service before 429",
	)
	flags.StringVar(&f.faults, "faults", "",
		"JSON file of faults to inject, for example local/machinery/fault/faults.json")
	flags.BoolVar(
		&f.docker,
		"docker",
		false,
		"build images with the Docker engine and run them there; without it the converter is compiled, and runs on this "+
			"machine's LibreOffice",
	)
	flags.BoolVar(&f.verbose, "v", false, "log every request")
	return f.serve
}

func (f *serveFlags) serve(ctx context.Context, stdout, stderr io.Writer) error {
	// A limit on the size of files makes writes fail, as a full disk does, rather than end the process.
	signal.Ignore(syscall.SIGXFSZ)
	if f.provider != "builtin" && f.provider != "official" {
		return fmt.Errorf("-provider is builtin or official, not %q", f.provider)
	}
	state, err := stateDir(f.state)
	if err != nil {
		return err
	}
	if err := checkUnused(state); err != nil { // before the port, which is the other's too
		return err
	}
	listener, err := listen(f.address, state)
	if err != nil {
		return err
	}
	defer listener.Close()
	var faults *fault.Injector
	if f.faults != "" {
		plan, err := fault.Read(f.faults)
		if err != nil {
			return err
		}
		faults = fault.New(plan)
	}
	level := slog.LevelInfo
	if f.verbose {
		level = slog.LevelDebug
	}
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level}))
	c, err := cloud.Open(
		ctx,
		cloud.Options{
			Dir:       cloudDir(state),
			Log:       log,
			Idle:      f.idle,
			Pending:   f.pending,
			Docker:    f.docker,
			Faults:    faults,
			StateFlag: stateFlag(state),
		},
	)
	if err != nil {
		return err
	}
	if err := keepAddress(state, listener.Addr().String(), log); err != nil {
		return err
	}
	os.Remove(servingFile(state)) // of a server that was killed
	defer os.Remove(servingFile(state))
	return c.Serve(ctx, listener, func() error {
		s := serving{Address: c.Address(), PID: os.Getpid(), OwnerToken: c.OwnerToken()}
		if f.provider == "builtin" {
			root, err := repositoryRoot()
			if err != nil {
				return err
			}
			s.ProviderPort, err = provider.Serve(
				ctx,
				provider.Options{Endpoint: s.url(), AccessToken: s.OwnerToken, WorkDir: filepath.Join(root, "infra")},
			)
			if err != nil {
				return err
			}
		}
		if err := s.write(state); err != nil {
			return err
		}
		fmt.Fprintf(stdout, "The local Google Cloud runs at %s (this machine only). In another shell:\n"+
			"  eval \"$(go run ./local env%s)\" && pulumi up --stack local\n", s.url(), stateFlag(state))
		return nil
	})
}

// listen opens the port, on loopback only: the cloud trusts whoever holds its owner token, and the page shows all.
// Port 0 is the one that the state had before, if that is free: its key files name it.
func listen(address, state string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("-addr %q: %w; give for example 127.0.0.1:8790", address, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("-addr %q is not on this machine only; give for example 127.0.0.1:8790", address)
	}
	if _, former, err := net.SplitHostPort(formerAddress(state)); port == "0" && err == nil {
		if listener, err := net.Listen("tcp", net.JoinHostPort(host, former)); err == nil {
			return listener, nil
		}
	}
	listener, err := net.Listen("tcp", address)
	var busy *net.OpError
	if errors.As(err, &busy) {
		return nil, fmt.Errorf("listening: %w; stop what uses the port, or give another -addr", err)
	}
	return listener, err
}
