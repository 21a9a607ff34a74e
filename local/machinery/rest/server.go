package rest

import (
	"cmp"
	"errors"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"sync"

	"docx2pdf/local/machinery/door"
	"docx2pdf/local/machinery/fault"
	"docx2pdf/local/machinery/status"
)

// Projects says which projects exist and which APIs answer for them.
type Projects interface {
	// ID returns the id of a project by its id or number.
	ID(idOrNumber string) (id string, ok bool)
	Number(project string) (number string, ok bool)
	Usable(project, service string) bool
}

// Server routes requests to APIs, through the door.
type Server struct {
	Door     *door.Door
	Projects Projects
	Log      *slog.Logger
	Faults   *fault.Injector

	apis    []*API
	unknown sync.Map
}

// Add puts an API on the server. It panics on a route that says neither what it takes nor why it takes nothing.
func (s *Server) Add(a *API) {
	for i := range a.Routes {
		route := &a.Routes[i]
		if !route.guarded() {
			panic("rest: " + route.ID + " names no permission, or a permission and a reason for none")
		}
		route.segments = parsePath(route.Path)
	}
	s.apis = append(s.apis, a)
}

// APIs returns what was added.
func (s *Server) APIs() []*API { return s.apis }

// doubledVersion is what clients make of a base path that ends in a version when their own paths start with one:
// /iam/v1/v1/projects/….
var doubledVersion = regexp.MustCompile(`^/v[0-9][a-z0-9]*/(v[0-9][a-z0-9]*/)`)

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	visit := s.Door.Enter(r, "")
	code, err := s.serve(w, r, visit)
	visit.Leave(code, err)
	if errors.Is(err, errLost) {
		panic(http.ErrAbortHandler) // closes the connection without an answer
	}
}

var errLost = errors.New("the answer was lost, as a fault asked for")

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

// serve answers the request and returns the answer's status, with the error that it told the caller of.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, visit *door.Visit) (code int, failure error) {
	api, path := s.api(r)
	w.Header().Set("Server", api.Server)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	route, vars := api.find(r.Method, path)
	if route == nil {
		err := s.notModelled(r)
		return api.writeError(w, err), err
	}
	visit.Entry.Call = route.ID
	req := &Request{Request: r, door: s.Door, visit: visit, vars: vars}
	lose, err := s.enter(req, api, route)
	var answer any
	if err == nil {
		answer, err = route.Handle(req)
	}
	if lose {
		return 0, errLost
	}
	failure = err
	if err != nil && route.Refuse != nil {
		answer, err = route.Refuse(req, err)
	}
	if err != nil {
		if code := status.From(err).Code; code == status.Internal {
			s.Log.Error("internal error", "call", route.ID, "path", r.URL.Path, "error", err)
		}
		return api.writeError(w, err), err
	}
	return api.write(w, r, answer), failure
}

// notModelled is the refusal of a call that no route takes. The log tells of each once.
func (s *Server) notModelled(r *http.Request) error {
	call := r.Method + " " + cmp.Or(r.URL.Path, r.Host) // CONNECT has a host only
	err := status.NotModelled("%s", call)
	if _, seen := s.unknown.LoadOrStore(call, true); !seen {
		s.Log.Warn(err.Message, "method", r.Method, "path", r.URL.Path)
	}
	return err
}
