package server_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"docx2pdf/service/docx"
	"docx2pdf/service/office"
	"docx2pdf/service/server"
	"docx2pdf/service/storage"
	"docx2pdf/service/storage/storagetest"
)

// fixture is a converter with a storage of its own.
type fixture struct {
	url     string
	storage *storagetest.Server
	demo    []byte
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	engine, err := office.Start(t.Context(), office.Config{TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	objects := storagetest.New(t)
	store, err := storage.Open(t.Context(), objects.URL, 10*time.Second, objects.Options()...)
	if err != nil {
		t.Fatal(err)
	}
	listening := httptest.NewServer(server.New(server.Config{
		Engine: engine, Store: store, OutputBucket: "out", Queue: 8, MaxDocument: 100 << 20, Limits: docx.DefaultLimits,
	}))
	t.Cleanup(listening.Close)
	demo, err := os.ReadFile("../../demo.docx")
	if err != nil {
		t.Fatal(err)
	}
	return &fixture{listening.URL, objects, demo}
}

func (f *fixture) post(t *testing.T, contentType, body string) (*http.Response, []byte) {
	t.Helper()
	response, err := http.Post(f.url, contentType, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, content
}

func TestMessageConvertsFromBucketToBucket(t *testing.T) {
	f := newFixture(t)
	f.storage.Put("in", "dir/demo.docx", f.demo)
	response, body := f.post(t, "application/json", `{"message":{"attributes":{"bucketId":"in","objectId":"dir/demo.docx"}}}`)
	if response.StatusCode != http.StatusOK || !strings.HasPrefix(string(body), `{"error":""`) {
		t.Fatalf("answer %d %s", response.StatusCode, body)
	}
	var answer struct{ Pages int }
	if err := json.Unmarshal(body, &answer); err != nil || answer.Pages < 1 {
		t.Errorf("answer %s: %v", body, err)
	}
	pdf := f.storage.Object("out", "dir/demo.pdf")
	if pdf == nil || pdf.ContentType != "application/pdf" || !strings.HasPrefix(string(pdf.Content), "%PDF-") {
		t.Errorf("no PDF in the output bucket: %v", pdf)
	}
}
