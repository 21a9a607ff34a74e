package run

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	runapi "google.golang.org/api/run/v2"

	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/machinery/operation"
	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/status"
	"docx2pdf/local/machinery/store"
)

const serviceType = "google.cloud.run.v2.Service"

func now() string { return time.Now().UTC().Format("2006-01-02T15:04:05.000000Z") }

func nameOf(r *rest.Request) string {
	return r.Name("projects", "{project}", "locations", "{location}", "services", "{service}")
}

func notFound(name string) error {
	return status.Errorf(status.NotFound, "Resource '%s' of kind 'SERVICE' in region does not exist.",
		name[strings.LastIndex(name, "/")+1:])
}

func etag(name string) string {
	return `"` + base64.RawStdEncoding.EncodeToString(fmt.Appendf(nil, "%d/%s", time.Now().UnixMicro(), name)) + `"`
}

func (s *Service) create(r *rest.Request) (any, error) {
	body, err := decodeService(r)
	if err != nil {
		return nil, err
	}
	return s.createService(r, r.URL.Query().Get("serviceId"), body)
}

// createService makes a service and begins its deployment; the answer is the operation.
func (s *Service) createService(r *rest.Request, id string, body *runapi.GoogleCloudRunV2Service) (any, error) {
	if err := Refusals.CheckField("locations", "location", r.Var("location")); err != nil {
		return nil, err
	}
	if err := Refusals.CheckField("services", "serviceId", id); err != nil {
		return nil, err
	}
	name := r.Name("projects", "{project}", "locations", "{location}", "services") + "/" + id
	if err := s.complete(r, body); err != nil {
		return nil, err
	}
	if r.URL.Query().Get("validateOnly") == "true" {
		return nil, status.NotModelled("validateOnly")
	}
	if _, exists := s.services.Get(name); exists {
		return nil, status.Errorf(status.AlreadyExists, "Resource '%s' already exists.", id)
	}
	f, err := s.open(name, 0)
	if err != nil {
		return nil, err
	}
	var made store.Batch
	stored := s.services.UpdateIn(&made, name, func(have *record, exists bool) error {
		if exists {
			return status.Errorf(status.AlreadyExists, "Resource '%s' already exists.", id)
		}
		have.Service, have.Port = *body, f.port()
		v := &have.Service
		v.Name, v.Uid, v.Generation, v.CreateTime, v.UpdateTime = name, uuid.NewString(), 1, now(), now()
		v.Creator, v.LastModifier, v.Etag, v.Reconciling = r.Caller.Email, r.Caller.Email, etag(name), true
		v.TerminalCondition = &runapi.GoogleCloudRunV2Condition{State: "CONDITION_PENDING"}
		return nil
	})
	answer, err := s.startDeploy(&made, name, stored)
	if err != nil {
		f.close()
	}
	return answer, err
}

// patch replaces the service by the body, whole as the provider sends it.
func (s *Service) patch(r *rest.Request) (any, error) {
	mask := r.URL.Query().Get("updateMask")
	if mask != "" && mask != "*" && mask != "traffic" {
		return nil, status.NotModelled("PATCH with updateMask=%s; send the whole service", mask)
	}
	if _, exists := s.services.Get(nameOf(r)); !exists && r.URL.Query().Get("allowMissing") == "true" {
		return nil, status.NotModelled("allowMissing")
	}
	body, err := decodeService(r)
	if err != nil {
		return nil, err
	}
	if mask == "traffic" {
		have, exists := s.services.Get(nameOf(r))
		if !exists {
			return nil, notFound(nameOf(r))
		}
		traffic := body.Traffic
		*body = have.Service
		body.Traffic, body.Etag = traffic, ""
	}
	return s.replaceService(r, body)
}

// replaceService puts a service in the place of what was there and begins its deployment; the answer is the operation.
func (s *Service) replaceService(r *rest.Request, body *runapi.GoogleCloudRunV2Service) (any, error) {
	name := nameOf(r)
	present, exists := s.services.Get(name)
	if !exists {
		return nil, notFound(name)
	}
	// An update that names no traffic leaves it where it is, so that a rollback holds.
	// https://cloud.google.com/run/docs/rollouts-rollbacks-traffic-migration
	if len(body.Traffic) == 0 {
		body.Traffic = present.Service.Traffic
	}
	if err := s.complete(r, body); err != nil {
		return nil, err
	}
	var change store.Batch
	stored := s.services.UpdateIn(&change, name, func(have *record, exists bool) error {
		if !exists {
			return notFound(name)
		}
		if body.Etag != "" && body.Etag != have.Service.Etag {
			return status.Errorf(status.Conflict, "Conflict for resource '%s': version mismatch.", name)
		}
		old := have.Service
		have.Service = *body
		v := &have.Service
		v.Name, v.Uid, v.CreateTime, v.Creator, v.Uri, v.Urls = old.Name, old.Uid, old.CreateTime, old.Creator,
			old.Uri, old.Urls
		v.ObservedGeneration, v.Conditions, v.TrafficStatuses = old.ObservedGeneration, old.Conditions, old.TrafficStatuses
		v.LatestReadyRevision, v.LatestCreatedRevision = old.LatestReadyRevision, old.LatestCreatedRevision
		v.Generation, v.UpdateTime, v.LastModifier, v.Etag, v.Reconciling = old.Generation+1, now(), r.Caller.Email,
			etag(name), true
		v.TerminalCondition = &runapi.GoogleCloudRunV2Condition{Type: "Ready", State: "CONDITION_PENDING",
			LastTransitionTime: now()}
		return nil
	})
	return s.startDeploy(&change, name, stored)
}

func decodeService(r *rest.Request) (*runapi.GoogleCloudRunV2Service, error) {
	var body runapi.GoogleCloudRunV2Service
	return &body, r.Decode(&body)
}

