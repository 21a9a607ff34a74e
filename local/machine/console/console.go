// Package console is the page at the local cloud's address: the deployment as a picture, what was just asked for and
// why it was allowed or refused, and what there is. It follows live.
package console

import (
	"embed"
	"encoding/json"
	"io/fs"
	"mime"
	"net"
	"net/http"
	"path"

	"docx2pdf/local/machinery/traffic"
)

//go:embed files
var embedded embed.FS

// Source is where the page has what it shows.
type Source struct {
	State    func() State
	Requests *traffic.Log
	// LogFolder has Cloud Logging's files.
	LogFolder string
	// Open returns the file with the content of an object, and the object's media type.
	Open func(bucket, name string) (file, mediaType string, err error)
}

// Handler serves the page at /, the state as JSON at /console/state, all that changes as a stream of events at
// /console/events, and objects at /console/object.
func Handler(source Source) http.Handler {
	files, err := fs.Sub(embedded, "files")
	if err != nil {
		panic(err) // the folder is in the program
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { asset(w, r, files, "index.html") })
	mux.HandleFunc(
		"GET /console/files/{name}",
		func(w http.ResponseWriter, r *http.Request) { asset(w, r, files, r.PathValue("name")) },
	)
	mux.HandleFunc("GET /console/state", source.state)
	mux.HandleFunc("GET /console/events", source.follow)
	mux.HandleFunc("GET /console/object", source.object)
	return LocalOnly(mux)
}

func asset(w http.ResponseWriter, r *http.Request, files fs.FS, name string) {
	w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Security-Policy",
		"default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "+
			"frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	http.ServeFileFS(w, r, files, name)
}

// shownRequests is how many requests /console/state has; the stream has all that are remembered.
const shownRequests = 100

func (s Source) state(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(struct {
		State
		Requests []Request `json:"requests"`
	}{s.State(), Requests(s.Requests.Latest(shownRequests))})
}

// LocalOnly refuses requests under a foreign host name, with which a web page elsewhere could make a browser read this
// one (DNS rebinding).
func LocalOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			http.Error(w, "This page is for this machine only; open it as http://127.0.0.1:PORT/.", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}
