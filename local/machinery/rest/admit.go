package rest

import (
	"net/http"
	"time"

	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/machinery/status"
	"docx2pdf/local/machinery/traffic"
)

// Admit judges a call that comes by another wire, such as a gRPC stream, by the route of an id, and notes it in the
// traffic log. The variables are those that the route's path would hold.
func (s *Server) Admit(r *http.Request, id string, vars map[string]string) (*Request, error) {
	entry := traffic.Entry{Time: time.Now(), Method: r.Method, Path: r.URL.Path, Call: id, Agent: r.UserAgent(),
		Status: http.StatusOK}
	defer func() { s.Traffic.Add(entry) }()
	refuse := func(err error) (*Request, error) {
		entry.Status = status.From(err).Code.HTTP
		if entry.Why == "" {
			entry.Why = err.Error()
		}
		return nil, err
	}
	api, route := s.route(id)
	if route == nil {
		return refuse(status.NotModelled("%s", id))
	}
	if project, ok := s.Projects.ID(vars["project"]); ok {
		vars["project"] = project
	}
	req := &Request{Request: r, vars: vars}
	lose, err := s.Faults.Before(r.Context(), id)
	if err == nil && lose {
		err = status.Errorf(status.Unavailable, "the answer was lost, as a fault asked for")
	}
	if err == nil {
		err = s.admit(req, api, route, &entry)
	}
	if err != nil {
		return refuse(err)
	}
	return req, nil
}

func (s *Server) route(id string) (*API, *Route) {
	for _, api := range s.apis {
		for i := range api.Routes {
			if api.Routes[i].ID == id {
				return api, &api.Routes[i]
			}
		}
	}
	return nil, nil
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
	if err := s.scoped(r.Request, api, route, caller); err != nil {
		return err
	}
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
		return status.Errorf(status.PermissionDenied,
			"The caller does not have permission on project %s (or it may not exist).", project)
	}
	if api.OfCaller {
		if project, ok = caller.Project(); !ok {
			return nil
		}
		number, _ = s.Projects.Number(project)
	}
	if api.Default || s.Projects.Usable(project, api.Name) {
		return nil
	}
	e := status.Errorf(status.PermissionDenied,
		"%s has not been used in project %s before or it is disabled. Enable it by visiting "+
			"https://console.developers.google.com/apis/api/%s/overview?project=%s then retry. If you enabled this API "+
			"recently, wait a few minutes for the action to propagate to our systems and retry.", api.Title, number,
		api.Name, number)
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
		entry.Why, entry.Permission, entry.Resource = decision.Why, permission, on.Name
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
	return status.Errorf(status.Unauthenticated,
		"Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other "+
			"valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.")
}
