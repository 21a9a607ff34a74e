// Package billing is the Cloud Billing Budget API: budgets of the billing account that pays for the projects. It keeps
// them; nothing here costs anything.
// https://cloud.google.com/billing/docs/reference/budget/rest
package billing

import (
	_ "embed"

	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/google/project"
	"docx2pdf/local/machinery/refusal"
	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/store"
)

//go:embed refusals.tsv
var refusals string

// Refusals are what the Budget API refuses.
var Refusals = refusal.MustRead(refusals)

// Service keeps budgets.
type Service struct {
	projects *project.Service
	channels func(name string) bool
	budgets  *store.Collection[Budget]
}

// Open uses the budgets in the store. The owner is the billing account's administrator; channels says whether a
// notification channel of Cloud Monitoring exists.
func Open(db *store.DB, policies *policy.Engine, projects *project.Service, owner policy.Principal,
	channels func(name string) bool) (*Service, error) {
	return &Service{projects: projects, channels: channels, budgets: store.In[Budget](db, "billing/budgets")},
		policies.Grant(project.BillingAccount, "roles/billing.admin", owner.Member())
}

// Names lists all budgets, for the inventory.
func (s *Service) Names() []string { return s.budgets.Keys("") }

// API is billingbudgets.googleapis.com.
func (s *Service) API() *rest.API {
	const all, one = "/v1/billingAccounts/{account}/budgets", "/v1/billingAccounts/{account}/budgets/{id}"
	route := func(verb, method, path, permission string, handle func(*rest.Request) (any, error)) rest.Route {
		return rest.Route{ID: "billingbudgets.billingAccounts.budgets." + verb, Method: method, Path: path,
			Permission: "billing.budgets." + permission, On: rest.OnName("billingAccounts", "{account}"), Handle: handle}
	}
	return &rest.API{Name: "billingbudgets.googleapis.com", Title: "Cloud Billing Budget API", Mount: "billingbudgets",
		Server: "ESF", OfCaller: true, StatusInErrors: true,
		Routes: []rest.Route{
			route("create", "POST", all, "create", s.create),
			route("list", "GET", all, "list", s.list),
			route("get", "GET", one, "get", s.get),
			route("patch", "PATCH", one, "update", s.patch),
			route("delete", "DELETE", one, "delete", s.delete),
		}}
}
