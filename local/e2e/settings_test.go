package e2e

import (
	"net/http"
	"strings"
	"testing"
)

// TestSettings switches on, one after another, what platform teams ask for, and looks at Google Cloud for what comes of
// it. In the end nothing of it is left.
func TestSettings(t *testing.T) {
	m := newMachine(t)
	m.up()
	for _, step := range []struct {
		name string
		does func(*machine)
	}{
		{"a budget, and logs that are kept for a week", (*machine).budgetsAndLogs},
	} {
		if !t.Run(step.name, func(t *testing.T) { step.does(m.in(t)) }) {
			t.FailNow()
		}
	}
	m.unchanged()
	m.destroy()
}

// budgetsAndLogs looks at the budget and at where the log goes. The service's lines go there, and a build's do not.
func (m *machine) budgetsAndLogs() {
	budgets := m.variable("GOOGLE_BILLING_CUSTOM_ENDPOINT") + "billingAccounts/000000-000000-000000/budgets"
	if status, answer := m.call(http.MethodGet, m.variable("GOOGLE_SERVICE_USAGE_CUSTOM_ENDPOINT")+
		"v1/projects/docx2pdf-local/services/billingbudgets.googleapis.com", nil); status != http.StatusOK ||
		!strings.Contains(answer, "DISABLED") {
		m.t.Errorf("before a budget is asked for, its API is %d %s", status, answer)
	}
	m.clientConverts() // writes to the log
	m.up("monthlyBudget=50", "logRetentionDays=7", "alertEmail=me@example.com")
	m.unchanged()
	var answer struct {
		Budgets []struct {
			Amount struct{ SpecifiedAmount struct{ Units string } }
			Filter struct{ Labels map[string][]string } `json:"budgetFilter"`
			Rule   struct {
				Channels []string `json:"monitoringNotificationChannels"`
			} `json:"notificationsRule"`
		}
	}
	m.asOwner(http.MethodGet, budgets, nil, &answer)
	if len(answer.Budgets) != 1 || answer.Budgets[0].Amount.SpecifiedAmount.Units != "50" ||
		answer.Budgets[0].Filter.Labels["stack"][0] != "local" || len(answer.Budgets[0].Rule.Channels) != 1 {
		m.t.Errorf("the budgets are %+v", answer)
	}
	logging := m.variable("GOOGLE_LOGGING_CUSTOM_ENDPOINT")
	bucket := m.resource("gcp:logging/projectBucketConfig:ProjectBucketConfig", "watching-logs")["id"].(string)
	var kept struct{ RetentionDays int }
	m.asOwner(http.MethodGet, logging+bucket, nil, &kept)
	if kept.RetentionDays != 7 {
		m.t.Errorf("the log is kept for %d days", kept.RetentionDays)
	}
	sink := m.resource("gcp:logging/projectSink:ProjectSink", "docx2pdf-logs")
	exclusion := m.resource("gcp:logging/projectExclusion:ProjectExclusion", "docx2pdf-logs")
	if sink["destination"] != "logging.googleapis.com/"+bucket || sink["filter"] != exclusion["filter"] {
		m.t.Errorf("the sink %v and the exclusion %v do not belong together, or to %s", sink, exclusion, bucket)
	}
	var lines struct {
		Entries []struct{ Resource struct{ Type string } }
	}
	m.asOwner(http.MethodPost, logging+"entries:list", map[string]any{
		"resourceNames": []string{"projects/docx2pdf-local"}, "filter": sink["filter"], "pageSize": 1000}, &lines)
	for _, line := range lines.Entries {
		if line.Resource.Type != "cloud_run_revision" {
			m.t.Errorf("the sink takes a line of a %s", line.Resource.Type)
		}
	}
	if len(lines.Entries) == 0 {
		m.t.Error("the sink takes no line of the service")
	}
	m.up("monthlyBudget=80", "logRetentionDays=14")
	m.asOwner(http.MethodGet, logging+bucket, nil, &kept)
	m.asOwner(http.MethodGet, budgets, nil, &answer)
	if kept.RetentionDays != 14 || answer.Budgets[0].Amount.SpecifiedAmount.Units != "80" {
		m.t.Errorf("after a change the log is kept for %d days, and the budget is %+v", kept.RetentionDays, answer)
	}
	// Off and on again: a log bucket's name is taken for a week.
	m.up("monthlyBudget=0", "logRetentionDays=0", "alertEmail=")
	m.up("logRetentionDays=7", "monthlyBudget=50")
}
