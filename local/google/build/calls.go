package build

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"

	"github.com/google/uuid"
	cloudbuild "google.golang.org/api/cloudbuild/v1"

	"docx2pdf/local/machinery/operation"
	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/status"
	"docx2pdf/local/machinery/store"
)

// create starts a build under the account that it names, which the caller must be allowed to act as.
func (s *Service) create(r *rest.Request) (any, error) {
	var b cloudbuild.Build
	if err := r.Decode(&b); err != nil {
		return nil, err
	}
	if err := Refusals.CheckField("locations", "location", r.Var("location")); err != nil && r.Var("location") != "" {
		return nil, err
	}
	if err := check(b); err != nil {
		return nil, err
	}
	email := s.account(r.Var("project"), b.ServiceAccount)
	if !s.Accounts.Exists(email) { // as one that the caller may not act as
		return nil, status.Errorf(status.PermissionDenied, "%s", denied(r.Caller, actAs, s.Accounts.Resource(email, "-")))
	}
	if err := s.resolve(b.Source.StorageSource, email); err != nil {
		return nil, err
	}
	location := r.Var("location")
	b.Id, b.ProjectId, b.Status, b.CreateTime = uuid.NewString(), r.Var("project"), "QUEUED", now()
	if b.Timeout == "" {
		b.Timeout = fmt.Sprintf("%ds", int(defaultTimeout.Seconds()))
	}
	b.QueueTtl = "3600s"
	number, _ := s.Projects.Number(b.ProjectId)
	region := location
	if region == "" {
		region = "global"
	}
	b.Name = fmt.Sprintf("projects/%s/locations/%s/builds/%s", number, region, b.Id)
	b.LogUrl = fmt.Sprintf("https://console.cloud.google.com/cloud-build/builds;region=%s/%s?project=%s", region,
		b.Id, number)
	var made store.Batch
	s.builds.PutIn(&made, b.ProjectId+"/"+b.Id, b)
	name := fmt.Sprintf("operations/build/%s/%s", b.ProjectId, b.Id)
	if location != "" {
		name = fmt.Sprintf("projects/%s/locations/%s/operations/%s", b.ProjectId, location, b.Id)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	made.After(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.cancels[b.Id] = func() { cancel(errCancelled) }
		s.running.Add(1)
	})
	first := func() json.RawMessage { return metadata(b) }
	started := s.Operations.StartIn(&made, name, first, func() (last, response json.RawMessage, err error) {
		defer s.running.Done()
		defer cancel(nil)
		done := s.run(ctx, b, email)
		return metadata(done), operation.Typed("google.devtools.cloudbuild.v1.Build", done), failure(done)
	})
	if err := s.db.Write(&made); err != nil {
		cancel(nil)
		return nil, err
	}
	return started.Operation, nil
}

func metadata(b cloudbuild.Build) []byte {
	return operation.Typed("google.devtools.cloudbuild.v1.BuildOperationMetadata", map[string]any{"build": b})
}

// failure is the operation's error for a build that did not succeed.
func failure(b cloudbuild.Build) error {
	switch b.Status {
	case "SUCCESS":
		return nil
	case "TIMEOUT":
		return status.Errorf(status.DeadlineExceeded, "build %s timed out", b.Id)
	case "CANCELLED":
		return status.Errorf(status.Cancelled, "build %s was cancelled", b.Id)
	}
	return status.Errorf(status.FailedPrecondition, "Build failed; check build logs for details")
}

func (s *Service) get(r *rest.Request) (any, error) {
	b, ok := s.builds.Get(r.Var("project") + "/" + r.Var("build"))
	if !ok {
		return nil, notFound()
	}
	return b, nil
}

var tagFilter = regexp.MustCompile(`^tags="([^"]+)"$`)

func (s *Service) list(r *rest.Request) (any, error) {
	var answer cloudbuild.ListBuildsResponse
	filter := r.URL.Query().Get("filter")
	tag := tagFilter.FindStringSubmatch(filter)
	if filter != "" && tag == nil {
		return nil, status.NotModelled("the builds filter %s; use tags=\"TAG\"", filter)
	}
	for _, b := range s.builds.List(r.Var("project") + "/") {
		if tag != nil && !slices.Contains(b.Tags, tag[1]) {
			continue
		}
		answer.Builds = append(answer.Builds, &b)
	}
	return answer, nil
}

func (s *Service) cancel(r *rest.Request) (any, error) {
	b, ok := s.builds.Get(r.Var("project") + "/" + r.Var("build"))
	if !ok {
		return nil, notFound()
	}
	if finished(b.Status) {
		return nil, status.Errorf(status.FailedPrecondition, "cannot cancel a build that is not queued or working")
	}
	return s.builds.Update(b.ProjectId+"/"+b.Id, func(b *cloudbuild.Build, _ bool) error {
		s.mu.Lock()
		cancel := s.cancels[b.Id]
		s.mu.Unlock()
		if cancel != nil {
			cancel()
		}
		b.Status, b.FinishTime = "CANCELLED", now()
		return nil
	})
}

func notFound() error { return status.Errorf(status.NotFound, "Requested entity was not found.") }

// API is cloudbuild.googleapis.com.
func (s *Service) API() *rest.API {
	api := &rest.API{Name: "cloudbuild.googleapis.com", Title: "Cloud Build API", Mount: "cloudbuild", Server: "ESF",
		StatusInErrors: true, Denied: denied}
	for id, base := range map[string]string{"cloudbuild.projects.": "/v1/projects/{project}",
		"cloudbuild.projects.locations.": "/v1/projects/{project}/locations/{location}"} {
		route := func(name, method, path, permission string, handle func(*rest.Request) (any, error), also ...rest.Need) {
			api.Routes = append(api.Routes, rest.Route{ID: id + name, Method: method, Path: base + path, Permission: permission,
				On: rest.OnProject, Also: also, Handle: handle})
		}
		route("builds.create", "POST", "/builds", "cloudbuild.builds.create", s.create,
			rest.Need{Permission: actAs, Of: "the build's account", On: s.onAccount})
		route("builds.list", "GET", "/builds", "cloudbuild.builds.list", s.list)
		route("builds.get", "GET", "/builds/{build}", "cloudbuild.builds.get", s.get)
		route("builds.cancel", "POST", "/builds/{build}:cancel", "cloudbuild.builds.update", s.cancel)
	}
	operationOf := func(parts ...string) func(*rest.Request) (any, error) {
		return func(r *rest.Request) (any, error) { return s.Operations.Get(r.Context(), r.Name(parts...), 0) }
	}
	api.Routes = append(api.Routes,
		rest.Route{ID: "cloudbuild.operations.get", Method: http.MethodGet,
			Path: "/v1/operations/build/{project}/{operation}", Permission: "cloudbuild.operations.get", On: rest.OnProject,
			Handle: operationOf("operations", "build", "{project}", "{operation}")},
		rest.Route{ID: "cloudbuild.projects.locations.operations.get", Method: http.MethodGet,
			Path: "/v1/projects/{project}/locations/{location}/operations/{operation}", Permission: "cloudbuild.operations.get",
			On:     rest.OnProject,
			Handle: operationOf("projects", "{project}", "locations", "{location}", "operations", "{operation}")})
	return api
}
