package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// google stands in for what the client talks to: the token endpoint, storage,
// and the converter behind Cloud Run's front end.
type google struct {
	*httptest.Server
	answers  []http.HandlerFunc // of the converter, one per request; the last one stays
	asked    int
	objects  map[string]string // bucket/object to content
	messages []string
	busy     int // times that a download is answered with 503
}

func newGoogle(t *testing.T, answers ...http.HandlerFunc) *google {
	t.Helper()
	g := &google{answers: answers, objects: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		parts := strings.Split(r.FormValue("assertion"), ".")
		if len(parts) != 3 {
			http.Error(w, `{"error":"invalid_request"}`, http.StatusBadRequest)
			return
		}
		claims, _ := base64.RawURLEncoding.DecodeString(parts[1])
		var assertion struct {
			Audience string `json:"target_audience"`
		}
		_ = json.Unmarshal(claims, &assertion)
		if assertion.Audience != "" {
			body := base64.RawURLEncoding.EncodeToString([]byte(`{"aud":"` + assertion.Audience + `","exp":4102444800}`))
			fmt.Fprintf(w, `{"id_token":"e30.%s.c2ln"}`, body)
			return
		}
		fmt.Fprint(w, `{"access_token":"access","expires_in":3599,"token_type":"Bearer"}`)
	})
	mux.HandleFunc("POST /upload/storage/v1/b/{bucket}/o", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		g.objects[r.PathValue("bucket")+"/uploaded"] = string(body)
		fmt.Fprint(w, `{}`)
	})
	mux.HandleFunc("GET /storage/v1/b/{bucket}/o/{object}", func(w http.ResponseWriter, r *http.Request) {
		if g.busy > 0 {
			g.busy--
			http.Error(w, `{"error":{"code":503,"message":"busy"}}`, http.StatusServiceUnavailable)
			return
		}
		content, found := g.objects[r.PathValue("bucket")+"/"+r.PathValue("object")]
		if !found {
			http.Error(w, `{"error":{"code":404,"message":"No such object"}}`, http.StatusNotFound)
			return
		}
		fmt.Fprint(w, content)
	})
	mux.HandleFunc("POST /{$}", func(w http.ResponseWriter, r *http.Request) {
		claims := strings.Split(r.Header.Get("Authorization"), ".")
		audience, _ := base64.RawURLEncoding.DecodeString(claims[min(1, len(claims)-1)])
		if !strings.Contains(string(audience), `"aud":"`+g.URL+`"`) {
			http.Error(w, "wrong audience", http.StatusUnauthorized)
			return
		}
		body, _ := io.ReadAll(r.Body)
		g.messages = append(g.messages, string(body))
		answer := g.answers[min(g.asked, len(g.answers)-1)]
		g.asked++
		answer(w, r)
	})
	g.Server = httptest.NewServer(mux)
	t.Cleanup(g.Close)
	t.Setenv("GOOGLE_STORAGE_CUSTOM_ENDPOINT", g.URL+"/storage/v1/")
	return g
}

