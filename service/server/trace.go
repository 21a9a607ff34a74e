package server

import (
	"log/slog"
	"net/http"
	"strconv"
	"strings"
)

// traceAttributes tie a log line to the trace that Cloud Run's front end started.
// https://cloud.google.com/run/docs/logging#correlate-logs
func traceAttributes(r *http.Request, project string) []slog.Attr {
	trace, span, sampled := traceOf(r.Header)
	if trace == "" || project == "" {
		return nil
	}
	return []slog.Attr{
		slog.String("logging.googleapis.com/trace", "projects/"+project+"/traces/"+trace),
		slog.String("logging.googleapis.com/spanId", span),
		slog.Bool("logging.googleapis.com/trace_sampled", sampled),
	}
}

// traceOf reads the W3C header (https://www.w3.org/TR/trace-context/#traceparent-header), or Google's older one
// (TRACE/SPAN;o=1, the span in decimal).
func traceOf(header http.Header) (trace, span string, sampled bool) {
	if fields := strings.Split(header.Get("Traceparent"), "-"); len(fields) >= 4 && hex(fields[1], 32) &&
		hex(fields[2], 16) {
		flags, _ := strconv.ParseUint(fields[3], 16, 8)
		return fields[1], fields[2], flags&1 == 1
	}
	trace, rest, _ := strings.Cut(header.Get("X-Cloud-Trace-Context"), "/")
	if !hex(trace, 32) {
		return "", "", false
	}
	number, options, _ := strings.Cut(rest, ";")
	if n, err := strconv.ParseUint(number, 10, 64); err == nil {
		span = strconv.FormatUint(n, 16)
		span = strings.Repeat("0", 16-len(span)) + span
	}
	return trace, span, options == "o=1"
}

func hex(s string, length int) bool {
	return len(s) == length && strings.Trim(s, "0123456789abcdef") == ""
}
