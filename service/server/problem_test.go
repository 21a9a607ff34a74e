package server_test

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"docx2pdf/service/docx"
	"docx2pdf/service/docx/docxtest"
	"docx2pdf/service/office"
	"docx2pdf/service/office/officetest"
	"docx2pdf/service/server"
	"docx2pdf/service/storage/storagetest"
)

// slow keeps LibreOffice busy for longer than any test.
var slow = string(docxtest.Document(docxtest.Paragraph(strings.Repeat("word ", 2_000_000))))

func TestWhatIsWrongWithARequest(t *testing.T) {
	f := newFixture(t, change{server: func(c *server.Config) {
		c.MaxDocument = 1 << 20
		c.Converter.Limits = docx.Limits{Entries: 100, Entry: 1 << 20, Total: 2 << 20}
	}})
	f.storage.Put("in", "large.docx", bytes.Repeat([]byte("x"), 2<<20))
	f.storage.Put("in", "small.docx", []byte(small))
	bomb := string(docxtest.Document("", docxtest.Part{Name: "word/media/a.bin", Content: strings.Repeat("0", 3<<20)}))
	encrypted := "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 504) +
		"E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00\x00\x00"
	corrupt := string(docxtest.Document("<w:p><w:r></w:p>"))
	for _, test := range []struct {
		name, path, contentType, body string
		status                        int
		code                          string
	}{
		{"no body", "/", "", "", 400, "bad_request"},
		{"broken JSON", "/", "application/json", `{"message":`, 400, "bad_request"},
		{"JSON of another form", "/", "application/json", `{"a":1}`, 400, "bad_request"},
		{"JSON of another type", "/", "application/json", `[1]`, 400, "bad_request"},
		{"no attributes", "/", "application/json", `{"message":{}}`, 400, "bad_request"},
		{"no object", "/", "application/json", `{"message":{"attributes":{"bucketId":"in"}}}`, 400, "bad_request"},
		{"a generation that is none", "/", "", messageFor("in", "small.docx", "", "objectGeneration", "new"), 400,
			"bad_request"},
		{"base64 that is none", "/", "application/json", `{"docx_content":"%%%"}`, 400, "bad_request"},
		{"a form without a file", "/", "multipart/form-data; boundary=b",
			"--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--b--\r\n", 400, "bad_request"},
		{"a form without a boundary", "/", "multipart/form-data", "x", 400, "bad_request"},
		{"a broken form", "/", "multipart/form-data; boundary=b",
			"--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x\"\r\n\r\nPK", 400, "bad_request"},
		{"a broken query", "/?a=%zz", "", small, 400, "bad_request"},
		{"an option that is none", "/?pdfx=1", "", small, 400, "bad_option"},
		{"a wrong value", "/?pdfa=4", "", small, 400, "bad_option"},
		{"a wrong value in a message", "/", "", messageFor("in", "small.docx", "", "pages", "0"), 400, "bad_option"},
		{"pages that are not there", "/?pages=99", "", small, 400, "bad_option"},
		{"a password that nobody can type", "/?password=%00", "", small, 400, "bad_option"},
		{"a password that is no text", "/?password=%ff%fe", "", small, 400, "bad_option"},
		{"no such object", "/", "", messageFor("in", "none.docx", ""), 404, "object_not_found"},
		{"no such generation", "/", "", messageFor("in", "small.docx", "", "objectGeneration", "99"), 404,
			"object_not_found"},
		{"no such bucket", "/", "", messageFor(storagetest.MissingBucket, "none.docx", ""), 404, "bucket_not_found"},
		{"a large object", "/", "", messageFor("in", "large.docx", ""), 413, "too_large"},
		{"a large request", "/", "", strings.Repeat("x", 33<<20), 413, "too_large"},
		{"an empty document", "/", "multipart/form-data; boundary=b",
			"--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x\"\r\n\r\n\r\n--b--\r\n", 415, "not_word_document"},
		{"a PDF", "/", "", "%PDF-1.7", 415, "not_word_document"},
		{"an RTF", "/", "application/msword", `{\rtf1}`, 415, "not_word_document"},
		{"an encrypted document", "/", "", encrypted, 422, "document_encrypted"},
		{"a bomb", "/", "", bomb, 422, "document_bomb"},
		{"a damaged document", "/", "", corrupt, 422, "document_corrupt"},
		{"a document without content", "/", "", string(docxtest.Document("", docxtest.Part{Name: "word/document.xml"})), 422,
			"document_corrupt"},
		{"a document of another kind", "/", "", string(docxtest.Document("", docxtest.Part{Name: "word/document.xml",
			Content: "<w:hdr/>"})), 422, "document_corrupt"},
		{"a truncated document", "/", "", small[:len(small)/2], 422, "document_corrupt"},
		{"another path", "/convert", "", small, 404, "not_found"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f.do(http.MethodPost, test.path, test.contentType, strings.NewReader(test.body)).wants(t, test.status, test.code)
		})
	}
	if r := f.post("/", corrupt); !strings.Contains(string(r.body), "word/document.xml is not well-formed: line 1") {
		t.Errorf("what is wrong with a damaged document is not said: %s", r.body)
	}
	f.do(http.MethodDelete, "/", "", nil).wants(t, http.StatusMethodNotAllowed, "method_not_allowed")
	f.do(http.MethodPost, "/health", "", nil).wants(t, http.StatusMethodNotAllowed, "method_not_allowed")
}

