package billing_test

import (
	"testing"

	"docx2pdf/local/google/billing"
	"docx2pdf/local/google/project"
	"docx2pdf/local/google/servicetest"
)

const budgets = "/billingbudgets/v1/" + project.BillingAccount + "/budgets"

func open(t *testing.T, dir string) *servicetest.World {
	t.Helper()
	w := servicetest.Start(t, dir)
	service, err := billing.Open(w.DB, w.Policies, w.Projects, w.Tokens.Owner(), func(string) bool { return false })
	if err != nil {
		t.Fatal(err)
	}
	w.Serve(nil, service.API())
	return w
}

func budget(units string) map[string]any {
	return map[string]any{"displayName": "conversions",
		"amount":       map[string]any{"specifiedAmount": map[string]any{"units": units}},
		"budgetFilter": map[string]any{"projects": []string{"projects/" + servicetest.Project}}}
}

type answer struct {
	Name, DisplayName, OwnershipScope string
	Amount                            struct {
		SpecifiedAmount struct{ Units, CurrencyCode string }
	}
	BudgetFilter struct {
		CalendarPeriod string
		Projects       []string
	}
}

func TestABudgetIsMadeReadChangedAndDeleted(t *testing.T) {
	dir := t.TempDir()
	w := open(t, dir)
	var made, read, changed answer
	w.Call("POST", budgets, budget("100")).Want(200).Into(&made)
	if number, _ := w.Projects.Number(servicetest.Project); made.OwnershipScope != "ALL_USERS" ||
		made.BudgetFilter.CalendarPeriod != "MONTH" || made.Amount.SpecifiedAmount.CurrencyCode != "USD" ||
		len(made.BudgetFilter.Projects) != 1 || made.BudgetFilter.Projects[0] != "projects/"+number {
		t.Errorf("made: %+v", made)
	}
	one := "/billingbudgets/v1/" + made.Name
	w.Call("PATCH", one+"?updateMask=amount", budget("7")).Want(200).Into(&changed)
	if changed.Amount.SpecifiedAmount.Units != "7" || changed.DisplayName != "conversions" {
		t.Errorf("changed: %+v", changed)
	}

	w.Stop()
	w = open(t, dir)
	w.Call("GET", one, nil).Want(200).Into(&read)
	if read.Amount.SpecifiedAmount.Units != "7" {
		t.Errorf("after a restart: %+v", read)
	}
	var listed struct{ Budgets []answer }
	if w.Call("GET", budgets, nil).Want(200).Into(&listed); len(listed.Budgets) != 1 {
		t.Errorf("listed: %+v", listed)
	}
	w.Call("DELETE", one, nil).Want(200)
	w.Call("GET", one, nil).Want(404)
	w.Call("DELETE", one, nil).Want(404)
	w.Call("PATCH", one, budget("7")).Want(404)
}

func TestAPatchThatIsRefusedChangesNothing(t *testing.T) {
	w := open(t, t.TempDir())
	var made, read answer
	w.Call("POST", budgets, budget("100")).Want(200).Into(&made)
	one := "/billingbudgets/v1/" + made.Name
	w.Call("PATCH", one, map[string]any{"displayName": "no amount"}).Want(400)
	w.Call("PATCH", one, budget("-1")).Want(400)
	w.Call("GET", one, nil).Want(200).Into(&read)
	if read.Amount.SpecifiedAmount.Units != "100" || read.DisplayName != "conversions" {
		t.Errorf("after refused changes: %+v", read)
	}
}
