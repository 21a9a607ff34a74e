package command_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"docx2pdf/client/command"
)

// google stands in for what the client talks to: the token endpoint, storage, and the converter behind Cloud Run's
// front end. The converter's PDF is "%PDF of " and the document.
type google struct {
	*httptest.Server
	t *testing.T

	mu       sync.Mutex
	answers  []http.HandlerFunc // to the first requests to the converter, instead of a conversion
	asked    int                // requests to the converter
	messages []map[string]string
	forms    []map[string]string
	objects  map[string]object
	made     int64           // generations given out
	busy     map[string]bool // calls to storage that were answered with 503, the first of each; nil answers all as usual
	token    http.HandlerFunc
	after    func(g *google)  // runs after a conversion of a bucket's document, before its answer
	refuse   http.HandlerFunc // answers all requests to the converter

	forbidden string // a bucket that nobody may list

	beforeForm func(n int) // runs before the n-th document of a request is converted
}

type object struct {
	content    string
	generation int64
	metadata   map[string]string
}

func newGoogle(t *testing.T, answers ...http.HandlerFunc) *google {
	t.Helper()
	g := &google{t: t, answers: answers, objects: map[string]object{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", g.signIn)
	mux.HandleFunc("POST /upload/storage/v1/b/{bucket}/o", g.insert)
	mux.HandleFunc("GET /storage/v1/b/{bucket}/o/{object}", g.get)
	mux.HandleFunc("GET /storage/v1/b/{bucket}/o", g.list)
	mux.HandleFunc("DELETE /storage/v1/b/{bucket}/o/{object}", g.remove)
	mux.HandleFunc("POST /storage/v1/b/{bucket}/o/{object}/rewriteTo/b/{to}/o/{as}", g.rewrite)
	mux.HandleFunc("POST /{$}", g.convert)
	g.Server = httptest.NewServer(g.busyAtFirst(mux))
	t.Cleanup(g.Close)
	t.Setenv("GOOGLE_STORAGE_CUSTOM_ENDPOINT", g.URL+"/storage/v1/")
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", "")
	t.Setenv("DOCX2PDF_CONFIG", "")
	t.Setenv("HOME", t.TempDir())
	command.FirstRetry = time.Millisecond
	return g
}

// busyAtFirst answers the first of each call to storage with 503, where the test asks for it.
func (g *google) busyAtFirst(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		call := r.Method + " " + r.URL.String()
		g.mu.Lock()
		busy := g.busy != nil && strings.Contains(call, "/storage/v1/") && !g.busy[call]
		if busy {
			g.busy[call] = true
		}
		g.mu.Unlock()
		if busy {
			refuse(w, 503, "busy")
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (g *google) signIn(w http.ResponseWriter, r *http.Request) {
	if g.token != nil {
		g.token(w, r)
		return
	}
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
}

func (g *google) put(name, content string, metadata map[string]string) object {
	g.made++
	g.objects[name] = object{content, g.made, metadata}
	return g.objects[name]
}

func (o object) write(w http.ResponseWriter, name string) {
	bucket, object, _ := strings.Cut(name, "/")
	sum := md5.Sum([]byte(o.content))
	json.NewEncoder(w).Encode(map[string]any{
		"bucket": bucket, "name": object,
		"generation": strconv.FormatInt(o.generation, 10), "size": strconv.Itoa(len(o.content)),
		"md5Hash": base64.StdEncoding.EncodeToString(sum[:]), "metadata": o.metadata,
	})
}

func refuse(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"error":{"code":%d,"message":%q}}`, status, message)
}

func (g *google) insert(w http.ResponseWriter, r *http.Request) {
	_, parameters, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	parts := multipart.NewReader(r.Body, parameters["boundary"])
	first, err := parts.NextPart()
	if err != nil {
		refuse(w, 400, err.Error())
		return
	}
	var described struct {
		Name     string
		Metadata map[string]string
	}
	json.NewDecoder(first).Decode(&described)
	second, err := parts.NextPart()
	if err != nil {
		refuse(w, 400, err.Error())
		return
	}
	content, _ := io.ReadAll(second)
	g.mu.Lock()
	defer g.mu.Unlock()
	name := r.PathValue("bucket") + "/" + described.Name
	if _, there := g.objects[name]; there && r.FormValue("ifGenerationMatch") == "0" {
		refuse(w, 412, "At least one of the pre-conditions you specified did not hold.")
		return
	}
	g.put(name, string(content), described.Metadata).write(w, name)
}

// find looks an object up, and answers when it is not there.
func (g *google) find(w http.ResponseWriter, r *http.Request) (string, object, bool) {
	name := r.PathValue("bucket") + "/" + r.PathValue("object")
	found, there := g.objects[name]
	generation := r.FormValue("generation") + r.FormValue("sourceGeneration")
	if !there || generation != "" && generation != strconv.FormatInt(found.generation, 10) {
		refuse(w, 404, "No such object: "+name)
		return name, found, false
	}
	return name, found, true
}

func (g *google) get(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	name, found, there := g.find(w, r)
	switch {
	case there && r.FormValue("alt") == "media":
		io.WriteString(w, found.content)
	case there:
		found.write(w, name)
	}
}

func (g *google) list(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.forbidden != "" && r.PathValue("bucket") == g.forbidden {
		refuse(w, 403, "cr-test does not have storage.objects.list access")
		return
	}
	var items []json.RawMessage
	for _, name := range slices.Sorted(maps.Keys(g.objects)) {
		if strings.HasPrefix(name, r.PathValue("bucket")+"/"+r.FormValue("prefix")) {
			recorder := httptest.NewRecorder()
			g.objects[name].write(recorder, name)
			items = append(items, recorder.Body.Bytes())
		}
	}
	json.NewEncoder(w).Encode(map[string]any{"items": items})
}

func (g *google) remove(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if name, _, there := g.find(w, r); there {
		delete(g.objects, name)
		w.WriteHeader(http.StatusNoContent)
	}
}

func (g *google) rewrite(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, found, there := g.find(w, r)
	if !there {
		return
	}
	name := r.PathValue("to") + "/" + r.PathValue("as")
	recorder := httptest.NewRecorder()
	g.put(name, found.content, found.metadata).write(recorder, name)
	fmt.Fprintf(w, `{"done":true,"resource":%s}`, recorder.Body)
}

func (g *google) convert(w http.ResponseWriter, r *http.Request) {
	claims := strings.Split(r.Header.Get("Authorization"), ".")
	audience, _ := base64.RawURLEncoding.DecodeString(claims[min(1, len(claims)-1)])
	if !strings.Contains(string(audience), `"aud":"`+g.URL+`"`) {
		http.Error(w, "wrong audience", http.StatusUnauthorized)
		return
	}
	body, _ := io.ReadAll(r.Body)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked++
	if g.refuse != nil {
		g.refuse(w, r)
		return
	}
	if g.asked <= len(g.answers) {
		g.answers[g.asked-1](w, r)
		return
	}
	if mediaType, parameters, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); mediaType == "multipart/form-data" {
		g.convertForm(w, multipart.NewReader(bytes.NewReader(body), parameters["boundary"]))
		return
	}
	var posted struct {
		Message struct{ Attributes map[string]string }
	}
	json.Unmarshal(body, &posted)
	g.convertMessage(w, posted.Message.Attributes)
}

func (g *google) convertForm(w http.ResponseWriter, parts *multipart.Reader) {
	fields := map[string]string{}
	for {
		part, err := parts.NextPart()
		if err != nil {
			break
		}
		content, _ := io.ReadAll(part)
		fields[part.FormName()] = string(content)
	}
	g.forms = append(g.forms, fields)
	if g.beforeForm != nil {
		g.beforeForm(len(g.forms))
	}
	if strings.HasPrefix(fields["file"], "bad") {
		answer(422, `{"error":"the document is damaged","code":"document_corrupt"}`)(w, nil)
		return
	}
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("X-Pages", "3")
	w.Header().Set("X-Fonts-Substituted", "Comic%20Sans=Carlito+DejaVu%20Sans (other widths); A%3DB=A%2BB (same widths)")
	w.Header().Set("X-Fonts-Own", "Frutiger%20Neue; Meta")
	io.WriteString(w, "%PDF of "+fields["file"])
}

func (g *google) convertMessage(w http.ResponseWriter, attributes map[string]string) {
	g.messages = append(g.messages, attributes)
	source := attributes["bucketId"] + "/" + attributes["objectId"]
	found, there := g.objects[source]
	if generation := attributes["objectGeneration"]; !there || generation != "" &&
		generation != strconv.FormatInt(found.generation, 10) {
		answer(404, `{"error":"there is no such object `+source+`","code":"object_not_found"}`)(w, nil)
		return
	}
	if strings.HasPrefix(found.content, "bad") {
		answer(422, `{"error":"the document is damaged","code":"document_corrupt"}`)(w, nil)
		return
	}
	name := "out/" + strings.TrimSuffix(attributes["objectId"], ".docx") + ".pdf"
	if other, there := g.objects[name]; there && other.metadata["source-object"] != attributes["objectId"] {
		answer(409, `{"error":"another document's PDF is in the way","code":"output_taken"}`)(w, nil)
		return
	}
	pdf := g.put(name, "%PDF of "+found.content, map[string]string{
		"source-bucket": attributes["bucketId"], "source-object": attributes["objectId"],
		"source-generation": strconv.FormatInt(found.generation, 10),
	})
	if g.after != nil {
		g.after(g)
	}
	fmt.Fprintf(w, `{"error":"","pages":3,"bucket":"out","object":%q,"generation":"%d"}`, strings.TrimPrefix(name, "out/"),
		pdf.generation)
}

// requests is how many the converter has had. Those of a run that was cut off may still come in.
func (g *google) requests() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.asked
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

// privateKey is made once: it takes a while.
var privateKey = sync.OnceValue(func() []byte {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		panic(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
})

// keyFile is a service account's key file as Google makes it, for this google.
func (g *google) keyFile() string {
	g.t.Helper()
	key, err := json.Marshal(map[string]string{
		"type": "service_account", "client_email": "cr-test@p.iam.gserviceaccount.com", "private_key_id": "1",
		"private_key": string(privateKey()), "token_uri": g.URL + "/token", "universe_domain": "googleapis.com",
	})
	if err != nil {
		g.t.Fatal(err)
	}
	return write(g.t, filepath.Join(g.t.TempDir(), "key.json"), string(key))
}

func write(t *testing.T, file, content string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// ran is a run of the client that has ended.
type ran struct {
	status         int
	stdout, stderr string
}

func (r ran) all() string { return r.stdout + r.stderr }

// client runs the client with everything named by flags, so without Pulumi.
func (g *google) client(args ...string) ran {
	g.t.Helper()
	return g.clientWith(context.Background(), args...)
}

func (g *google) clientWith(ctx context.Context, args ...string) ran {
	g.t.Helper()
	return g.clientWithKey(ctx, g.keyFile(), args...)
}

func (g *google) clientWithKey(ctx context.Context, key string, args ...string) ran {
	return run(ctx, append([]string{"--url", g.URL, "--key", key, "--input", "in", "--output", "out"}, args...)...)
}

// run runs the client as it is called.
func run(ctx context.Context, args ...string) ran {
	var stdout, stderr bytes.Buffer
	status := command.Run(ctx, args, &stdout, &stderr)
	return ran{status, stdout.String(), stderr.String()}
}