// complete fills a service's defaults and checks it.
func (s *Service) complete(r *rest.Request, body *runapi.GoogleCloudRunV2Service) error {
	request := "UpdateServiceRequest"
	if r.Method == http.MethodPost {
		request = "CreateServiceRequest"
	}
	if err := Refusals.Check("services", body, "request", request); err != nil {
		return err
	}
	number, _ := s.Projects.Number(r.Var("project"))
	fillService(body, number)
	if err := modelled(body); err != nil {
		return err
	}
	if err := check(body, request); err != nil {
		return err
	}
	if err := checkKeyName(r.Var("location"), body.Template.EncryptionKey, request); err != nil {
		return err
	}
	return s.accountExists(body.Template.ServiceAccount)
}

func (s *Service) get(r *rest.Request) (any, error) {
	have, ok := s.services.Get(nameOf(r))
	if !ok {
		return nil, notFound(nameOf(r))
	}
	return have.Service, nil
}

func (s *Service) list(r *rest.Request) (any, error) {
	var answer runapi.GoogleCloudRunV2ListServicesResponse
	prefix := r.Name("projects", "{project}", "locations", "{location}") + "/"
	if r.Var("location") == "-" {
		prefix = r.Name("projects", "{project}") + "/"
	}
	for _, have := range s.services.List(prefix) {
		answer.Services = append(answer.Services, &have.Service)
	}
	return answer, nil
}

// delete takes the service down, its revisions and instances with it.
func (s *Service) delete(r *rest.Request) (any, error) {
	name := nameOf(r)
	have, ok := s.services.Get(name)
	if !ok {
		return nil, notFound(name)
	}
	var gone store.Batch
	s.services.DeleteIn(&gone, name)
	for _, revision := range s.revisions.Keys(name + "/revisions/") {
		s.revisions.DeleteIn(&gone, revision)
	}
	s.Policies.DropIn(&gone, name)
	var f *frontend
	gone.After(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		f = s.running[name]
		delete(s.running, name)
	})
	v := have.Service
	v.Generation++
	v.DeleteTime, v.ExpireTime, v.Reconciling = now(),
		time.Now().AddDate(0, 0, 30).UTC().Format("2006-01-02T15:04:05.000000Z"), true
	v.TerminalCondition = &runapi.GoogleCloudRunV2Condition{Type: "Ready", State: "CONDITION_PENDING",
		LastTransitionTime: now()}
	first := operation.Typed(serviceType, v)
	started := s.Operations.StartIn(&gone, operationName(name), func() json.RawMessage { return first },
		func() (last, response json.RawMessage, err error) {
			if f != nil {
				f.close()
			}
			if len(s.services.Keys("")) == 0 {
				s.dropImages(context.Background())
			}
			v.Reconciling, v.ObservedGeneration = false, v.Generation
			v.TerminalCondition = &runapi.GoogleCloudRunV2Condition{Type: "Ready", State: "CONDITION_SUCCEEDED",
				LastTransitionTime: now()}
			done := operation.Typed(serviceType, v)
			return done, done, nil
		})
	if err := s.db.Write(&gone); err != nil {
		return nil, err
	}
	return started.Operation, nil
}

func operationName(service string) string {
	return service[:strings.Index(service, "/services/")] + "/operations/" + uuid.NewString()
}

func (s *Service) getOperation(r *rest.Request) (any, error) {
	return s.Operations.Get(r.Context(), r.Name("projects", "{project}", "locations", "{location}", "operations",
		"{operation}"), 8*time.Second)
}

// API is run.googleapis.com, v2 and v1.
func (s *Service) API() *rest.API {
	const (
		location = "/v2/projects/{project}/locations/{location}"
		one      = location + "/services/{service}"
	)
	on := rest.OnName("projects", "{project}", "locations", "{location}", "services", "{service}")
	route := func(id, method, path, permission string, on func(*rest.Request) (policy.Resource, error),
		handle func(*rest.Request) (any, error), also ...rest.Need) rest.Route {
		return rest.Route{ID: "run.projects.locations." + id, Method: method, Path: path, Permission: "run." + permission,
			On: on, Also: also, Handle: handle}
	}
	return &rest.API{Name: "run.googleapis.com", Title: "Cloud Run Admin API", Mount: "run", Server: "ESF",
		StatusInErrors: true, Denied: denied,
		Routes: slices.Concat([]rest.Route{
			route("services.create", "POST", location+"/services", "services.create", rest.OnProject, s.create,
				s.asAccount(s.onAccount), readsImages(imagesOf)),
			route("services.list", "GET", location+"/services", "services.list", rest.OnProject, s.list),
			route("services.get", "GET", one, "services.get", on, s.get),
			route("services.patch", "PATCH", one, "services.update", on, s.patch, s.asAccount(s.onAccount),
				readsImages(imagesOf)),
			route("services.delete", "DELETE", one, "services.delete", on, s.delete),
			route("services.revisions.list", "GET", one+"/revisions", "revisions.list", on, s.listRevisions),
			route("services.revisions.get", "GET", one+"/revisions/{revision}", "revisions.get", on, s.getRevision),
			route("operations.get", "GET", location+"/operations/{operation}", "operations.get", rest.OnProject, s.getOperation),
		}, rest.IAMPolicy{ID: "run.projects.locations.services", Path: one, Permissions: "run.services", GetMethod: "GET",
			On: on, Exists: s.exists}.Routes(s.Policies), s.v1Routes())}
}

func (s *Service) exists(r *rest.Request) error {
	if _, ok := s.services.Get(nameOf(r)); !ok {
		return notFound(nameOf(r))
	}
	return nil
}
