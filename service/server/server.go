// Package server is the converter's HTTP interface.
package server

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"docx2pdf/service/conversion"
	"docx2pdf/service/gotenberg"
	"docx2pdf/service/options"
	"docx2pdf/service/outcome"
	"docx2pdf/service/problem"
	"docx2pdf/service/storage"
)

// Config is what the server works with.
type Config struct {
	Converter    conversion.Converter
	Store        *storage.Store // nil: documents come and go in requests only
	OutputBucket string
	Names        outcome.Names    // of PDFs and records
	By           outcome.Identity // what a failure depends on besides its document
	Defaults     options.Layer    // options of all documents; nil for none
	Queue        int              // documents that may wait for a free place; past it requests are refused
	MaxDocument  int64            // bytes of a document from a bucket
	MaxPDF       int64            // bytes of all PDFs of one request together; 0 for any
	// for a request's body to arrive, and for the PDF to be taken: they hold a place meanwhile
	BodyTimeout time.Duration
	Timeout     time.Duration // after which the caller is cut off from outside: it hears why before; 0 for never
	Package     string        // Debian's version of LibreOffice's package, "" where there is none
	Project     string        // Google Cloud project of the traces, "" for none
	Log         *slog.Logger
	Metrics     Metrics
}

// Server answers requests. It is an http.Handler.
type Server struct {
	Config
	http.Handler
	keeper   *outcome.Keeper // nil without a store
	places   chan struct{}
	decoding chan struct{}
}

// New makes a server.
func New(config Config) *Server {
	if config.BodyTimeout == 0 {
		config.BodyTimeout = 2 * time.Minute
	}
	if config.Defaults == nil {
		config.Defaults = options.Map(nil)
	}
	if config.Log == nil {
		config.Log = slog.Default()
	}
	s := &Server{
		Config: config,
		places: make(chan struct{}, config.Converter.Concurrency()+config.Queue),
		// A document in JSON is in memory twice while it is decoded, so few are at a time.
		decoding: make(chan struct{}, 2),
	}
	if config.Store != nil {
		s.keeper = &outcome.Keeper{
			Converter: config.Converter, Store: config.Store, OutputBucket: config.OutputBucket, Names: config.Names,
			By: config.By, Defaults: config.Defaults, MaxDocument: config.MaxDocument,
		}
	}
	mux := http.NewServeMux()
	mux.Handle("POST /{$}", s.logged(s.admitted(s.convert)))
	mux.Handle("POST "+gotenberg.Path, s.logged(asGotenberg(s.admitted(s.convertGotenberg))))
	mux.HandleFunc("GET /{$}", explain)
	mux.HandleFunc("GET /health", s.health)
	mux.Handle("/", s.logged(unknown))
	s.Handler = mux
	return s
}

// handler answers a request, or returns the error that is the answer. It fills in what the log says of the request.
type handler func(http.ResponseWriter, *http.Request, *entry) error

// admitted lets as many requests in as there are places.
func (s *Server) admitted(next handler) handler {
	return func(w http.ResponseWriter, r *http.Request, e *entry) error {
		select {
		case s.places <- struct{}{}:
			defer func() { <-s.places }()
		default:
			return problem.New(http.StatusTooManyRequests, "busy",
				"all places are taken; try again after the seconds in Retry-After")
		}
		if s.Timeout > 0 {
			ctx, cancel := context.WithTimeout(r.Context(), s.Timeout*19/20)
			defer cancel()
			r = r.WithContext(ctx)
		}
		controller := http.NewResponseController(w)
		controller.SetReadDeadline(time.Now().Add(s.BodyTimeout))
		r.Body = &timedBody{r.Body, controller}
		return next(w, r, e)
	}
}

// timedBody is a request's body with a deadline. At its end the deadline goes: past it the server would take the caller
// for gone.
type timedBody struct {
	io.ReadCloser
	controller *http.ResponseController
}

func (b *timedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		b.controller.SetReadDeadline(time.Time{})
	} else if err != nil {
		err = fmt.Errorf("%w: %w", problem.ErrRequest, err)
	}
	return n, err
}

// takenInTime has the rest of the answer fail unless the caller takes it in time.
func (s *Server) takenInTime(w http.ResponseWriter) {
	http.NewResponseController(w).SetWriteDeadline(time.Now().Add(s.BodyTimeout))
}

func unknown(w http.ResponseWriter, r *http.Request, _ *entry) error {
	allowed := map[string]string{"/": "GET, HEAD, POST", "/health": "GET, HEAD", gotenberg.Path: "POST"}[r.URL.Path]
	if allowed != "" {
		w.Header().Set("Allow", allowed)
		return problem.New(http.StatusMethodNotAllowed, "method_not_allowed",
			"use POST / to convert, GET / for how, GET /health for health")
	}
	return problem.New(http.StatusNotFound, "not_found",
		"there is nothing at %s; GET / explains the interface", r.URL.Path)
}

// health answers 200 while a warm LibreOffice waits for documents, else 503.
func (s *Server) health(w http.ResponseWriter, r *http.Request) {
	engine := s.Converter.Status()
	status := http.StatusOK
	if !engine.Ready {
		status = http.StatusServiceUnavailable
	}
	writeJSON(w, status, struct {
		Ready       bool     `json:"ready"`
		Error       string   `json:"error"`
		LibreOffice string   `json:"libreoffice"`
		Package     string   `json:"libreofficePackage"`
		Sandbox     []string `json:"sandbox"`
		SandboxWay  string   `json:"sandboxWay"`
		OwnFonts    []string `json:"ownFonts,omitempty"`
		Restarts    int      `json:"restarts"`
		Concurrency int      `json:"concurrency"`
		InFlight    int      `json:"inFlight"`
		Capacity    int      `json:"capacity"`
	}{engine.Ready, engine.Error, engine.LibreOffice, s.Package, engine.Sandbox, engine.SandboxWay, engine.OwnFonts,
		engine.Restarts,
		s.Converter.Concurrency(), len(s.places), cap(s.places)})
}
