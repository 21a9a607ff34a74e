package project

import (
	"slices"
	"time"

	"docx2pdf/local/machinery/rest"
)

// API is cloudresourcemanager.googleapis.com.
func (s *Service) API() *rest.API {
	const permissions = "resourcemanager.projects"
	v3 := rest.IAMPolicy{ID: "cloudresourcemanager.v3.projects", Path: "/v3/projects/{project}", Permissions: permissions,
		GetMethod: "POST", On: rest.OnProject}
	v1 := rest.IAMPolicy{ID: "cloudresourcemanager.projects", Path: "/v1/projects/{project}", Permissions: permissions,
		GetMethod: "POST", On: rest.OnProject}
	return &rest.API{
		Name: "cloudresourcemanager.googleapis.com", Title: "Cloud Resource Manager API", Mount: "cloudresourcemanager",
		Server:   "ESF",
		OfCaller: true, ReasonedErrors: true, StatusInErrors: true,
		Routes: slices.Concat([]rest.Route{
			{ID: "cloudresourcemanager.projects.get", Method: "GET", Path: "/v1/projects/{project}",
				Permission: "resourcemanager.projects.get", On: rest.OnProject, Handle: s.get},
			{ID: "cloudresourcemanager.projects.list", Method: "GET", Path: "/v1/projects", Handle: s.list,
				Anyone: "it lists those that the caller may get"},
			{ID: "cloudresourcemanager.projects.create", Method: "POST", Path: "/v1/projects", Handle: s.create,
				Anyone: "people may make projects outside of an organisation"},
			{ID: "cloudresourcemanager.projects.getEffectiveOrgPolicy", Method: "POST",
				Path: "/v1/projects/{project}:getEffectiveOrgPolicy", Permission: "orgpolicy.policy.get", On: rest.OnProject,
				Handle: s.effectivePolicy},
			{ID: "cloudresourcemanager.operations.get", Method: "GET", Path: "/v1/operations/{operation}",
				Anyone: rest.NamedOperation,
				Handle: func(r *rest.Request) (any, error) {
					return s.operations.Get(r.Context(), "operations/"+r.Var("operation"), 5*time.Second)
				}},
			{ID: "cloudresourcemanager.v3.projects.get", Method: "GET", Path: "/v3/projects/{project}",
				Permission: "resourcemanager.projects.get", On: rest.OnProject, Handle: s.getV3},
		}, v1.Routes(s.policies), v3.Routes(s.policies)),
	}
}

// BillingAPI is what cloudbilling.googleapis.com says of a project's billing, and its change.
func (s *Service) BillingAPI() *rest.API {
	account := rest.IAMPolicy{ID: "cloudbilling.billingAccounts", Path: "/v1/billingAccounts/{account}",
		Permissions: "billing.accounts", GetMethod: "GET", On: rest.OnName("billingAccounts", "{account}")}
	return &rest.API{
		Name: "cloudbilling.googleapis.com", Title: "Cloud Billing API", Mount: "cloudbilling", Server: "ESF", OfCaller: true,
		StatusInErrors: true, ReasonedErrors: true,
		Routes: append(account.Routes(s.policies), []rest.Route{
			{ID: "cloudbilling.projects.getBillingInfo", Method: "GET", Path: "/v1/projects/{project}/billingInfo",
				Permission: "resourcemanager.projects.get", On: rest.OnProject, Handle: s.billingInfo},
			{ID: "cloudbilling.projects.updateBillingInfo", Method: "PUT", Path: "/v1/projects/{project}/billingInfo",
				Permission: "resourcemanager.projects.createBillingAssignment", On: rest.OnProject, Handle: s.updateBillingInfo},
		}...),
	}
}

func (s *Service) getV3(r *rest.Request) (any, error) {
	stored, _ := s.projects.Get(r.Var("project"))
	p := stored.Project
	number, _ := s.Number(p.ProjectId)
	return map[string]any{"name": "projects/" + number, "projectId": p.ProjectId, "displayName": p.Name, "state": "ACTIVE",
		"createTime": p.CreateTime, "updateTime": p.CreateTime, "labels": p.Labels}, nil
}
