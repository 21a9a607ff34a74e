package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"docx2pdf/service/conversion"
	"docx2pdf/service/outcome"
	"docx2pdf/service/problem"
	"docx2pdf/service/warning"
)

// entry is what a request's log line, its metrics and the answer say of it.
type entry struct {
	form           string // message, document, json or gotenberg
	plain          bool   // errors are text
	trace          string // the caller's name for the request
	bucket, object string
	generation     int64
	messageID      string
	outcome        string // converted, skipped, unchanged, or a problem's code
	reason         string
	options        string
	conversion.Report
	answered bool
	err      error
}

// fulfilled notes what became of a document in a bucket.
func (e *entry) fulfilled(result outcome.Result) {
	e.Report, e.options, e.generation = result.Report, result.Options.String(), result.Source.Generation
	if e.BytesIn == 0 {
		e.BytesIn = result.Source.Size
	}
	switch {
	case result.Skipped != "":
		e.outcome = "skipped"
		if result.Notable {
			e.reason = result.Skipped
		}
	case result.Unchanged:
		e.outcome = "unchanged"
	}
}

// serverTiming is the Server-Timing header. https://www.w3.org/TR/server-timing/
func (e *entry) serverTiming() string {
	var parts []string
	for _, t := range e.Phases {
		parts = append(parts, fmt.Sprintf("%s;dur=%.1f", t.Name, milliseconds(t.Took)))
	}
	return strings.Join(parts, ", ")
}

func (e *entry) milliseconds() map[string]float64 {
	took := map[string]time.Duration{}
	for _, t := range e.Phases {
		took[t.Name] += t.Took
	}
	all := map[string]float64{}
	for name, d := range took {
		all[name] = milliseconds(d)
	}
	return all
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()/100) / 10 }

// sent notes that the answer went out, whole or not: no other can follow.
func (e *entry) sent(err error) error {
	e.answered = true
	if err != nil {
		return fmt.Errorf("%w: sending the answer: %v", context.Canceled, err)
	}
	return nil
}

// logged answers with a handler's error, and writes one line and the metrics for each request.
func (s *Server) logged(next handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := time.Now()
		e := &entry{outcome: "converted"}
		ctx, end := s.Metrics.start(r.Context(), r)
		status := http.StatusOK
		if err := next(w, r.WithContext(ctx), e); err != nil {
			p := problem.Of(err)
			status, e.outcome, e.reason, e.err = p.Status, p.Code, p.Message, err
			if !e.answered {
				if !errors.Is(err, problem.ErrRequest) {
					drain(w, r)
				}
				if e.plain {
					writeText(w, p)
				} else {
					writeProblem(w, p)
				}
			}
		}
		end(e, status, time.Since(started))
		s.Log.LogAttrs(ctx, severity(e, status), s.message(e), s.attributes(r, e, status, time.Since(started))...)
	})
}

// drainTimeout is how long the rest of a body that nobody wants may take to arrive.
const drainTimeout = 5 * time.Second

// drain takes the rest of a request's body. A caller that is still sending when the connection closes does not hear the
// answer.
func drain(w http.ResponseWriter, r *http.Request) {
	http.NewResponseController(w).SetReadDeadline(time.Now().Add(drainTimeout))
	io.Copy(io.Discard, io.LimitReader(r.Body, maxRequest))
}

func severity(e *entry, status int) slog.Level {
	switch {
	case status >= 500:
		return slog.LevelError
	case status >= 400 && !errors.Is(e.err, context.Canceled), e.outcome == "skipped" && e.reason != "":
		return slog.LevelWarn
	}
	return slog.LevelInfo
}

func (s *Server) message(e *entry) string {
	what := e.object
	if what == "" {
		what = "request"
	}
	if e.reason != "" {
		return what + ": " + e.reason
	}
	return what + ": " + e.outcome
}

// attributes are named as Cloud Logging reads them.
// https://cloud.google.com/logging/docs/structured-logging#structured_logging_special_fields
func (s *Server) attributes(r *http.Request, e *entry, status int, took time.Duration) []slog.Attr {
	attributes := []slog.Attr{
		slog.Group("httpRequest",
			slog.String("requestMethod", r.Method),
			slog.String("requestUrl", r.URL.Path), // without the query, in which a password may be
			slog.Int("status", status),
			slog.String("latency", fmt.Sprintf("%.6fs", took.Seconds())),
			slog.String("userAgent", r.UserAgent()),
			slog.String("remoteIp", r.RemoteAddr),
		),
		slog.String("outcome", e.outcome),
	}
	text := func(name, value string) {
		if value != "" {
			attributes = append(attributes, slog.String(name, value))
		}
	}
	integer := func(name string, value int64) {
		if value != 0 {
			attributes = append(attributes, slog.Int64(name, value))
		}
	}
	text("form", e.form)
	text("bucket", e.bucket)
	text("object", e.object)
	integer("generation", e.generation)
	text("messageId", e.messageID)
	text("gotenbergTrace", e.trace)
	text("options", e.options)
	integer("bytesIn", e.BytesIn)
	integer("bytesOut", e.BytesOut)
	integer("pages", int64(e.Pages))
	text("fontsSubstituted", conversion.FontList(e.Fonts, func(s string) string { return s }))
	text("ownFonts", conversion.List(e.OwnFonts))
	text("warnings", warning.String(e.Warnings))
	if len(e.Phases) > 0 {
		attributes = append(attributes, slog.Any("milliseconds", e.milliseconds()))
		integer("cpuMilliseconds", e.CPU.Milliseconds())
	}
	if e.err != nil {
		text("cause", e.err.Error())
	}
	return append(attributes, traceAttributes(r, s.Project)...)
}
