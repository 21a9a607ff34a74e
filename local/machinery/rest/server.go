package rest

import (
	"cmp"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/machinery/fault"
	"docx2pdf/local/machinery/status"
	"docx2pdf/local/machinery/traffic"
)

// Authenticator says whose request it is. A request without credentials is policy.Anonymous; credentials that do not
// hold are a status.Unauthenticated error.
type Authenticator interface {
	Authenticate(r *http.Request) (policy.Principal, error)
}

// Projects says which projects exist and which APIs answer for them.
type Projects interface {
	// ID returns the id of a project by its id or number.
	ID(idOrNumber string) (id string, ok bool)
	Number(project string) (number string, ok bool)
	Usable(project, service string) bool
}

// Server routes requests to APIs, and lets through only what policies allow.
type Server struct {
	Authenticator Authenticator
	Policies      *policy.Engine
	Projects      Projects
	Traffic       *traffic.Log
	Log           *slog.Logger
	Faults        *fault.Injector

	apis    []*API
	unknown sync.Map
}

// Add puts an API on the server.
func (s *Server) Add(a *API) {
	for i := range a.Routes {
		a.Routes[i].segments = parsePath(a.Routes[i].Path)
	}
	s.apis = append(s.apis, a)
}

// APIs returns what was added.
func (s *Server) APIs() []*API { return s.apis }

// doubledVersion is what clients make of a base path that ends in a version when their own paths start with one:
// /iam/v1/v1/projects/….
var doubledVersion = regexp.MustCompile(`^/v[0-9][a-z0-9]*/(v[0-9][a-z0-9]*/)`)

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	api, path := s.api(r)
	entry := traffic.Entry{Time: start, Method: r.Method, Path: r.URL.Path, Agent: r.UserAgent()}
	entry.Status = s.serve(w, r, api, path, &entry)
	entry.Duration = time.Since(start)
	s.Traffic.Add(entry)
	s.Log.Debug("request", "method", entry.Method, "path", entry.Path, "call", entry.Call, "caller", entry.Caller,
		"status", entry.Status, "why", entry.Why, "duration", entry.Duration)
}

// lose closes the connection without an answer.
func (s *Server) lose(entry *traffic.Entry) {
	s.Traffic.Add(*entry)
	panic(http.ErrAbortHandler)
}

func (s *Server) api(r *http.Request) (*API, string) {
	path := r.URL.EscapedPath()
	first, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	root := &API{StatusInErrors: true}
	for _, a := range s.apis {
		if a.Mount == "" {
			root = a
		} else if a.Mount == first {
			return a, doubledVersion.ReplaceAllString("/"+rest, "/$1")
		}
	}
	return root, path
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request, api *API, path string, entry *traffic.Entry) int {
	w.Header().Set("Server", api.Server)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	route, vars := api.find(r.Method, path)
	if route == nil {
		call := r.Method + " " + cmp.Or(r.URL.Path, r.Host) // CONNECT has a host only
		err := status.NotModelled("%s", call)
		entry.Why = err.Message
		if _, seen := s.unknown.LoadOrStore(call, true); !seen {
			s.Log.Warn(err.Message, "method", r.Method, "path", r.URL.Path)
		}
		return api.writeError(w, err)
	}
	entry.Call = route.ID
	if id, ok := s.Projects.ID(vars["project"]); ok {
		vars["project"] = id
	}
	req := &Request{Request: r, vars: vars}
	lose, err := s.Faults.Before(r.Context(), route.ID)
	if err == nil {
		err = s.admit(req, api, route, entry)
	}
	var answer any
	if err == nil {
		if answer, err = route.Handle(req); err != nil {
			entry.Why = err.Error()
		}
	}
	if lose {
		entry.Why = "the answer was lost, as a fault asked for"
		s.lose(entry)
	}
	if err != nil {
		if entry.Why == "" {
			entry.Why = err.Error()
		}
		if code := status.From(err).Code; code == status.Internal {
			s.Log.Error("internal error", "call", route.ID, "path", r.URL.Path, "error", err)
		}
		return api.writeError(w, err)
	}
	return api.write(w, r, answer)
}
