package telemetry_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"docx2pdf/service/conversion/conversiontest"
	"docx2pdf/service/docx/docxtest"
	"docx2pdf/service/server"
	"docx2pdf/service/telemetry"
)

// collector keeps what is sent to it, by path.
type collector struct {
	mu   sync.Mutex
	sent map[string]string
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent[r.URL.Path] += string(body)
}

func TestTracesAndMetricsOfAConversion(t *testing.T) {
	c := &collector{sent: map[string]string{}}
	listening := httptest.NewServer(c)
	defer listening.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", listening.URL)
	converter := conversiontest.New(t).Converter()
	metrics, stop, err := telemetry.Start(t.Context(), converter)
	if err != nil {
		t.Fatal(err)
	}
	handler := server.New(server.Config{Converter: converter, Metrics: metrics})
	answer := httptest.NewRecorder()
	request := httptest.NewRequest(http.MethodPost, "/",
		strings.NewReader(string(docxtest.Document(docxtest.Paragraph("x")))))
	request.Header.Set("Traceparent", "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01")
	handler.ServeHTTP(answer, request)
	if answer.Code != http.StatusOK {
		t.Fatalf("status %d", answer.Code)
	}
	if err := stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	for path, wants := range map[string][]string{
		"/v1/traces":  {"POST /", "docx2pdf.outcome", "converted", "\x01\x23\x45\x67\x89\xab\xcd\xef"},
		"/v1/metrics": {"docx2pdf.requests", "docx2pdf.phase.duration", "docx2pdf.engine.ready"},
	} {
		for _, want := range wants {
			if !strings.Contains(c.sent[path], want) {
				t.Errorf("%s: %q was not sent", path, want)
			}
		}
	}
}

func TestOffUnlessConfigured(t *testing.T) {
	for _, test := range []struct {
		variables map[string]string
		on        bool
	}{
		{nil, false},
		{map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, true},
		{map[string]string{"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://127.0.0.1:4318"}, true},
		{map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "OTEL_SDK_DISABLED": "true"}, false},
	} {
		if on := telemetry.Configured(func(name string) string { return test.variables[name] }); on != test.on {
			t.Errorf("%v: %v, want %v", test.variables, on, test.on)
		}
	}
}
