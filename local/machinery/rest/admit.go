package rest

import (
	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/machinery/door"
	"docx2pdf/local/machinery/status"
)

// enter brings a call before its handler: what shall fail does, and the door lets the others in. lose is whether the
// answer shall be lost.
func (s *Server) enter(r *Request, api *API, route *Route) (lose bool, err error) {
	if project, ok := s.Projects.ID(r.vars["project"]); ok {
		r.vars["project"] = project
	}
	r.visit.Words, r.visit.Open, r.visit.Takes = api.Denied, api.Open, route.takes()
	if lose, err = s.Faults.Before(r.Context(), route.ID, r.URL.Path); err != nil {
		return lose, err
	}
	return lose, s.admit(r, api, route)
}

// admit reads the caller's credential, and checks that the API is on and that the caller holds every permission that
// the route names.
func (s *Server) admit(r *Request, api *API, route *Route) error {
	if route.Public != "" {
		return nil
	}
	err := r.visit.Identify(r.Request, api.Name, route.ID)
	r.Caller = r.visit.Caller
	if err != nil {
		return err
	}
	if r.Caller == policy.Anonymous && (!api.Open || route.Anyone != "") {
		return door.Unauthenticated()
	}
	project := r.Var("project")
	if own, ok := r.Caller.Project(); ok && project == "" && api.OfCaller {
		project = own
	}
	if project != "" && project != "-" && project != "_" {
		if err := s.usable(api, project, r.Caller); err != nil {
			return err
		}
	}
	if route.Permission != "" {
		on, err := route.On(r)
		if err != nil {
			return err
		}
		if err := r.Allow(route.Permission, on); err != nil {
			return err
		}
	}
	for _, need := range route.Also {
		if err := meets(r, need); err != nil {
			return err
		}
	}
	return nil
}

// meets asks for a permission on everything that a call names.
func meets(r *Request, need Need) error {
	if need.On == nil {
		return nil
	}
	all, err := need.On(r)
	if err != nil {
		return err
	}
	for _, on := range all {
		if err := r.Allow(need.Permission, on); err != nil {
			return err
		}
	}
	return nil
}

// usable checks that the project exists and has the API enabled.
func (s *Server) usable(api *API, project string, caller policy.Principal) error {
	number, ok := s.Projects.Number(project)
	if !ok && caller == policy.Anonymous {
		return door.Unauthenticated()
	}
	if !ok {
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
