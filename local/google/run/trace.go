package run

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"math/big"
	"net/http"
	"strings"

	loggingapi "google.golang.org/api/logging/v2"

	"docx2pdf/local/google/logging"
	"docx2pdf/local/machinery/traffic"
)

// trace is the trace of a request: the caller's where it sent one.
type trace struct{ id, span string }

func newTrace(r *http.Request) trace {
	b := make([]byte, 24)
	rand.Read(b)
	t := trace{hex.EncodeToString(b[:16]), hex.EncodeToString(b[16:])}
	if parts := strings.Split(r.Header.Get("Traceparent"), "-"); len(parts) == 4 && len(parts[1]) == 32 {
		t.id = parts[1]
	} else if id, _, _ := strings.Cut(r.Header.Get("X-Cloud-Trace-Context"), "/"); len(id) == 32 {
		t.id = id
	}
	return t
}

func (t trace) header() string {
	span, _ := new(big.Int).SetString(t.span, 16)
	return t.id + "/" + span.String() + ";o=1"
}

func (t trace) parent() string { return "00-" + t.id + "-" + t.span + "-01" }

// lostAnswer takes an answer that nobody gets.
type lostAnswer struct{ header http.Header }

func (a lostAnswer) Header() http.Header         { return a.header }
func (a lostAnswer) Write(b []byte) (int, error) { return len(b), nil }
func (a lostAnswer) WriteHeader(int)             {}

type answerRecorder struct {
	http.ResponseWriter
	status int
}

func (r *answerRecorder) WriteHeader(code int) {
	if r.status == 0 || r.status < 200 {
		r.status = code
	}
	r.ResponseWriter.WriteHeader(code)
}

func (r *answerRecorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(b)
}

func (r *answerRecorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// log writes the request to Cloud Logging, as Cloud Run's own request log
// (https://cloud.google.com/run/docs/logging#request-logs).
func (f *frontend) log(r *http.Request, trace trace, entry traffic.Entry) {
	parts := strings.Split(f.name, "/")
	severity := "INFO"
	if entry.Status >= 500 {
		severity = "ERROR"
	} else if entry.Status >= 400 {
		severity = "WARNING"
	}
	e := logging.Entry{
		LogName: "projects/" + parts[1] + "/logs/run.googleapis.com%2Frequests", Severity: severity, Trace: "projects/" +
			parts[1] + "/traces/" + trace.id,
		HttpRequest: &loggingapi.HttpRequest{RequestMethod: r.Method, RequestUrl: f.url() + r.URL.RequestURI(),
			Status: int64(entry.Status), UserAgent: r.UserAgent(),
			Latency: fmt.Sprintf("%.6fs", entry.Duration.Seconds())},
		Resource: &loggingapi.MonitoredResource{Type: "cloud_run_revision", Labels: map[string]string{"project_id": parts[1],
			"location": parts[3], "service_name": parts[5]}},
	}
	if entry.Status >= 400 {
		e.TextPayload = entry.Why
	}
	f.service.Logging.Write(parts[1], e)
}
