package project

import (
	crm "google.golang.org/api/cloudresourcemanager/v1"
	orgpolicy "google.golang.org/api/orgpolicy/v2"

	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/status"
)

// Constraints of organisations that forbid keys of service accounts. New organisations enforce the managed one.
// https://cloud.google.com/resource-manager/docs/secure-by-default-organizations
const (
	NoKeys        = "constraints/iam.disableServiceAccountKeyCreation"
	NoKeysManaged = "constraints/iam.managed.disableServiceAccountKeyCreation"
)

// SetEnforced tells which constraints the organisation enforces. Without it there is no organisation.
func (s *Service) SetEnforced(enforced func(constraint string) bool) { s.enforced = enforced }

// Enforces says whether the organisation enforces a constraint.
func (s *Service) Enforces(constraint string) bool {
	return s.enforced != nil && s.enforced(constraint)
}

// effectivePolicy answers what an organisation's policy says of a project. Managed constraints are the newer API's.
// https://cloud.google.com/resource-manager/reference/rest/v1/projects/getEffectiveOrgPolicy
func (s *Service) effectivePolicy(r *rest.Request) (any, error) {
	var body crm.GetEffectiveOrgPolicyRequest
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	if body.Constraint != NoKeys {
		return nil, status.NotModelled("the constraint %s", body.Constraint)
	}
	return &crm.OrgPolicy{Constraint: NoKeys, BooleanPolicy: &crm.BooleanPolicy{Enforced: s.Enforces(NoKeys)}}, nil
}

// OrgPolicyAPI is what orgpolicy.googleapis.com says of a project.
// https://cloud.google.com/resource-manager/docs/reference/orgpolicy/rest/v2/projects.policies/getEffectivePolicy
func (s *Service) OrgPolicyAPI() *rest.API {
	return &rest.API{Name: "orgpolicy.googleapis.com", Title: "Organization Policy API", Mount: "orgpolicy", Server: "ESF",
		StatusInErrors: true, Routes: []rest.Route{
			{ID: "orgpolicy.projects.policies.getEffectivePolicy", Method: "GET",
				Path:       "/v2/projects/{project}/policies/{constraint}:getEffectivePolicy",
				Permission: "orgpolicy.policy.get", On: rest.OnProject, Handle: s.effectivePolicyV2},
		}}
}

func (s *Service) effectivePolicyV2(r *rest.Request) (any, error) {
	constraint := "constraints/" + r.Var("constraint")
	if constraint != NoKeys && constraint != NoKeysManaged {
		return nil, status.NotModelled("the constraint %s", constraint)
	}
	return &orgpolicy.GoogleCloudOrgpolicyV2Policy{
		Name: r.Name("projects", "{project}", "policies", "{constraint}"),
		Spec: &orgpolicy.GoogleCloudOrgpolicyV2PolicySpec{Rules: []*orgpolicy.GoogleCloudOrgpolicyV2PolicySpecPolicyRule{
			{Enforce: s.Enforces(constraint), ForceSendFields: []string{"Enforce"}}}},
	}, nil
}
