// Package server is the converter's HTTP interface.
package server

import (
	"net/http"

	"docx2pdf/service/office"
	"docx2pdf/service/storage"
)

// Config is what the server works with.
type Config struct {
	Engine       *office.Engine
	Store        *storage.Store // nil: documents come and go in requests only
	OutputBucket string
}

// Server answers requests. It is an http.Handler.
type Server struct {
	Config
	http.Handler
}

// New makes a server.
func New(config Config) *Server {
	s := &Server{Config: config}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{$}", s.answering(s.convert))
	mux.HandleFunc("GET /{$}", explain)
	mux.HandleFunc("GET /health", s.health)
	mux.HandleFunc("/", s.answering(unknown))
	s.Handler = mux
	return s
}

// answering turns a handler's error into its answer.
func (s *Server) answering(handle func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := handle(w, r); err != nil {
			problemOf(err).write(w)
		}
	}
}

func unknown(w http.ResponseWriter, r *http.Request) error {
	if r.URL.Path == "/" || r.URL.Path == "/health" {
		return &problem{http.StatusMethodNotAllowed, "method_not_allowed", "use POST / to convert, GET / for how, GET /health for health"}
	}
	return &problem{http.StatusNotFound, "not_found", "there is nothing at " + r.URL.Path + "; GET / explains the interface"}
}

func (s *Server) health(w http.ResponseWriter, r *http.Request) {
	engine := s.Engine.Status()
	status := http.StatusOK
	if !engine.Ready {
		status = http.StatusServiceUnavailable
	}
	writeJSON(w, status, map[string]any{"ready": engine.Ready, "libreoffice": engine.LibreOffice, "sandbox": engine.Sandbox, "restarts": engine.Restarts, "error": engine.Error})
}

func explain(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Write([]byte(explanation))
}

const explanation = `This service converts Word documents to PDF.

A document in Cloud Storage; dir/name.pdf goes to the output bucket:

    POST /   {"message": {"attributes": {"bucketId": "BUCKET", "objectId": "dir/name.docx"}}}
    200      {"error": "", "pages": 3, "bucket": "OUTPUT", "object": "dir/name.pdf", "generation": "1"}

A document in the request; the answer is the PDF:

    curl --data-binary @name.docx -o name.pdf URL
    curl -F file=@name.docx -o name.pdf URL

Errors are {"error": "what is wrong", "code": "what_is_wrong"} with a 4xx or 5xx status.
GET /health tells whether LibreOffice is ready.
`
