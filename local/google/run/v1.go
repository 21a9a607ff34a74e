package run

import (
	"regexp"
	"slices"
	"strings"

	v1 "google.golang.org/api/run/v1"
	runapi "google.golang.org/api/run/v2"

	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/status"
)

// The Admin API v1 is what gcloud speaks (https://cloud.google.com/run/docs/reference/rest/v1): the same services and
// revisions as Knative writes them, with what Knative has no field for in annotations. Its namespaces name no region:
// the host does, such as us-central1-run.googleapis.com.

var regional = regexp.MustCompile(`^([a-z]+-[a-z]+[0-9]+)-`)

// inRegion gives a call without a location the one that its host names.
func inRegion(on func(*rest.Request) (policy.Resource, error)) func(*rest.Request) (policy.Resource, error) {
	return func(r *rest.Request) (policy.Resource, error) {
		if r.Var("location") == "" {
			host := regional.FindStringSubmatch(r.Host)
			if host == nil {
				return policy.Resource{}, status.Errorf(status.InvalidArgument,
					"The host %s names no region. Put one in front of it, as in us-central1-%s.", r.Host, r.Host)
			}
			r.SetVar("location", host[1])
		}
		return on(r)
	}
}

func (s *Service) v1Routes() []rest.Route {
	const knative = "/apis/serving.knative.dev/v1/namespaces/{project}"
	const location = "/v1/projects/{project}/locations/{location}"
	onService := inRegion(rest.OnName("projects", "{project}", "locations", "{location}", "services", "{service}"))
	onProject := inRegion(rest.OnProject)
	var routes []rest.Route
	for _, of := range []struct{ id, path string }{{"run.namespaces.", knative},
		{"run.v1.projects.locations.", location}} {
		route := func(id, method, path, permission string, on func(*rest.Request) (policy.Resource, error),
			handle func(*rest.Request) (any, error), also ...rest.Need) rest.Route {
			return rest.Route{ID: of.id + id, Method: method, Path: of.path + path, Permission: "run." + permission, On: on,
				Also: also, Handle: handle}
		}
		routes = append(routes,
			route("services.list", "GET", "/services", "services.list", onProject, s.v1List),
			route("services.create", "POST", "/services", "services.create", onProject, s.v1Create,
				s.asAccount(s.onAccountV1), readsImages(imagesOfV1)),
			route("services.get", "GET", "/services/{service}", "services.get", onService, s.v1Get),
			route("services.replaceService", "PUT", "/services/{service}", "services.update", onService, s.v1Replace,
				s.asAccount(s.onAccountV1), readsImages(imagesOfV1)),
			route("services.delete", "DELETE", "/services/{service}", "services.delete", onService, s.v1Delete),
			route("revisions.list", "GET", "/revisions", "revisions.list", onProject, s.v1ListRevisions),
			route("revisions.get", "GET", "/revisions/{revision}", "revisions.get", onProject, s.v1GetRevision),
		)
	}
	on := rest.OnName("projects", "{project}", "locations", "{location}", "services", "{service}")
	policies := rest.IAMPolicy{ID: "run.v1.projects.locations.services", Path: location + "/services/{service}",
		Permissions: "run.services", GetMethod: "GET", On: on, Exists: s.exists}
	return slices.Concat(routes, policies.Routes(s.Policies))
}

func (s *Service) v1List(r *rest.Request) (any, error) {
	selects, err := selector(r)
	if err != nil {
		return nil, err
	}
	answer := v1.ListServicesResponse{ApiVersion: knativeVersion, Kind: "ServiceList", Metadata: &v1.ListMeta{}}
	for _, have := range s.services.List(within(r)) {
		if v := s.toV1(have.Service); selects(v.Metadata.Labels) {
			answer.Items = append(answer.Items, v)
		}
	}
	return answer, nil
}

// within is the start of the names in the call's location, or of all the project's with the location -.
func within(r *rest.Request) string {
	if r.Var("location") == "-" {
		return r.Name("projects", "{project}") + "/"
	}
	return r.Name("projects", "{project}", "locations", "{location}") + "/"
}

// selector reads the labelSelector of a list: labels that must have a value, joined by commas.
func selector(r *rest.Request) (func(labels map[string]string) bool, error) {
	want := map[string]string{}
	for term := range strings.SplitSeq(r.URL.Query().Get("labelSelector"), ",") {
		name, value, ok := strings.Cut(term, "=")
		if name = strings.TrimSpace(name); ok && !strings.HasSuffix(name, "!") {
			want[name] = strings.TrimSpace(strings.TrimPrefix(value, "="))
		} else if name != "" {
			return nil, status.NotModelled("the label selector %q; join label=value by commas", term)
		}
	}
	return func(labels map[string]string) bool {
		for name, value := range want {
			if labels[name] != value {
				return false
			}
		}
		return true
	}, nil
}

func (s *Service) v1Get(r *rest.Request) (any, error) {
	have, ok := s.services.Get(nameOf(r))
	if !ok {
		return nil, notFound(nameOf(r))
	}
	return s.toV1(have.Service), nil
}

func (s *Service) v1Create(r *rest.Request) (any, error) {
	id, service, err := decodeV1(r)
	if err != nil {
		return nil, err
	}
	r.SetVar("service", id)
	if _, err := s.createService(r, id, service); err != nil {
		return nil, err
	}
	return s.v1Get(r)
}

func (s *Service) v1Replace(r *rest.Request) (any, error) {
	_, service, err := decodeV1(r)
	if err != nil {
		return nil, err
	}
	if _, err := s.replaceService(r, service); err != nil {
		return nil, err
	}
	return s.v1Get(r)
}

// decodeV1 reads a service as v1 writes it, and its id.
func decodeV1(r *rest.Request) (id string, service *runapi.GoogleCloudRunV2Service, err error) {
	var body v1.Service
	if err := r.Decode(&body); err != nil {
		return "", nil, err
	}
	if r.URL.Query().Get("dryRun") != "" {
		return "", nil, status.NotModelled("dryRun")
	}
	if body.Metadata == nil || body.Spec == nil || body.Spec.Template == nil || body.Spec.Template.Spec == nil {
		return "", nil, status.Errorf(status.InvalidArgument,
			"The request has errors: metadata and spec.template.spec are required.")
	}
	service, err = fromV1(&body)
	return body.Metadata.Name, service, err
}

func (s *Service) v1Delete(r *rest.Request) (any, error) {
	if _, err := s.delete(r); err != nil {
		return nil, err
	}
	return v1.Status{Status: "Success", Details: &v1.StatusDetails{Name: r.Var("service"), Kind: "services",
		Group: "serving.knative.dev"}}, nil
}

func (s *Service) v1ListRevisions(r *rest.Request) (any, error) {
	selects, err := selector(r)
	if err != nil {
		return nil, err
	}
	answer := v1.ListRevisionsResponse{ApiVersion: knativeVersion, Kind: "RevisionList", Metadata: &v1.ListMeta{}}
	for _, revision := range s.revisions.List(within(r)) {
		if v := s.revisionToV1(revision); selects(v.Metadata.Labels) {
			answer.Items = append(answer.Items, v)
		}
	}
	return answer, nil
}

func (s *Service) v1GetRevision(r *rest.Request) (any, error) {
	for _, revision := range s.revisions.List(within(r)) {
		if short(revision.Name) == r.Var("revision") {
			return s.revisionToV1(revision), nil
		}
	}
	return nil, status.Errorf(status.NotFound, "Resource '%s' of kind 'REVISION' in region '%s' does not exist.",
		r.Var("revision"), r.Var("location"))
}
