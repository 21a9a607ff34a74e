package server_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"docx2pdf/service/conversion"
	"docx2pdf/service/docx"
	"docx2pdf/service/docx/docxtest"
	"docx2pdf/service/office"
	"docx2pdf/service/server"
	"docx2pdf/service/storage"
	"docx2pdf/service/storage/storagetest"
)

// fixture is a converter with a storage of its own.
type fixture struct {
	t       *testing.T
	url     string
	storage *storagetest.Server
	log     *lines
}

// change is what a test wants to be other than usual.
type change struct {
	engine office.Config
	server func(*server.Config)
}

func newFixture(t *testing.T, changes ...change) *fixture {
	t.Helper()
	var c change
	for _, c = range changes {
	}
	c.engine.TempDir = t.TempDir()
	engine, err := office.Start(t.Context(), c.engine)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	f := &fixture{t: t, storage: storagetest.New(t), log: &lines{}}
	store, err := storage.Open(t.Context(), f.storage.URL, 5*time.Second, f.storage.Options()...)
	if err != nil {
		t.Fatal(err)
	}
	config := server.Config{
		Converter: conversion.Converter{Engine: engine, Limits: docx.DefaultLimits}, Store: store, OutputBucket: "out",
		Queue: 8, MaxDocument: 100 << 20,
		Project: "test-project", Log: slog.New(slog.NewJSONHandler(f.log, nil)),
	}
	if c.server != nil {
		c.server(&config)
	}
	listening := httptest.NewServer(server.New(config))
	t.Cleanup(listening.Close)
	f.url = listening.URL
	return f
}

// reply is an answer with its body read.
type reply struct {
	*http.Response
	body []byte
}

// do sends a request; headers are names and values in turn.
func (f *fixture) do(method, path, contentType string, body io.Reader, headers ...string) reply {
	f.t.Helper()
	request, err := http.NewRequestWithContext(f.t.Context(), method, f.url+path, body)
	if err != nil {
		f.t.Fatal(err)
	}
	request.Header.Set("Content-Type", contentType)
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		f.t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	return reply{response, content}
}

func (f *fixture) post(path, body string) reply {
	f.t.Helper()
	return f.do(http.MethodPost, path, "application/octet-stream", strings.NewReader(body))
}

// message posts the seed's form for an object in the bucket "in".
func (f *fixture) message(object string, attributes ...string) reply {
	f.t.Helper()
	return f.do(http.MethodPost, "/", "application/json", strings.NewReader(messageFor("in", object, "", attributes...)))
}

// messageFor is a message; attributes are names and values in turn. A subscription makes it a delivery of Pub/Sub.
func messageFor(bucket, object, subscription string, attributes ...string) string {
	all := map[string]string{"bucketId": bucket, "objectId": object}
	for i := 0; i+1 < len(attributes); i += 2 {
		all[attributes[i]] = attributes[i+1]
	}
	message := map[string]any{"message": map[string]any{"attributes": all, "messageId": "4711"}}
	if subscription != "" {
		message["subscription"] = subscription
	}
	encoded, err := json.Marshal(message)
	if err != nil {
		panic(err)
	}
	return string(encoded)
}

// json reads an answer.
func (r reply) json(t *testing.T) map[string]any {
	t.Helper()
	var value map[string]any
	if err := json.Unmarshal(r.body, &value); err != nil {
		t.Fatalf("%d %.200q is not JSON: %v", r.StatusCode, r.body, err)
	}
	return value
}

// wants checks an answer's status and error code, "" for success.
func (r reply) wants(t *testing.T, status int, code string) {
	t.Helper()
	if r.StatusCode != status {
		t.Errorf("status %d, want %d: %.300s", r.StatusCode, status, r.body)
	}
	if code == "" {
		return
	}
	answer := r.json(t)
	if answer["code"] != code || answer["error"] == "" {
		t.Errorf("answer %s, want code %q and an error", r.body, code)
	}
}

func (r reply) isPDF(t *testing.T) {
	t.Helper()
	if r.StatusCode != http.StatusOK || r.Header.Get("Content-Type") != "application/pdf" ||
		!bytes.HasPrefix(r.body, []byte("%PDF-")) {
		t.Errorf("%d %s %.200q, want a PDF", r.StatusCode, r.Header.Get("Content-Type"), r.body)
	}
}