// Answers tell nobody where on the converter's disk a document was.
func TestAnswersKeepTheConvertersFilesToThemselves(t *testing.T) {
	f := newFixture(t)
	for _, path := range []string{"/", "/?pages=99"} {
		for _, document := range []string{small, string(docxtest.Document("<w:p><w:r></w:p>"))} {
			if r := f.post(path, document); bytes.Contains(r.body, []byte("file:")) ||
				bytes.Contains(r.body, []byte(os.TempDir())) {
				t.Errorf("%s: %s", path, r.body)
			}
		}
	}
}

func TestADocumentThatNeedsTooMuch(t *testing.T) {
	f := newFixture(t, change{engine: office.Config{CPU: time.Second}})
	f.post("/", slow).wants(t, http.StatusUnprocessableEntity, "document_too_complex")
}

// inBackground posts a document and returns where the answer will be.
func (f *fixture) inBackground(body string) <-chan reply {
	answers := make(chan reply, 1)
	go func() { answers <- f.post("/", body) }()
	return answers
}

func TestADocumentThatCrashesLibreOffice(t *testing.T) {
	f := newFixture(t)
	answer := f.inBackground(slow)
	syscall.Kill(officetest.Child(t), syscall.SIGSEGV)
	(<-answer).wants(t, http.StatusUnprocessableEntity, "document_crashes")
}

func TestADocumentThatDoesNotEndInTime(t *testing.T) {
	f := newFixture(t, change{engine: office.Config{Timeout: time.Second}})
	answer := f.inBackground(slow)
	syscall.Kill(officetest.Child(t), syscall.SIGSTOP)
	(<-answer).wants(t, http.StatusGatewayTimeout, "deadline_exceeded")
}

func TestARestartOfTheEngine(t *testing.T) {
	f := newFixture(t)
	answer := f.inBackground(slow)
	officetest.Child(t)
	syscall.Kill(officetest.ForkServer(t), syscall.SIGKILL)
	r := <-answer
	r.wants(t, http.StatusServiceUnavailable, "engine_restarting")
	if r.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	f.post("/", small).isPDF(t)
}

func TestMoreRequestsThanPlaces(t *testing.T) {
	f := newFixture(t, change{engine: office.Config{Concurrency: 1, Timeout: 2 * time.Second},
		server: func(c *server.Config) { c.Queue = 0 }})
	answer := f.inBackground(slow)
	syscall.Kill(officetest.Child(t), syscall.SIGSTOP)
	r := f.post("/", small)
	r.wants(t, http.StatusTooManyRequests, "busy")
	if r.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	f.do(http.MethodGet, "/health", "", nil).wants(t, http.StatusOK, "")
	<-answer
	f.post("/", small).isPDF(t)
}

