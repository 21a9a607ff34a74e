package cloud_test

import (
	"maps"
	"strings"
	"testing"
)

const budgets = "/billingbudgets/v1/billingAccounts/000000-000000-000000/budgets"

func budget(change func(map[string]any)) map[string]any {
	b := map[string]any{"displayName": "letters",
		"amount": map[string]any{"specifiedAmount": map[string]any{"units": "50"}},
		"budgetFilter": map[string]any{"projects": []string{"projects/" + project},
			"labels": map[string]any{"stack": []string{"dev"}}},
		"thresholdRules": []any{map[string]any{"thresholdPercent": 0.5}}}
	if change != nil {
		change(b)
	}
	return b
}

// A budget is a billing account's: an owner of the project may not make one.
func TestBudgets(t *testing.T) {
	w := start(t)
	email := w.account("deployer")
	w.grant(projectPolicy, "roles/owner", "serviceAccount:"+email)
	deployer := w.token(email)
	const service = "/serviceusage/v1/projects/" + project + "/services/billingbudgets.googleapis.com"
	w.call(w.owner, "POST", service+":disable", map[string]any{}).want(200)
	w.call(deployer, "POST", budgets, budget(nil)).want(403).saying("SERVICE_DISABLED")
	w.call(w.owner, "POST", service+":enable", map[string]any{}).want(200)
	w.call(deployer, "POST", budgets, budget(nil)).want(403).saying("does not have permission")
	w.call(w.owner, "POST", "/cloudbilling/v1/billingAccounts/000000-000000-000000:setIamPolicy",
		map[string]any{"policy": map[string]any{"bindings": []any{
			map[string]any{"role": "roles/billing.costsManager", "members": []string{"serviceAccount:" + email}},
			map[string]any{"role": "roles/billing.admin", "members": []string{"user:owner@example.com"}}}}}).want(200)
	made := w.call(deployer, "POST", budgets, budget(nil)).want(200)
	name := "/billingbudgets/v1/" + made.text("name")
	if made.text("amount", "specifiedAmount", "currencyCode") != "USD" ||
		made.text("budgetFilter", "creditTypesTreatment") != "INCLUDE_ALL_CREDITS" ||
		made.text("thresholdRules", 0, "spendBasis") != "CURRENT_SPEND" {
		t.Errorf("Google's defaults are not in %s", made.body)
	}
	w.call(deployer, "PATCH", name+"?updateMask=amount", budget(func(b map[string]any) {
		b["amount"] = map[string]any{"specifiedAmount": map[string]any{"units": "80"}}
		b["displayName"] = "not in the mask"
	})).want(200)
	if now := w.call(deployer, "GET", name, nil).want(200); now.text("displayName") != "letters" ||
		now.text("amount", "specifiedAmount", "units") != "80" {
		t.Errorf("after the patch: %s", now.body)
	}
	for why, wrong := range map[string]map[string]any{
		"amount must be": {"amount": nil},
		"does not match": {"amount": map[string]any{"specifiedAmount": map[string]any{"currencyCode": "EUR"}}},
		"not linked":     {"budgetFilter": map[string]any{"projects": []string{"projects/other"}}},
		"Only one label": {"budgetFilter": map[string]any{
			"labels": map[string]any{"a": []string{"1"}, "b": []string{"1"}}}},
		"must not be neg": {"thresholdRules": []any{map[string]any{"thresholdPercent": -1}}},
		"does not exist":  {"notificationsRule": map[string]any{"monitoringNotificationChannels": []string{"x"}}},
		"Cannot find":     {"amont": 1},
		"at most 60":      {"displayName": strings.Repeat("x", 61)},
		"Invalid JSON":    {"thresholdRules": "all"},
	} {
		w.call(w.owner, "POST", budgets, budget(func(b map[string]any) { maps.Copy(b, wrong) })).want(400).saying(why)
	}
	w.restart()
	w.call(w.owner, "GET", budgets, nil).want(200).saying(made.text("name"))
	w.call(w.owner, "DELETE", name, nil).want(200)
	w.call(w.owner, "DELETE", name, nil).want(404)
}

