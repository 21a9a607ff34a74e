// Package rest is the wire of Google's REST APIs: routes with path templates and custom verbs, the permission each
// call needs, handlers that return values, and answers in Google's JSON.
package rest

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/machinery/door"
)

// API is one Google service.
type API struct {
	Name    string // as Service Usage names it, for example run.googleapis.com
	Title   string // as its error messages name it, for example Cloud Run Admin API
	Mount   string // the first path segment on this server, for example run; empty for the root
	Default bool   // enabled in every project without being asked for
	// OfCaller APIs manage projects and accounts: it is the caller's own project that has them enabled. People's
	// is that of the tool they use.
	OfCaller bool
	Open     bool // grants to allUsers are usual: a caller without a token is told which permission is missing

	// ReasonedErrors adds the errors list of the older APIs to errors, StatusInErrors the status of the newer ones.
	ReasonedErrors bool
	StatusInErrors bool
	// Server is the Server header that this API's answers carry at Google.
	Server string

	// Denied words the refusal of a call; nil for the common text.
	Denied func(p policy.Principal, permission string, r policy.Resource) string
	Routes []Route
}

// Route is one method of an API.
type Route struct {
	ID     string // Google's method id, for example run.projects.locations.services.get
	Method string
	// Path is the path after the mount. {x} stands for one segment, {+x} for one that may contain a colon, {x}:verb
	// for a segment and a custom verb, {x...} at the end for all that is left.
	Path string
	// Permission is what the caller needs on On.
	Permission string
	On         func(*Request) (policy.Resource, error)
	// Also is what it needs besides.
	Also []Need
	// Anyone says why a call takes no permission: every caller with a credential may make it.
	Anyone string
	// Public says why a call takes no credential, and none is looked at.
	Public string
	Handle func(*Request) (any, error)
	// Refuse answers a call that failed, where that is not in the API's own format.
	Refuse func(*Request, error) (any, error)

	segments []segment
}

// Need is a permission that a call takes beside its first.
type Need struct {
	Permission string
	Of         string // for what, in words
	// On finds the resources that the call names, before it is handled. Without it the call asks Request.Allow, since it
	// depends on what is there.
	On func(*Request) ([]policy.Resource, error)
}

// guarded says whether the route names what it takes, or why it takes nothing.
func (r *Route) guarded() bool {
	if r.Permission != "" {
		return r.On != nil && r.Anyone == "" && r.Public == ""
	}
	for _, need := range r.Also {
		if need.On != nil {
			return r.Anyone == "" && r.Public == ""
		}
	}
	return (r.Anyone == "") != (r.Public == "")
}

// takes are all the permissions that the call may ask for.
func (r *Route) takes() []string {
	all := []string{r.Permission}
	for _, need := range r.Also {
		all = append(all, need.Permission)
	}
	return all
}

type segment struct {
	literal string
	name    string
	verb    string
	any     bool
	tail    bool
}

func parsePath(path string) []segment {
	var segments []segment
	for part := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		s := segment{literal: part}
		if name, ok := strings.CutPrefix(part, "{"); ok {
			name, verb, _ := strings.Cut(name, "}")
			s = segment{name: name, verb: strings.TrimPrefix(verb, ":")}
			s.name, s.any = strings.CutPrefix(s.name, "+")
			s.name, s.tail = strings.CutSuffix(s.name, "...")
		} else if literal, verb, ok := strings.Cut(part, ":"); ok {
			s = segment{literal: literal, verb: verb}
		}
		segments = append(segments, s)
	}
	return segments
}

var customVerb = regexp.MustCompile(`:[a-zA-Z]+$`)

// match fits the escaped path to the route; the variables come back unescaped.
func (r *Route) match(method string, parts []string) (map[string]string, bool) {
	if last := len(r.segments) - 1; r.segments[last].tail && len(parts) > last {
		parts = append(parts[:last:last], strings.Join(parts[last:], "/"))
	}
	if method != r.Method || len(parts) != len(r.segments) {
		return nil, false
	}
	vars := map[string]string{}
	for i, s := range r.segments {
		part := parts[i]
		if s.verb != "" {
			rest, ok := strings.CutSuffix(part, ":"+s.verb)
			if !ok {
				return nil, false
			}
			part = rest
		} else if !s.any && !s.tail && customVerb.MatchString(part) {
			return nil, false
		}
		if s.name == "" {
			if part != s.literal {
				return nil, false
			}
			continue
		}
		value, err := url.PathUnescape(part)
		if err != nil || value == "" {
			return nil, false
		}
		vars[s.name] = value
	}
	return vars, true
}

func (a *API) find(method, escapedPath string) (*Route, map[string]string) {
	parts := strings.Split(strings.Trim(escapedPath, "/"), "/")
	for i := range a.Routes {
		if vars, ok := a.Routes[i].match(method, parts); ok {
			return &a.Routes[i], vars
		}
	}
	return nil, nil
}

// Request is a call that the door let in, with all permissions that its route names.
type Request struct {
	*http.Request
	Caller policy.Principal
	door   *door.Door
	visit  *door.Visit
	vars   map[string]string
}

// Allow asks for a permission that depends on what is there. The route names it among its needs.
func (r *Request) Allow(permission string, on policy.Resource) error {
	return r.visit.Allow(permission, on)
}

// Visit is the call at the door.
func (r *Request) Visit() *door.Visit { return r.visit }

// Var is a variable of the route's path.
func (r *Request) Var(name string) string { return r.vars[name] }

// SetVar gives handlers a variable that the path does not hold.
func (r *Request) SetVar(name, value string) { r.vars[name] = value }

// Name joins variables and literals to a resource name: Name("projects", "{project}") gives projects/ID.
func (r *Request) Name(parts ...string) string {
	named := make([]string, len(parts))
	for i, p := range parts {
		named[i] = p
		if name, ok := strings.CutPrefix(p, "{"); ok {
			named[i] = r.vars[strings.TrimSuffix(name, "}")]
		}
	}
	return strings.Join(named, "/")
}

// OnProject asks for a permission on the route's {project}.
func OnProject(r *Request) (policy.Resource, error) {
	return policy.Project(r.Var("project")), nil
}

// One makes the finder of one resource that of a Need.
func One(on func(*Request) (policy.Resource, error)) func(*Request) ([]policy.Resource, error) {
	return func(r *Request) ([]policy.Resource, error) {
		found, err := on(r)
		return []policy.Resource{found}, err
	}
}

// OnName asks for a permission on the resource that the parts name, as Request.Name joins them.
func OnName(parts ...string) func(*Request) (policy.Resource, error) {
	return func(r *Request) (policy.Resource, error) {
		return policy.In(r.Name(parts...)), nil
	}
}
