package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"docx2pdf/local/cloud"
	"docx2pdf/local/machinery/store"
)

// serving is what a running server leaves for the other commands in the state folder.
type serving struct {
	Address      string `json:"address"`
	PID          int    `json:"pid"`
	ProviderPort int    `json:"providerPort,omitempty"` // 0 with the official provider
	OwnerToken   string `json:"ownerToken"`
}

func (s serving) url() string { return "http://" + s.Address }

func cloudDir(state string) string { return filepath.Join(state, "cloud") }

func servingFile(state string) string { return filepath.Join(cloudDir(state), "serve.json") }

func (s serving) write(state string) error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return store.WriteFile(servingFile(state), append(data, '\n'), 0o600)
}

func addressFile(state string) string { return filepath.Join(cloudDir(state), "address") }

// formerAddress is where the state was served last; it is empty for a new state.
func formerAddress(state string) string {
	data, err := os.ReadFile(addressFile(state))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(data))
}

// keepAddress remembers where the state is served, and tells when that has changed.
func keepAddress(state, address string, log *slog.Logger) error {
	if was := formerAddress(state); was != "" && was != address {
		log.Warn(
			"the address of this state has changed: keys that were made before name the old one as their token_uri; make new "+
				"ones, for example with `pulumi config set keyRotation 2`",
			"was",
			was,
			"is",
			address,
		)
	}
	return store.WriteFile(addressFile(state), []byte(address+"\n"), 0o600)
}

// errNotServing is wrapped with the command that starts a local cloud on the state.
var errNotServing = errors.New("the local cloud does not run")

func notServing(state string) error {
	return fmt.Errorf("%w; start it with `go run ./local serve%s`", errNotServing, stateFlag(state))
}

// findServing reads what the running server left, and checks that it still runs.
func findServing(state string) (serving, error) {
	var s serving
	data, err := os.ReadFile(servingFile(state))
	if errors.Is(err, fs.ErrNotExist) {
		return s, notServing(state)
	}
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(data, &s); err != nil {
		return s, fmt.Errorf("reading %s: %w", servingFile(state), err)
	}
	if !cloud.InUse(cloudDir(state)) { // it was killed, and left the file behind
		return s, notServing(state)
	}
	return s, nil
}

// checkUnused is an error when a local cloud has the state open, also one that is starting or stopping.
func checkUnused(state string) error {
	var s serving
	var err error
	// A program that a killed cloud was just starting holds the lock until it has begun.
	for range 300 {
		if !cloud.InUse(cloudDir(state)) {
			return nil
		}
		if s, err = findServing(state); err != nil || syscall.Kill(s.PID, 0) == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err != nil {
		return fmt.Errorf(
			"another local cloud uses the state in %s, and is starting or stopping; stop it first, or give another -state",
			state,
		)
	}
	return fmt.Errorf("another local cloud uses the state in %s: process %d at %s; stop it first, or give another -state",
		state, s.PID, s.url())
}

// awaitServing waits for a server that is being started.
func awaitServing(ctx context.Context, state string, patience time.Duration) (serving, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		s, err := findServing(state)
		if !errors.Is(err, errNotServing) {
			return s, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return s, err
		}
	}
}

// stateDir makes the -state folder absolute. A relative one starts at the repository's root, wherever the command was
// started inside the repository.
func stateDir(state string) (string, error) {
	if filepath.IsAbs(state) {
		return state, nil
	}
	root, err := repositoryRoot()
	return filepath.Join(root, state), err
}

// stateFlag is what the commands need to find a state: nothing for the usual one.
func stateFlag(state string) string {
	root, err := repositoryRoot()
	if err != nil {
		root = ""
	}
	relative, err := filepath.Rel(root, state)
	switch {
	case err != nil || !filepath.IsLocal(relative):
		relative = state
	case relative == usualState:
		return ""
	}
	if strings.Trim(relative, plainSigns) != "" {
		relative = quote(relative)
	}
	return " -state " + relative
}

// usualState is the folder of the state, below the repository's root, when no -state is given.
const usualState = ".local"

// plainSigns are those that a shell takes as they are.
const plainSigns = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-"

func repositoryRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "Pulumi.yaml")); err == nil {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return dir, nil
		}
	}
}