// An alert from log lines takes a right of Cloud Logging's, which the roles of Cloud Monitoring do not hold.
func TestAlertsFromLogs(t *testing.T) {
	w := start(t)
	email := w.account("deployer")
	w.grant(projectPolicy, "roles/monitoring.editor", "serviceAccount:"+email)
	deployer := w.token(email)
	const alerts = "/monitoring/v3/projects/" + project + "/alertPolicies"
	alert := func(condition, filter string, strategy map[string]any) map[string]any {
		return map[string]any{"displayName": "letters", "combiner": "OR", "alertStrategy": strategy,
			"conditions": []any{map[string]any{"displayName": "some", condition: map[string]any{"filter": filter}}}}
	}
	w.call(deployer, "POST", alerts, alert("conditionThreshold", `metric.type="x"`, nil)).want(200)
	fromLog := alert("conditionMatchedLog", "severity=ERROR",
		map[string]any{"notificationRateLimit": map[string]any{"period": "3600s"}})
	w.call(deployer, "POST", alerts, fromLog).want(403).saying("does not have permission")
	w.grant(projectPolicy, "roles/logging.configWriter", "serviceAccount:"+email)
	w.call(deployer, "POST", alerts, fromLog).want(200)
}

// Where logs go, and for how long they are kept.
func TestLogConfiguration(t *testing.T) {
	w := start(t)
	const logging = "/logging/v2/projects/" + project
	const bucket = "projects/" + project + "/locations/us-central1/buckets/letters"
	buckets := logging + "/locations/us-central1/buckets"
	email := w.account("deployer")
	writer := w.token(email)
	w.call(writer, "POST", buckets+"?bucketId=letters", map[string]any{"retentionDays": 7}).want(403)
	w.grant(projectPolicy, "roles/logging.configWriter", "serviceAccount:"+email)
	w.call(writer, "POST", buckets+"?bucketId=letters", map[string]any{"retentionDays": 7}).want(200).saying(bucket)
	w.call(writer, "POST", buckets+"?bucketId=letters", map[string]any{}).want(409)
	w.call(writer, "POST", buckets+"?bucketId=more", map[string]any{"retentionDays": 3651}).want(400).
		saying("between 1 and 3650")
	w.call(writer, "POST", buckets+"?bucketId=-", map[string]any{}).want(400)

	sink := map[string]any{"name": "letters", "filter": `severity="ERROR"`,
		"destination": "logging.googleapis.com/" + bucket}
	w.call(writer, "POST", logging+"/sinks?uniqueWriterIdentity=true", sink).want(200).saying(project + "/sinks/letters")
	w.call(writer, "POST", logging+"/sinks", map[string]any{"name": "other",
		"destination": "logging.googleapis.com/" + bucket + "x"}).want(404)
	w.call(writer, "POST", logging+"/sinks", map[string]any{"name": "other", "filter": "(",
		"destination": "logging.googleapis.com/" + bucket}).want(501)
	w.call(writer, "PATCH", logging+"/sinks/letters?updateMask=filter",
		map[string]any{"filter": `severity="INFO"`}).want(200)
	w.call(writer, "PATCH", logging+"/sinks/letters?updateMask=name", map[string]any{"name": "x"}).want(400)
	w.call(writer, "POST", logging+"/exclusions", map[string]any{"name": "letters"}).want(400).saying("must have a filter")
	w.call(writer, "POST", logging+"/exclusions",
		map[string]any{"name": "letters", "filter": `severity="INFO"`}).want(200)
	w.restart()
	for _, collection := range []string{"/sinks", "/exclusions", "/locations/us-central1/buckets"} {
		w.call(writer, "GET", logging+collection, nil).want(200).saying("letters")
		w.call(writer, "DELETE", logging+collection+"/letters", nil).want(200)
	}
	w.call(writer, "GET", logging+"/sinks/letters", nil).want(404)
	// The bucket is there for a week, and changes only when it is taken back.
	w.call(writer, "GET", buckets+"/letters", nil).want(200).saying("DELETE_REQUESTED")
	w.call(writer, "PATCH", buckets+"/letters?updateMask=retentionDays", map[string]any{"retentionDays": 8}).want(400)
	w.call(writer, "POST", buckets+"/letters:undelete", map[string]any{}).want(200)
	w.call(writer, "PATCH", buckets+"/letters?updateMask=retentionDays", map[string]any{"retentionDays": 8}).want(200)
}
