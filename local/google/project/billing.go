package project

import (
	"cmp"

	billing "google.golang.org/api/cloudbilling/v1"

	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/status"
)

// BillingAccount pays for every project that is not unpaid.
const BillingAccount = "billingAccounts/000000-000000-000000"

// Paid says whether the billing account pays for a project.
func (s *Service) Paid(id string) bool {
	p, ok := s.projects.Get(id)
	return ok && !p.Unpaid
}

// paid are the APIs that only projects with billing can enable.
var paid = map[string]bool{
	"artifactregistry.googleapis.com": true, "cloudbuild.googleapis.com": true, "compute.googleapis.com": true,
	"run.googleapis.com": true,
}

func (s *Service) billingInfo(r *rest.Request) (any, error) {
	p, _ := s.projects.Get(r.Var("project"))
	return infoOf(p), nil
}

func infoOf(p project) billing.ProjectBillingInfo {
	info := billing.ProjectBillingInfo{Name: "projects/" + p.Project.ProjectId + "/billingInfo",
		ProjectId: p.Project.ProjectId, BillingEnabled: !p.Unpaid}
	if !p.Unpaid {
		info.BillingAccountName = BillingAccount
	}
	return info
}

// updateBillingInfo links the project to a billing account, or with an empty name to none.
func (s *Service) updateBillingInfo(r *rest.Request) (any, error) {
	var body billing.ProjectBillingInfo
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	if cmp.Or(body.BillingAccountName, BillingAccount) != BillingAccount {
		return nil, status.Errorf(status.PermissionDenied, "The caller does not have permission")
	}
	p, err := s.projects.Update(r.Var("project"), func(p *project, _ bool) error {
		p.Unpaid = body.BillingAccountName == ""
		return nil
	})
	return infoOf(p), err
}

// mayEnable refuses an API that costs money to a project that pays for nothing. The text and the reason are those that
// users report.
func mayEnable(p project, service string) error {
	if !p.Unpaid || !paid[service] {
		return nil
	}
	e := status.Errorf(status.FailedPrecondition,
		"Billing account for project '%d' is not found. Billing must be enabled for activation of service(s) '%s' to proceed.",
		p.Project.ProjectNumber, service)
	e.Details = []any{map[string]any{"@type": "type.googleapis.com/google.rpc.ErrorInfo",
		"reason": "UREQ_PROJECT_BILLING_NOT_FOUND",
		"domain": "serviceusage.googleapis.com/billing-enabled", "metadata": map[string]string{"services": service}}}
	return e
}
