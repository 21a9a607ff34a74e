package run

import (
	"cmp"
	"fmt"

	v1 "google.golang.org/api/run/v1"
	runapi "google.golang.org/api/run/v2"

	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/status"
)

// Whoever deploys a service runs code as its account, which takes the right to act as it
// (https://cloud.google.com/run/docs/reference/iam/roles#additional-configuration).

const actAs = "iam.serviceAccounts.actAs"

// asAccount is the need of a call whose service runs as the account that account finds.
func (s *Service) asAccount(account func(*rest.Request) (string, error)) rest.Need {
	return rest.Need{Permission: actAs, Of: "the service's account", On: func(r *rest.Request) ([]policy.Resource, error) {
		email, err := account(r)
		if err != nil || email == "" {
			return nil, err
		}
		return []policy.Resource{s.Accounts.Resource(email, r.Var("project"))}, nil
	}}
}

// onAccount is the account that a service of v2 in the body names, or has already where only its traffic changes. A
// body without a template is the handler's to refuse.
func (s *Service) onAccount(r *rest.Request) (string, error) {
	var body runapi.GoogleCloudRunV2Service
	if r.URL.Query().Get("updateMask") == "traffic" {
		have, ok := s.services.Get(nameOf(r))
		if !ok {
			return "", notFound(nameOf(r))
		}
		return s.orDefault(r, have.Service.Template.ServiceAccount), nil
	}
	if err := r.Peek(&body); err != nil || body.Template == nil {
		return "", err
	}
	return s.orDefault(r, body.Template.ServiceAccount), nil
}

// onAccountV1 is the account that a service of v1 in the body names.
func (s *Service) onAccountV1(r *rest.Request) (string, error) {
	var body v1.Service
	if err := r.Peek(&body); err != nil || body.Spec == nil || body.Spec.Template == nil ||
		body.Spec.Template.Spec == nil {
		return "", err
	}
	return s.orDefault(r, body.Spec.Template.Spec.ServiceAccountName), nil
}

// orDefault is an account's email, or for none that of the project's default one.
func (s *Service) orDefault(r *rest.Request, email string) string {
	number, _ := s.Projects.Number(r.Var("project"))
	return cmp.Or(email, defaultAccount(number))
}

// accountExists refuses an account that is not there as one that the caller may not act as.
func (s *Service) accountExists(email string) error {
	if s.Accounts.Exists(email) {
		return nil
	}
	return status.Errorf(status.PermissionDenied, "%s", denied(policy.Principal{}, actAs, policy.Resource{Name: email}))
}

// defaultAccount is Compute Engine's, by the number of the project.
func defaultAccount(number string) string { return number + "-compute@developer.gserviceaccount.com" }

func denied(_ policy.Principal, permission string, on policy.Resource) string {
	if permission == actAs {
		return fmt.Sprintf("Permission 'iam.serviceaccounts.actAs' denied on service account %s (or it may not exist).",
			short(on.Name))
	}
	if permission == readImage {
		return unreadable(on.Name)
	}
	return fmt.Sprintf("Permission '%s' denied on resource '%s' (or resource may not exist).", permission, on.Name)
}