func demo(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile("../../demo.docx")
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

var small = string(docxtest.Document(docxtest.Paragraph("small")))

func TestMessageConvertsFromBucketToBucket(t *testing.T) {
	f := newFixture(t)
	generation := f.storage.Put("in", "dir/a demo.docx", []byte(demo(t)))
	r := f.message("dir/a demo.docx")
	r.wants(t, http.StatusOK, "")
	if !bytes.HasPrefix(r.body, []byte(`{"error":""`)) {
		t.Errorf("answer %s, want it to start with the seed's", r.body)
	}
	answer := r.json(t)
	if answer["bucket"] != "out" || answer["object"] != "dir/a demo.pdf" || answer["pages"].(float64) < 1 {
		t.Errorf("answer %s", r.body)
	}
	pdf := f.storage.Object("out", "dir/a demo.pdf")
	if pdf == nil || pdf.ContentType != "application/pdf" || !bytes.HasPrefix(pdf.Content, []byte("%PDF-")) {
		t.Fatalf("no PDF in the output bucket: %+v", pdf)
	}
	if pdf.Metadata["source-generation"] != fmt.Sprint(generation) || pdf.Metadata["pages"] == "" ||
		pdf.Metadata["fonts-substituted"] == "" {
		t.Errorf("metadata %v, want source, pages and fonts", pdf.Metadata)
	}
	if answer["generation"] != fmt.Sprint(pdf.Generation) {
		t.Errorf("generation %v, want %d", answer["generation"], pdf.Generation)
	}
}

func TestDocumentInTheRequest(t *testing.T) {
	f := newFixture(t)
	r := f.post("/", small)
	r.isPDF(t)
	if r.Header.Get("X-Pages") != "1" || !strings.Contains(r.Header.Get("X-Fonts-Substituted"), "=") {
		t.Errorf("headers %v, want pages and fonts", r.Header)
	}
	for _, phase := range []string{"queue;dur=", "convert;dur=", "check;dur="} {
		if !strings.Contains(r.Header.Get("Server-Timing"), phase) {
			t.Errorf("Server-Timing %q, want %q", r.Header.Get("Server-Timing"), phase)
		}
	}
	// curl --data-binary says this of anything.
	f.do(http.MethodPost, "/?pdfa=2b", "application/x-www-form-urlencoded", strings.NewReader(small)).isPDF(t)
}

func TestDocumentInAForm(t *testing.T) {
	f := newFixture(t)
	// An option counts wherever it stands, as the fields of a form have no order.
	for name, parts := range map[string][]formPart{
		"before": {{"password", "", "secret"}, {"file", "Bericht für März.docx", small}},
		"behind": {{"file", "Bericht für März.docx", small}, {"password", "", "secret"}},
	} {
		contentType, body := formOf(t, parts...)
		r := f.do(http.MethodPost, "/", contentType, body)
		r.isPDF(t)
		if !strings.Contains(r.Header.Get("Content-Disposition"), ".pdf") {
			t.Errorf("disposition %q, want the PDF's name", r.Header.Get("Content-Disposition"))
		}
		if !bytes.Contains(r.body, []byte("/Encrypt")) {
			t.Errorf("the option %s the file was not heard", name)
		}
	}
}

// formPart is a field of a form, or with a file's name a file.
type formPart struct{ field, file, content string }

func formOf(t *testing.T, parts ...formPart) (contentType string, body io.Reader) {
	t.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	for _, part := range parts {
		if part.file == "" {
			w.WriteField(part.field, part.content)
			continue
		}
		to, err := w.CreateFormFile(part.field, part.file)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(to, part.content)
	}
	w.Close()
	return w.FormDataContentType(), &form
}

// Nothing that a caller asks for is passed over in silence.
func TestWhatWouldBePassedOver(t *testing.T) {
	f, _ := bare(t)
	f.storage.Put("in", "a.docx", []byte(small))
	form := func(parts ...formPart) reply {
		contentType, body := formOf(t, parts...)
		return f.do(http.MethodPost, "/", contentType, body)
	}
	file := formPart{"file", "a.docx", small}
	form(file, formPart{"file", "b.docx", small}).wants(t, http.StatusBadRequest, "bad_request")
	form(file, formPart{"passwort", "", "secret"}).wants(t, http.StatusBadRequest, "bad_option")
	form(file, formPart{"pages", "", "1"}, formPart{"pages", "", "2"}).wants(t, http.StatusBadRequest, "bad_option")
	f.post("/?pages=1&pages=2", small).wants(t, http.StatusBadRequest, "bad_option")
	f.post("/?pages=1&pages=1", small).isPDF(t)

	inJSON := func(body string) reply {
		return f.do(http.MethodPost, "/", "application/json", strings.NewReader(body))
	}
	content := base64.StdEncoding.EncodeToString([]byte(small))
	inJSON(`{"docx_content":"`+content+`","password":"secret"}`).wants(t, http.StatusBadRequest, "bad_request")
	inJSON(`{"password":"secret",`+messageFor("in", "a.docx", "")[1:]).wants(t, http.StatusBadRequest, "bad_request")
	inJSON(`{"message":{"password":"secret","attributes":{"bucketId":"in","objectId":"a.docx"}}}`).
		wants(t, http.StatusBadRequest, "bad_request")
	f.message("a.docx", "Password", "secret").wants(t, http.StatusBadRequest, "bad_option")
	if f.storage.Object("out", "a.pdf") != nil {
		t.Error("there is a PDF without the password")
	}

	// Somebody sends a delivery again, and Pub/Sub delivers what is new.
	f.message("a.docx", "eventType", "OBJECT_FINALIZE", "notificationConfig", "n", "eventTime", "t").
		wants(t, http.StatusOK, "")
	inJSON(`{"deliveryAttempt":2,"message":{"data":"e30=","publishTime":"t","message_id":"1","messageId":"1",`+
		`"orderingKey":"k","attributes":{"bucketId":"in","objectId":"a.docx"}}}`).wants(t, http.StatusOK, "")
	inJSON(`{"new":{},"message":{"new":1,"attributes":{"bucketId":"in","objectId":"a.docx","new":"1"}},`+
		`"subscription":"s"}`).wants(t, http.StatusOK, "")
}

func TestDocumentInJSON(t *testing.T) {
	f := newFixture(t)
	r := f.do(http.MethodPost, "/", "application/json",
		strings.NewReader(`{"docx_content":"`+base64.StdEncoding.EncodeToString([]byte(small))+`"}`))
	r.wants(t, http.StatusOK, "")
	answer := r.json(t)
	pdf, err := base64.StdEncoding.DecodeString(answer["pdf_content"].(string))
	if err != nil || !bytes.HasPrefix(pdf, []byte("%PDF-")) || answer["error"] != "" || answer["pages"] != 1.0 {
		t.Errorf("answer %.200s: %v", r.body, err)
	}
}

func TestExplanationAndHealth(t *testing.T) {
	f := newFixture(t)
	if r := f.do(http.MethodGet, "/", "", nil); r.StatusCode != http.StatusOK ||
		!strings.Contains(string(r.body), "bucketId") {
		t.Errorf("GET / answers %d %.100s", r.StatusCode, r.body)
	}
	health := f.do(http.MethodGet, "/health", "", nil)
	health.wants(t, http.StatusOK, "")
	answer := health.json(t)
	if answer["ready"] != true || !strings.HasPrefix(answer["libreoffice"].(string), "2") ||
		fmt.Sprint(answer["sandbox"]) != "[network exec processes files]" {
		t.Errorf("health %s, want a ready LibreOffice in a closed sandbox", health.body)
	}
}

func TestLogLineOfARequest(t *testing.T) {
	f := newFixture(t)
	f.storage.Put("in", "a.docx", []byte(small))
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.url+"/?password=hunter2",
		strings.NewReader(messageFor("in", "a.docx", "")))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Cloud-Trace-Context", "0123456789abcdef0123456789abcdef/255;o=1")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	line := f.log.last(t)
	for name, want := range map[string]any{
		"bucket": "in", "object": "a.docx", "outcome": "converted", "pages": 1.0, "messageId": "4711", "generation": 1.0,
		"logging.googleapis.com/trace":  "projects/test-project/traces/0123456789abcdef0123456789abcdef",
		"logging.googleapis.com/spanId": "00000000000000ff",
	} {
		if line[name] != want {
			t.Errorf("%s is %v, want %v", name, line[name], want)
		}
	}
	for _, name := range []string{"bytesIn", "bytesOut", "milliseconds", "httpRequest"} {
		if line[name] == nil {
			t.Errorf("the line has no %s: %v", name, line)
		}
	}
	if strings.Contains(f.log.text(), "hunter2") {
		t.Error("the password is in the log")
	}
}
