package main

import (
	"context"
	"io"
	"log/slog"
	"os"
	"time"

	"cloud.google.com/go/compute/metadata"
)

// newLogger logs as Cloud Logging reads it, or as text on a terminal.
// https://cloud.google.com/logging/docs/structured-logging
func newLogger(w io.Writer) *slog.Logger {
	if file, ok := w.(*os.File); ok {
		if info, err := file.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			return slog.New(slog.NewTextHandler(w, nil))
		}
	}
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) > 0 {
			return a
		}
		switch a.Key {
		case slog.LevelKey:
			if a.Value.Any() == slog.LevelWarn {
				return slog.String("severity", "WARNING")
			}
			a.Key = "severity"
		case slog.MessageKey:
			a.Key = "message"
		}
		return a
	}}))
}

// project is the Google Cloud project that traces belong to: as GOOGLE_CLOUD_PROJECT says, or on Cloud Run the metadata
// server.
func project(ctx context.Context, getenv func(string) string) string {
	if named := getenv("GOOGLE_CLOUD_PROJECT"); named != "" {
		return named
	}
	if getenv("K_SERVICE") == "" {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	id, err := metadata.ProjectIDWithContext(ctx)
	if err != nil {
		slog.Warn("log lines will not be tied to traces", "error", err)
	}
	return id
}
