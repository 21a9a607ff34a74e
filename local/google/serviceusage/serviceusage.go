// Package serviceusage is the Service Usage API: which Google APIs a project has enabled, and the service agents that
// come with them (https://cloud.google.com/service-usage/docs/reference/rest).
package serviceusage

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"time"

	usage "google.golang.org/api/serviceusage/v1"

	"docx2pdf/local/google/iam"
	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/google/project"
	"docx2pdf/local/machinery/operation"
	"docx2pdf/local/machinery/refusal"
	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/status"
)

//go:embed refusals.tsv
var refusals string

// Refusals are what Service Usage refuses.
var Refusals = refusal.MustRead(refusals)

// Service switches APIs on and off.
type Service struct {
	Projects   *project.Service
	Accounts   *iam.Service
	Policies   *policy.Engine
	Operations *operation.Operations
}

// agents are the accounts of Google's services: their email with the project's number, and the role that enabling the
// API grants them on the project (https://cloud.google.com/iam/docs/service-agents).
var agents = map[string]struct{ email, role string }{
	"run.googleapis.com": {"service-%s@serverless-robot-prod.iam.gserviceaccount.com",
		"roles/run.serviceAgent"},
	"cloudbuild.googleapis.com": {"service-%s@gcp-sa-cloudbuild.iam.gserviceaccount.com",
		"roles/cloudbuild.serviceAgent"},
	"artifactregistry.googleapis.com": {"service-%s@gcp-sa-artifactregistry.iam.gserviceaccount.com",
		"roles/artifactregistry.serviceAgent"},
	"pubsub.googleapis.com": {"service-%s@gcp-sa-pubsub.iam.gserviceaccount.com", "roles/pubsub.serviceAgent"},
	// no role, as in organisations made since 2024
	"compute.googleapis.com": {"%s-compute@developer.gserviceaccount.com", ""},
}

// AgentEmail is the email of a service's agent in a project, for example of pubsub.googleapis.com.
func (s *Service) AgentEmail(projectID, service string) string {
	number, _ := s.Projects.Number(projectID)
	return fmt.Sprintf(agents[service].email, number)
}

// IsAgentGrant says whether a binding is one that enabling an API makes.
func IsAgentGrant(role string) bool {
	for _, a := range agents {
		if a.role == role {
			return true
		}
	}
	return false
}

