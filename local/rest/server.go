package rest

import (
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"docx2pdf/local/fault"
	"docx2pdf/local/policy"
	"docx2pdf/local/status"
	"docx2pdf/local/traffic"
)

// Authenticator says whose request it is. A request without credentials is policy.Anonymous; credentials that do not
// hold are a status.Unauthenticated error.
type Authenticator interface {
	Authenticate(r *http.Request) (policy.Principal, error)
}

// Projects says which projects exist and which APIs they have enabled.
type Projects interface {
	// ID returns the id of a project by its id or number.
	ID(idOrNumber string) (id string, ok bool)
	Number(project string) (number string, ok bool)
	Enabled(project, service string) bool
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
	s.Log.Debug("request", "method", entry.Method, "path", entry.Path, "call", entry.Call, "caller", entry.Caller, "status", entry.Status, "why", entry.Why, "duration", entry.Duration)
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
		err := status.NotModelled("%s %s", r.Method, r.URL.Path)
		entry.Why = err.Message
		if _, seen := s.unknown.LoadOrStore(r.Method+" "+r.URL.Path, true); !seen {
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

// admit authenticates the caller and checks that the API is on and the permission held.
func (s *Server) admit(r *Request, api *API, route *Route, entry *traffic.Entry) error {
	if route.Public {
		return nil
	}
	caller, err := s.Authenticator.Authenticate(r.Request)
	if err != nil {
		return err
	}
	r.Caller = caller
	entry.Caller = caller.Member()
	if project := r.Var("project"); project != "" && project != "-" && project != "_" {
		if err := s.usable(api, project, caller); err != nil {
			return err
		}
	}
	if route.Permission == "" {
		if caller == policy.Anonymous && !route.Anonymous {
			return unauthenticated()
		}
		return nil
	}
	on, err := route.On(r)
	if err != nil {
		return err
	}
	return s.Require(r, api, route.Permission, on, entry)
}

// usable checks that the project exists and has the API enabled.
func (s *Server) usable(api *API, project string, caller policy.Principal) error {
	number, ok := s.Projects.Number(project)
	if !ok {
		if caller == policy.Anonymous {
			return unauthenticated()
		}
		return status.Errorf(status.PermissionDenied, "The caller does not have permission on project %s (or it may not exist).", project)
	}
	if api.Default || s.Projects.Enabled(project, api.Name) {
		return nil
	}
	e := status.Errorf(status.PermissionDenied, "%s has not been used in project %s before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/%s/overview?project=%s then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry.", api.Title, number, api.Name, number)
	e.Reason = "accessNotConfigured"
	e.Details = []any{map[string]any{
		"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "SERVICE_DISABLED", "domain": "googleapis.com",
		"metadata": map[string]string{"service": api.Name, "consumer": "projects/" + number, "serviceTitle": api.Title},
	}}
	return e
}

// Require checks one permission of the caller and words the refusal as the API does.
func (s *Server) Require(r *Request, api *API, permission string, on policy.Resource, entry *traffic.Entry) error {
	decision := s.Policies.Check(r.Caller, permission, on)
	if entry != nil {
		entry.Why = decision.Why
	}
	if decision.Allowed {
		return nil
	}
	if r.Caller == policy.Anonymous && !api.Open {
		return unauthenticated()
	}
	message := "The caller does not have permission"
	if api.Denied != nil {
		message = api.Denied(r.Caller, permission, on)
	}
	code := status.PermissionDenied
	if r.Caller == policy.Anonymous {
		code = status.Unauthenticated
	}
	s.Log.Debug("denied", "why", decision.Why)
	return status.Errorf(code, "%s", message)
}

func unauthenticated() error {
	return status.Errorf(status.Unauthenticated, "Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.")
}
