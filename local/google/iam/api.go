package iam

import (
	"fmt"
	"slices"

	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/machinery/rest"
)

const accountPath = "/v1/projects/{project}/serviceAccounts/{account}"

// API is iam.googleapis.com.
func (s *Service) API() *rest.API {
	onAccount := s.onAccount
	account := func(id, method, path, permission string, handle func(*rest.Request) (any, error)) rest.Route {
		return rest.Route{ID: "iam.projects.serviceAccounts." + id, Method: method, Path: accountPath + path,
			Permission: permission, On: onAccount, Handle: handle}
	}
	return &rest.API{
		Name: "iam.googleapis.com", Title: "Identity and Access Management (IAM) API", Mount: "iam", Server: "ESF",
		ReasonedErrors: true, StatusInErrors: true, Denied: denied,
		OfCaller: true, // terraform-google-modules/terraform-example-foundation#1140
		Routes: slices.Concat([]rest.Route{
			{ID: "iam.projects.serviceAccounts.create", Method: "POST", Path: "/v1/projects/{project}/serviceAccounts",
				Permission: "iam.serviceAccounts.create", On: rest.OnProject, Handle: s.create},
			{ID: "iam.projects.serviceAccounts.list", Method: "GET", Path: "/v1/projects/{project}/serviceAccounts",
				Permission: "iam.serviceAccounts.list", On: rest.OnProject, Handle: s.list},
			account("get", "GET", "", "iam.serviceAccounts.get", s.get),
			account("patch", "PATCH", "", "iam.serviceAccounts.update", s.patch),
			account("delete", "DELETE", "", "iam.serviceAccounts.delete", s.delete),
			account("enable", "POST", ":enable", "iam.serviceAccounts.enable", s.setDisabled(false)),
			account("disable", "POST", ":disable", "iam.serviceAccounts.disable", s.setDisabled(true)),
			account("keys.create", "POST", "/keys", "iam.serviceAccountKeys.create", s.createKey),
			account("keys.list", "GET", "/keys", "iam.serviceAccountKeys.list", s.listKeys),
			account("keys.get", "GET", "/keys/{key}", "iam.serviceAccountKeys.get", s.getKey),
			account("keys.delete", "DELETE", "/keys/{key}", "iam.serviceAccountKeys.delete", s.deleteKey),
			account("keys.enable", "POST", "/keys/{key}:enable", "iam.serviceAccountKeys.enable", s.setKeyDisabled(false)),
			account("keys.disable", "POST", "/keys/{key}:disable", "iam.serviceAccountKeys.disable", s.setKeyDisabled(true)),
		}, rest.IAMPolicy{ID: "iam.projects.serviceAccounts", Path: accountPath, Permissions: "iam.serviceAccounts",
			GetMethod: "POST",
			On:        onAccount, Exists: s.exists}.Routes(s.policies), s.poolRoutes()),
	}
}

// CredentialsAPI is iamcredentials.googleapis.com.
func (s *Service) CredentialsAPI() *rest.API {
	return &rest.API{
		Name: "iamcredentials.googleapis.com", Title: "IAM Service Account Credentials API", Mount: "iamcredentials",
		Server:         "ESF",
		StatusInErrors: true, Denied: denied,
		Routes: []rest.Route{
			{ID: "iamcredentials.projects.serviceAccounts.generateAccessToken", Method: "POST", Path: accountPath +
				":generateAccessToken",
				Permission: "iam.serviceAccounts.getAccessToken", On: s.onAccount, Handle: s.generateAccessToken},
			{ID: "iamcredentials.projects.serviceAccounts.generateIdToken", Method: "POST", Path: accountPath +
				":generateIdToken",
				Permission: "iam.serviceAccounts.getOpenIdToken", On: s.onAccount, Handle: s.generateIDToken},
		},
	}
}

func denied(_ policy.Principal, permission string, _ policy.Resource) string {
	return fmt.Sprintf("Permission '%s' denied on resource (or it may not exist).", permission)
}
