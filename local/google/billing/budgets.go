package billing

import (
	"encoding/json"
	"strings"

	"github.com/google/uuid"
	api "google.golang.org/api/billingbudgets/v1"

	"docx2pdf/local/google/project"
	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/status"
)

// Budget is one budget of a billing account.
type Budget = api.GoogleCloudBillingBudgetsV1Budget

// currency is the billing account's.
const currency = "USD"

func nameOf(r *rest.Request) string { return r.Name("billingAccounts", "{account}", "budgets", "{id}") }

func (s *Service) create(r *rest.Request) (any, error) {
	var b Budget
	if err := r.Decode(&b); err != nil {
		return nil, err
	}
	if err := s.check(&b); err != nil {
		return nil, err
	}
	r.SetVar("id", uuid.NewString())
	b.Name, b.Etag = nameOf(r), uuid.NewString()
	return b, s.budgets.Put(b.Name, b)
}

func (s *Service) list(r *rest.Request) (any, error) {
	var answer api.GoogleCloudBillingBudgetsV1ListBudgetsResponse
	for _, b := range s.budgets.List(r.Name("billingAccounts", "{account}", "budgets") + "/") {
		answer.Budgets = append(answer.Budgets, &b)
	}
	return answer, nil
}

func (s *Service) get(r *rest.Request) (any, error) {
	b, ok := s.budgets.Get(nameOf(r))
	if !ok {
		return nil, notFound()
	}
	return b, nil
}

// patch changes the fields of the mask, or all without one.
func (s *Service) patch(r *rest.Request) (any, error) {
	var given map[string]json.RawMessage
	if err := r.Decode(&given); err != nil {
		return nil, err
	}
	mask := r.URL.Query().Get("updateMask")
	return s.budgets.Update(nameOf(r), func(b *Budget, exists bool) error {
		if !exists {
			return notFound()
		}
		fields := map[string]json.RawMessage{}
		if mask != "" {
			if err := remake(*b, &fields); err != nil {
				return err
			}
			for field := range strings.SplitSeq(mask, ",") {
				field, _, _ = strings.Cut(field, ".")
				delete(fields, field)
				if value, ok := given[field]; ok {
					fields[field] = value
				}
			}
		} else {
			fields = given
		}
		var changed Budget
		if err := remake(fields, &changed); err != nil {
			return status.Errorf(status.InvalidArgument, "Invalid JSON payload received. %v", err)
		}
		changed.Name, changed.Etag = b.Name, uuid.NewString()
		*b = changed
		return s.check(b)
	})
}

func remake(from, to any) error {
	text, err := json.Marshal(from)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, to)
}

func (s *Service) delete(r *rest.Request) (any, error) {
	existed, err := s.budgets.Delete(nameOf(r))
	if err == nil && !existed {
		err = notFound()
	}
	return rest.Empty{}, err
}

func notFound() error { return status.Errorf(status.NotFound, "Requested entity was not found.") }

// check refuses what Google refuses, and fills in its defaults.
// https://cloud.google.com/billing/docs/reference/budget/rest/v1/billingAccounts.budgets#Budget
func (s *Service) check(b *Budget) error {
	if err := Refusals.Check("budgets", b); err != nil {
		return err
	}
	if (b.Amount.SpecifiedAmount == nil) == (b.Amount.LastPeriodAmount == nil) {
		return Refusals.Refuse("budgets", "amount", "either", nil)
	}
	if m := b.Amount.SpecifiedAmount; m != nil {
		if m.CurrencyCode != "" && m.CurrencyCode != currency {
			return Refusals.Refuse("budgets", "amount.specifiedAmount.currencyCode", "currency", m.CurrencyCode,
				"currency", currency)
		}
		m.CurrencyCode = currency
	}
	for _, rule := range b.ThresholdRules {
		if rule.SpendBasis == "" || rule.SpendBasis == "BASIS_UNSPECIFIED" {
			rule.SpendBasis = "CURRENT_SPEND"
		}
	}
	if n := b.NotificationsRule; n != nil {
		for _, channel := range n.MonitoringNotificationChannels {
			if !s.channels(channel) {
				return Refusals.Refuse("budgets", "notificationsRule.monitoringNotificationChannels[]", "unknown", channel)
			}
		}
	}
	if b.OwnershipScope == "" {
		b.OwnershipScope = "ALL_USERS"
	}
	if b.BudgetFilter == nil {
		b.BudgetFilter = &api.GoogleCloudBillingBudgetsV1Filter{}
	}
	return s.checkFilter(b.BudgetFilter)
}

func (s *Service) checkFilter(f *api.GoogleCloudBillingBudgetsV1Filter) error {
	if f.CreditTypesTreatment == "" {
		f.CreditTypesTreatment = "INCLUDE_ALL_CREDITS"
	}
	if f.CalendarPeriod == "" && f.CustomPeriod == nil {
		f.CalendarPeriod = "MONTH"
	}
	for i, name := range f.Projects {
		id, isProject := strings.CutPrefix(name, "projects/")
		id, exists := s.projects.ID(id)
		if !isProject || !exists || !s.projects.Paid(id) {
			return Refusals.Refuse("budgets", "budgetFilter.projects[]", "unlinked", name, "account", project.BillingAccount)
		}
		number, _ := s.projects.Number(id)
		f.Projects[i] = "projects/" + number
	}
	return nil
}
