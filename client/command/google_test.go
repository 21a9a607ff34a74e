package command_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
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