func TestARequestThatDoesNotArrive(t *testing.T) {
	f := newFixture(t, change{server: func(c *server.Config) { c.BodyTimeout = 200 * time.Millisecond }})
	body, never := io.Pipe()
	defer never.Close()
	go never.Write([]byte("PK\x03\x04"))
	f.do(http.MethodPost, "/", "", body).wants(t, http.StatusRequestTimeout, "request_timeout")
}

func TestADeadlineForTheBodyIsNoneForTheConversion(t *testing.T) {
	f := newFixture(t, change{server: func(c *server.Config) { c.BodyTimeout = 300 * time.Millisecond }})
	started := time.Now()
	r := f.post("/", string(docxtest.Document(docxtest.Text(2500))))
	r.isPDF(t)
	if took := time.Since(started); took < 300*time.Millisecond {
		t.Errorf("converting took %v: not long enough to show anything", took)
	}
}

func TestStorageThatRefuses(t *testing.T) {
	f := newFixture(t)
	f.storage.Put("in", "a.docx", []byte(small))
	for _, test := range []struct {
		name   string
		method string
		answer int
		status int
		code   string
		says   string
	}{
		{"reading is forbidden", http.MethodGet, 403, 403, "permission_denied", "roles/storage.objectViewer"},
		{"writing is forbidden", http.MethodPost, 403, 403, "permission_denied", "roles/storage.objectUser"},
		{"reading fails", http.MethodGet, 500, 503, "storage_unavailable", "storage"},
		{"writing fails", http.MethodPost, 503, 503, "storage_unavailable", "storage"},
		{"another writes all the time", http.MethodPost, 412, 503, "storage_unavailable", "changed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f.storage.Fail(func(r *http.Request) int {
				if r.Method == test.method {
					return test.answer
				}
				return 0
			})
			defer f.storage.Fail(nil)
			r := f.message("a.docx")
			r.wants(t, test.status, test.code)
			if !strings.Contains(string(r.body), test.says) {
				t.Errorf("%s does not say %q", r.body, test.says)
			}
		})
	}
}

func TestStorageThatIsBusyIsAskedAgain(t *testing.T) {
	f := newFixture(t)
	f.storage.Put("in", "a.docx", []byte(small))
	// reading and writing; the library asks for metadata again by itself
	busy := map[string]int{"GET media": 1, "POST ": 1}
	f.storage.Fail(func(r *http.Request) int {
		call := r.Method + " " + r.FormValue("alt")
		if r.Method == http.MethodPost {
			call = "POST "
		}
		if busy[call] == 0 {
			return 0
		}
		busy[call]--
		return http.StatusServiceUnavailable
	})
	f.message("a.docx").wants(t, http.StatusOK, "")
	for call, left := range busy {
		if left > 0 {
			t.Errorf("%q was not asked", call)
		}
	}
}

func TestStorageThatStalls(t *testing.T) {
	f := newFixture(t)
	f.storage.Put("in", "a.docx", []byte(small))
	stalled := make(chan struct{})
	f.storage.Fail(func(r *http.Request) int { <-stalled; return 0 })
	defer close(stalled)
	f.message("a.docx").wants(t, http.StatusServiceUnavailable, "storage_unavailable")
}

func TestACallerThatGoesAway(t *testing.T) {
	f := newFixture(t, change{engine: office.Config{Concurrency: 1}, server: func(c *server.Config) { c.Queue = 0 }})
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.url, strings.NewReader(slow))
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Timeout: time.Second}
	go client.Do(request)
	victim := officetest.Child(t)
	officetest.Until(t, "the conversion has ended with its caller",
		func() bool { return syscall.Kill(victim, 0) == syscall.ESRCH })
	officetest.Until(t, "its place is free again", func() bool { return f.post("/", small).StatusCode == http.StatusOK })
	officetest.Until(t, "the log tells of it", func() bool {
		return strings.Contains(f.log.text(),
			"client_closed_request")
	})
}
