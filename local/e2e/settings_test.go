package e2e

import (
	"bufio"
	"net/http"
	"os"
	"os/exec"
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
		{"labels, an audience of its own and a VPC network", (*machine).labelsAndNetwork},
		{"a service that only Google Cloud reaches", (*machine).insideOnly},
	} {
		if !t.Run(step.name, func(t *testing.T) { step.does(m.in(t)) }) {
			t.FailNow()
		}
	}
	m.unchanged()
	m.interruptsDestroy()
	m.destroy()
}

// interruptsDestroy sends Ctrl-C once something is gone. What is left is the next destroy's.
func (m *machine) interruptsDestroy() {
	m.t.Helper()
	destroy := exec.Command("pulumi", "destroy", "--stack", "local", "--yes", "--skip-preview", "--non-interactive",
		"--parallel", "1")
	destroy.Dir, destroy.Env = m.dir, m.env
	if path, err := lookPath("pulumi", m.env); err == nil {
		destroy.Path, destroy.Err = path, nil
	}
	out, err := destroy.StdoutPipe()
	if err != nil {
		m.t.Fatal(err)
	}
	if err := destroy.Start(); err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { _ = destroy.Process.Kill() }) // when the test fails before it ends
	deleted := 0
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.Contains(lines.Text(), " deleted ") {
			if deleted++; deleted == 5 {
				_ = destroy.Process.Signal(os.Interrupt)
			}
		}
	}
	_ = destroy.Wait()
	if left := m.run(".local/bin/local", "inventory"); deleted < 5 || left == "" {
		m.t.Errorf("the destroy was not interrupted: after %d deletions there is left:\n%s", deleted, left)
	}
}

// labelsAndNetwork looks at Google for what the program asks for, and calls by the other audience.
func (m *machine) labelsAndNetwork() {
	set := func(key, value string) { m.run("pulumi", "config", "set", "--stack", "local", "--path", key, value) }
	set("labels[0]", "team=letters")
	set("customAudiences[0]", "https://pdf.example.com")
	m.up("vpcNetwork=default", "vpcEgress=all-traffic")
	m.unchanged()
	var service struct {
		Labels   map[string]string
		Template struct {
			VpcAccess struct {
				Egress            string
				NetworkInterfaces []struct{ Network string }
			}
		}
	}
	m.asOwner(http.MethodGet, m.variable("GOOGLE_CLOUD_RUN_V2_CUSTOM_ENDPOINT")+
		"projects/docx2pdf-local/locations/us-central1/services/docx2pdf", nil, &service)
	access := service.Template.VpcAccess
	if access.Egress != "ALL_TRAFFIC" || len(access.NetworkInterfaces) != 1 {
		m.t.Errorf("the service's way out is %+v", access)
	}
	outputs := m.outputs()
	var bucket struct{ Labels map[string]string }
	m.asOwner(http.MethodGet, m.variable("GOOGLE_STORAGE_CUSTOM_ENDPOINT")+"b/"+outputs["inputBucket"], nil, &bucket)
	for what, labels := range map[string]map[string]string{"service": service.Labels, "bucket": bucket.Labels} {
		if labels["team"] != "letters" || labels["stack"] != "local" {
			m.t.Errorf("the %s has the labels %v", what, labels)
		}
	}
	for audience, want := range map[string]int{
		"https://pdf.example.com": http.StatusOK, "https://other.example.com": http.StatusUnauthorized,
	} {
		token := "Bearer " + m.idToken(outputs["key"], audience)
		if status, body := m.get(outputs["url"], token); status != want {
			m.t.Errorf("with the audience %s: %d %s", audience, status, body)
		}
	}
	m.run("pulumi", "config", "rm", "--stack", "local", "customAudiences")
	m.up("vpcNetwork=", "vpcEgress=private-ranges-only")
}

// insideOnly: callers outside get Google's 404, and an uploaded document is converted, for Pub/Sub is inside.
func (m *machine) insideOnly() {
	for _, ingress := range []string{"internal-and-cloud-load-balancing", "internal"} {
		m.up("ingress=" + ingress)
		outputs := m.outputs()
		token := "Bearer " + m.idToken(outputs["key"], outputs["url"])
		if status, body := m.get(outputs["url"], token); status != http.StatusNotFound ||
			!strings.Contains(body, "Page not found") {
			m.t.Errorf("from outside a service with ingress %s answers %d %s", ingress, status, body)
		}
	}
	m.upload("inside.docx", "demo.docx")
	m.appears("inside.pdf")
	m.up("ingress=all")
	m.clientConverts()
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