// Enable switches APIs on and makes their agents. An API that the local cloud does not have can be enabled too; its
// calls are refused when they come.
func (s *Service) Enable(projectID string, services ...string) error {
	for _, service := range services { // all are there, or none is enabled
		if err := Refusals.CheckField("services", "name", service); err != nil {
			return err
		}
	}
	for _, service := range services {
		if err := s.Projects.SetEnabled(projectID, service, true); err != nil {
			return err
		}
		if _, ok := agents[service]; ok {
			if _, _, err := s.makeAgent(projectID, service); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) makeAgent(projectID, service string) (email, uniqueID string, err error) {
	email = s.AgentEmail(projectID, service)
	if uniqueID, err = s.Accounts.Agent(projectID, service, email); err != nil {
		return "", "", err
	}
	if agents[service].role == "" {
		return email, uniqueID, nil
	}
	return email, uniqueID, s.Policies.Grant(policy.Project(projectID).Name, agents[service].role, "serviceAccount:"+email)
}

func (s *Service) get(r *rest.Request) (any, error) {
	return s.state(r.Var("project"), r.Var("service")), nil
}

func (s *Service) list(r *rest.Request) (any, error) {
	var answer usage.ListServicesResponse
	switch filter := r.URL.Query().Get("filter"); filter {
	case "state:ENABLED":
	default:
		return nil, status.NotModelled("the services filter %q; use state:ENABLED", filter)
	}
	for service := range s.Projects.EnabledServices(r.Var("project")) {
		answer.Services = append(answer.Services, s.state(r.Var("project"), service))
	}
	return answer, nil
}

func (s *Service) enable(r *rest.Request) (any, error) {
	projectID, service := r.Var("project"), r.Var("service")
	if err := s.Enable(projectID, service); err != nil {
		return nil, err
	}
	return s.operation("acf.p2", nil, operation.Typed("google.api.serviceusage.v1.EnableServiceResponse",
		usage.EnableServiceResponse{Service: s.state(projectID, service)}))
}

func (s *Service) disable(r *rest.Request) (any, error) {
	projectID, service := r.Var("project"), r.Var("service")
	if !s.Projects.Enabled(projectID, service) {
		return nil, Refusals.Refuse("services.disable", "name", "disabled", service, "project", projectID)
	}
	if err := s.Projects.SetEnabled(projectID, service, false); err != nil {
		return nil, err
	}
	return s.operation("acf.p2", nil, operation.Typed("google.api.serviceusage.v1.DisableServiceResponse",
		usage.DisableServiceResponse{Service: s.state(projectID, service)}))
}

func (s *Service) batchEnable(r *rest.Request) (any, error) {
	var body usage.BatchEnableServicesRequest
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	if err := Refusals.Check("services.batchEnable", body); err != nil {
		return nil, err
	}
	projectID := r.Var("project")
	if err := s.Enable(projectID, body.ServiceIds...); err != nil {
		return nil, err
	}
	number, _ := s.Projects.Number(projectID)
	var answer usage.BatchEnableServicesResponse
	var names []string
	for _, service := range body.ServiceIds {
		answer.Services = append(answer.Services, s.state(projectID, service))
		names = append(names, "services/"+service+"/projectSettings/"+number)
	}
	return s.operation("acf.p2", operation.Typed("google.api.serviceusage.v1.OperationMetadata",
		map[string]any{"resourceNames": names}),
		operation.Typed("google.api.serviceusage.v1.BatchEnableServicesResponse", answer))
}

// generateServiceIdentity makes the service's agent now rather than at its first use (v1beta1).
func (s *Service) generateServiceIdentity(r *rest.Request) (any, error) {
	service := r.Var("service")
	if _, ok := agents[service]; !ok {
		return nil, status.NotModelled("the service agent of %s", service)
	}
	email, uniqueID, err := s.makeAgent(r.Var("project"), service)
	if err != nil {
		return nil, err
	}
	return s.operation("finished.DONE_OPERATION", nil, operation.Typed("google.api.serviceusage.v1beta1.ServiceIdentity",
		map[string]string{"email": email, "uniqueId": uniqueID}))
}

func (s *Service) operation(kind string, metadata, response json.RawMessage) (any, error) {
	if metadata == nil {
		metadata = json.RawMessage(`{"@type":"type.googleapis.com/google.protobuf.Empty","value":{}}`)
	}
	name := fmt.Sprintf("operations/%s-%d", kind, time.Now().UnixNano())
	return s.Operations.Start(name, metadata, func() (json.RawMessage, json.RawMessage, error) {
		return nil,
			response, nil
	})
}

func (s *Service) state(projectID, service string) *usage.GoogleApiServiceusageV1Service {
	number, _ := s.Projects.Number(projectID)
	state := "DISABLED"
	if s.Projects.Enabled(projectID, service) {
		state = "ENABLED"
	}
	return &usage.GoogleApiServiceusageV1Service{Name: "projects/" + number + "/services/" + service, Parent: "projects/" +
		number, State: state,
		Config: &usage.GoogleApiServiceusageV1ServiceConfig{Name: service}}
}

// API is serviceusage.googleapis.com, v1 and v1beta1.
func (s *Service) API() *rest.API {
	api := &rest.API{Name: "serviceusage.googleapis.com", Title: "Service Usage API", Mount: "serviceusage", Server: "ESF",
		Default: true, ReasonedErrors: true, StatusInErrors: true}
	// The official provider leaves the version out of some calls when its base path has none.
	for _, version := range []string{"v1", "v1beta1", ""} {
		prefix := "/" + version
		if version == "" {
			prefix = ""
		}
		route := func(id, method, path, permission string, handle func(*rest.Request) (any, error)) {
			api.Routes = append(api.Routes, rest.Route{ID: methodID(version, id), Method: method,
				Path: prefix + path, Permission: permission, On: rest.OnProject, Handle: handle})
		}
		const services = "/projects/{project}/services"
		route("services.list", "GET", services, "serviceusage.services.list", s.list)
		route("services.get", "GET", services+"/{service}", "serviceusage.services.get", s.get)
		route("services.batchEnable", "POST", services+":batchEnable", "serviceusage.services.enable", s.batchEnable)
		route("services.enable", "POST", services+"/{service}:enable", "serviceusage.services.enable", s.enable)
		route("services.disable", "POST", services+"/{service}:disable", "serviceusage.services.disable", s.disable)
		route("services.generateServiceIdentity", "POST", services+"/{service}:generateServiceIdentity",
			"serviceusage.services.enable", s.generateServiceIdentity)
		if version == "v1beta1" {
			route("services.consumerQuotaMetrics.list", "GET", services+"/{service}/consumerQuotaMetrics",
				"serviceusage.quotas.get", s.listQuotas)
		}
		api.Routes = append(api.Routes, rest.Route{ID: methodID(version, "operations.get"), Method: "GET",
			Path: prefix + "/operations/{operation}", Anyone: rest.NamedOperation, Handle: s.getOperation})
	}
	return api
}

func methodID(version, id string) string {
	if version == "v1beta1" {
		id = "v1beta1." + id
	}
	return "serviceusage." + id
}

func (s *Service) getOperation(r *rest.Request) (any, error) {
	return s.Operations.Get(r.Context(), "operations/"+r.Var("operation"), 5*time.Second)
}