// keyFile is a service account's key file as Google makes it, for this google.
func (g *google) keyFile(t *testing.T) string {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	key, err := json.Marshal(map[string]string{
		"type": "service_account", "client_email": "cr-test@p.iam.gserviceaccount.com", "private_key_id": "1",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
		"token_uri":   g.URL + "/token", "universe_domain": "googleapis.com",
	})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "key.json")
	if err := os.WriteFile(file, key, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// client runs the client with everything named by flags, so without Pulumi.
func (g *google) client(t *testing.T, args ...string) (string, error) {
	t.Helper()
	firstRetry = time.Millisecond
	flags := []string{"-url", g.URL, "-key", g.keyFile(t), "-input", "in", "-output", "out"}
	var stdout, stderr bytes.Buffer
	err := run(context.Background(), append(flags, args...), &stdout, &stderr)
	return stdout.String() + stderr.String(), err
}

func answer(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

func TestDocumentBecomesPDF(t *testing.T) {
	g := newGoogle(t, answer(200, `{"error":"","pages":3}`))
	g.objects["out/letter.pdf"] = "%PDF-1.7"
	g.busy = 2
	dir := t.TempDir()
	document, pdf := filepath.Join(dir, "letter.docx"), filepath.Join(dir, "letter.pdf")
	if err := os.WriteFile(document, []byte("PK document"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := g.client(t, "-o", pdf, document)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(g.objects["in/uploaded"], "PK document") || !strings.Contains(g.objects["in/uploaded"], `"name":"letter.docx"`) {
		t.Errorf("uploaded %q", g.objects["in/uploaded"])
	}
	if want := `{"message":{"attributes":{"bucketId":"in","objectId":"letter.docx"}}}`; len(g.messages) != 1 || g.messages[0] != want {
		t.Errorf("posted %q, want %s", g.messages, want)
	}
	if content, _ := os.ReadFile(pdf); string(content) != "%PDF-1.7" {
		t.Errorf("the PDF has %q", content)
	}
	if !strings.Contains(out, "3 pages") {
		t.Errorf("printed %q", out)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".pdf-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestObjectPrintsTheAnswer(t *testing.T) {
	g := newGoogle(t, answer(200, `{"error":"","pages":1}`+"\n"))
	out, err := g.client(t, "-object", "dir/name.docx")
	if err != nil || out != `{"error":"","pages":1}`+"\n" {
		t.Errorf("printed %q, %v", out, err)
	}
}

func TestTokenIsForTheService(t *testing.T) {
	g := newGoogle(t, answer(200, ""))
	out, err := g.client(t, "-token")
	if err != nil {
		t.Fatal(err)
	}
	claims, err := base64.RawURLEncoding.DecodeString(strings.Split(out+"..", ".")[1])
	if err != nil || !strings.Contains(string(claims), g.URL) {
		t.Errorf("the token's claims are %s", claims)
	}
}

func TestBusyServiceIsAskedAgain(t *testing.T) {
	g := newGoogle(t,
		answer(429, `{"error":"busy"}`, "Retry-After", "0"),
		answer(503, `{"error":"restarting"}`, "Retry-After", "0"),
		answer(403, "<html>"),
		answer(200, `{"error":""}`))
	if _, err := g.client(t, "-object", "name.docx"); err != nil || g.asked != 4 {
		t.Errorf("asked %d times, %v", g.asked, err)
	}
	for _, message := range g.messages {
		if message != g.messages[0] {
			t.Errorf("asked again with %s", message)
		}
	}
}

func TestRefusalsSayWhatToDo(t *testing.T) {
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   string
		asked  int
	}{
		"the service's own words": {answer(422, `{"error":"the document is encrypted","code":"document_encrypted"}`), "converting name.docx: the document is encrypted", 1},
		"the service's own 403":   {answer(403, `{"error":"grant roles/storage.objectUser"}`, "Content-Type", "application/json"), "grant roles/storage.objectUser", 1},
		"401 of the front end":    {answer(401, "<html>"), "its audience must be the service's URL", 1},
		"403 of the front end":    {answer(403, "<html>"), "grant it roles/run.invoker", 6},
		"404 of the front end":    {answer(404, "<html>"), "pulumi stack output url", 1},
		"something else":          {answer(500, "oops"), "500 Internal Server Error: oops", 1},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGoogle(t, test.answer)
			_, err := g.client(t, "-object", "name.docx")
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
			if g.asked != test.asked {
				t.Errorf("asked %d times, want %d", g.asked, test.asked)
			}
		})
	}
}

func TestStorageThatStaysBusyIsAnError(t *testing.T) {
	g := newGoogle(t, answer(200, `{"error":""}`))
	g.busy = 1000
	document := filepath.Join(t.TempDir(), "letter.docx")
	if err := os.WriteFile(document, []byte("PK"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := g.client(t, "-o", filepath.Join(t.TempDir(), "letter.pdf"), document)
	if err == nil || !strings.Contains(err.Error(), "downloading gs://out/letter.pdf") || g.busy != 1000-6 {
		t.Errorf("after %d downloads: %v", 1000-g.busy, err)
	}
}

func TestMissingPDFLeavesNoFile(t *testing.T) {
	g := newGoogle(t, answer(200, `{"error":""}`))
	dir := t.TempDir()
	document := filepath.Join(dir, "letter.docx")
	if err := os.WriteFile(document, []byte("PK"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := g.client(t, "-o", filepath.Join(dir, "letter.pdf"), document)
	if err == nil || !strings.Contains(err.Error(), "downloading gs://out/letter.pdf") {
		t.Errorf("%v", err)
	}
	if files, _ := os.ReadDir(dir); len(files) != 1 {
		t.Errorf("left behind: %v", files)
	}
}

func TestWrongUse(t *testing.T) {
	for _, args := range [][]string{{}, {"a.docx", "b.docx"}, {"-object", "x.docx", "a.docx"}, {"-token", "-object", "x.docx"}, {"-unknown"}} {
		g := newGoogle(t, answer(200, "{}"))
		if out, err := g.client(t, args...); err == nil || !strings.Contains(out, "usage: client") {
			t.Errorf("client %v: %v\n%s", args, err, out)
		}
		if g.asked != 0 {
			t.Errorf("client %v called the service", args)
		}
	}
}
