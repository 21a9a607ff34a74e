package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"docx2pdf/local/cloud"
	"docx2pdf/local/google/logging"
)

func defineInventory(flags *flag.FlagSet) func(context.Context, io.Writer, io.Writer) error {
	state := flags.String("state", usualState, stateHelp)
	return func(ctx context.Context, stdout, _ io.Writer) error {
		dir, err := stateDir(*state)
		if err != nil {
			return err
		}
		s, err := findServing(dir)
		if err != nil {
			return err
		}
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url()+"/inventory", nil)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		var inventory struct{ Resources []cloud.Item }
		if err := json.NewDecoder(response.Body).Decode(&inventory); err != nil {
			return fmt.Errorf("reading the inventory: %w", err)
		}
		for _, item := range inventory.Resources {
			fmt.Fprintf(stdout, "%-28s %s\n", item.Type, item.Name)
		}
		return nil
	}
}

type logsFlags struct {
	state, project, revision, build string
	follow                          bool
}

func defineLogs(flags *flag.FlagSet) func(context.Context, io.Writer, io.Writer) error {
	var f logsFlags
	flags.StringVar(&f.state, "state", usualState, stateHelp)
	flags.StringVar(&f.project, "project", cloud.DefaultProject, "project")
	flags.StringVar(&f.revision, "revision", "", "only this Cloud Run revision or service")
	flags.StringVar(&f.build, "build", "", "only the Cloud Build build with this id")
	flags.BoolVar(&f.follow, "f", false, "follow: keep printing what is written")
	return f.print
}

func (f *logsFlags) print(ctx context.Context, stdout, _ io.Writer) error {
	state, err := stateDir(f.state)
	if err != nil {
		return err
	}
	path := filepath.Join(cloudDir(state), "logging", f.project+".jsonl")
	tick := time.NewTicker(300 * time.Millisecond)
	defer tick.Stop()
	for shown := 0; ; {
		entries, err := logging.ReadFile(path, f.match)
		if err != nil {
			return err
		}
		shown = min(shown, len(entries)) // the file is cut when it is long
		for _, e := range entries[shown:] {
			fmt.Fprintln(stdout, logLine(e))
		}
		shown = len(entries)
		if !f.follow {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

func (f *logsFlags) match(e logging.Entry) bool {
	labels := map[string]string{}
	if e.Resource != nil {
		labels = e.Resource.Labels
	}
	if f.revision != "" && labels["revision_name"] != f.revision && labels["service_name"] != f.revision {
		return false
	}
	return f.build == "" || labels["build_id"] == f.build
}

// logLine shows an entry as a person reads it: time, where from, severity, text.
func logLine(e logging.Entry) string {
	at := e.Timestamp
	if t, err := time.Parse(time.RFC3339Nano, e.Timestamp); err == nil {
		at = t.Local().Format("15:04:05.000")
	}
	from := "-"
	if e.Resource != nil {
		labels := e.Resource.Labels
		switch from = labels["revision_name"]; {
		case from == "" && labels["build_id"] != "":
			from = "build " + strings.SplitN(labels["build_id"], "-", 2)[0]
		case from == "":
			from = labels["service_name"]
		}
	}
	text := e.TextPayload
	if h := e.HttpRequest; h != nil {
		text = strings.TrimSpace(
			fmt.Sprintf("%s %s %d %s %s", h.RequestMethod, h.RequestUrl, h.Status, h.Latency, e.TextPayload),
		)
	}
	if len(e.JsonPayload) > 0 {
		text = string(e.JsonPayload)
	}
	severity := e.Severity
	if severity == "" {
		severity = "DEFAULT"
	}
	return fmt.Sprintf("%s %-24s %-8s %s", at, from, severity, text)
}

func defineReset(flags *flag.FlagSet) func(context.Context, io.Writer, io.Writer) error {
	state := flags.String("state", usualState, stateHelp)
	return func(ctx context.Context, stdout, _ io.Writer) error {
		dir, err := stateDir(*state)
		if err != nil {
			return err
		}
		if err := checkUnused(dir); err != nil {
			return err
		}
		if err := cloud.RemoveLeft(ctx, cloudDir(dir)); err != nil {
			return err
		}
		// The stacks go too: they describe what is deleted here.
		for _, name := range []string{"cloud", "pulumi", "pulumi-home"} {
			if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
				return fmt.Errorf("deleting the state: %w", err)
			}
		}
		fmt.Fprintf(stdout, "Deleted the local cloud's state in %s.\n", dir)
		return nil
	}
}
