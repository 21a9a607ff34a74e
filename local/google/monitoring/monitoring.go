// Package monitoring is the part of Cloud Monitoring that a deployment configures: dashboards, alert policies and
// notification channels (https://cloud.google.com/monitoring/api/ref_v3/rest). It keeps them and measures nothing.
package monitoring

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"io"
	"strings"

	v1 "google.golang.org/api/monitoring/v1"
	v3 "google.golang.org/api/monitoring/v3"

	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/machinery/refusal"
	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/status"
	"docx2pdf/local/machinery/store"
)

// document is a dashboard, a policy or a channel as JSON: fields that have their default are kept as they came.
type document = map[string]any

//go:embed refusals.tsv
var refusals string

// Refusals are what Cloud Monitoring refuses.
var Refusals = refusal.MustRead(refusals)

// Service keeps what is configured.
type Service struct {
	dashboards *store.Collection[document]
	alerts     *store.Collection[document]
	channels   *store.Collection[document]
}

// Open uses what is configured in the store.
func Open(db *store.DB) *Service {
	in := func(name string) *store.Collection[document] { return store.In[document](db, "monitoring/"+name) }
	return &Service{dashboards: in("dashboards"), alerts: in("alertPolicies"),
		channels: in("notificationChannels")}
}

// Names lists everything that is configured, for the inventory.
func (s *Service) Names() []string {
	return append(append(s.dashboards.Keys(""), s.alerts.Keys("")...), s.channels.Keys("")...)
}

// HasChannel says whether a notification channel exists.
func (s *Service) HasChannel(name string) bool {
	_, ok := s.channels.Get(name)
	return ok
}

// API is monitoring.googleapis.com.
func (s *Service) API() *rest.API {
	dashboards := kind{s.dashboards, "dashboards", "dashboards", func() any { return new(v1.Dashboard) }, s.checkDashboard}
	alerts := kind{s.alerts, "alertPolicies", "alertPolicies", func() any { return new(v3.AlertPolicy) }, s.checkAlert}
	channels := kind{s.channels, "notificationChannels", "notificationChannels",
		func() any { return new(v3.NotificationChannel) }, s.checkChannel}
	routes := dashboards.routes("v1", replace)
	routes = append(routes, alerts.routes("v3", merge)...)
	routes = append(routes, channels.routes("v3", merge)...)
	for i := range routes {
		switch routes[i].ID {
		case "monitoring.projects.notificationChannels.delete":
			routes[i].Handle = s.deleteChannel
		case "monitoring.projects.alertPolicies.create":
			routes[i].Also = []rest.Need{notifiesOfLogs}
		}
	}
	return &rest.API{Name: "monitoring.googleapis.com", Title: "Cloud Monitoring API", Mount: "monitoring", Server: "ESF",
		StatusInErrors: true, Default: true, Routes: routes}
}

// notifiesOfLogs is what an alert from log lines takes beside what every policy takes, which the roles of Cloud
// Monitoring do not hold.
// https://github.com/hashicorp/terraform-provider-google/issues/11603
// https://cloud.google.com/unified-maintenance/docs/access-control
var notifiesOfLogs = rest.Need{
	Permission: "logging.notificationRules.create", Of: "an alert from log lines",
	On: func(r *rest.Request) ([]policy.Resource, error) {
		var alert v3.AlertPolicy
		if err := r.Peek(&alert); err != nil {
			return nil, nil // the handler's to refuse
		}
		for _, condition := range alert.Conditions {
			if condition != nil && condition.ConditionMatchedLog != nil {
				on, err := rest.OnProject(r)
				return []policy.Resource{on}, err
			}
		}
		return nil, nil
	},
}

// read takes a document from the body and checks that it has only fields which Google knows, of Google's types.
func read(r *rest.Request, message any) (document, error) {
	data, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return nil, status.Errorf(status.InvalidArgument, "Reading the request body: %v.", err)
	}
	r.Body = io.NopCloser(bytes.NewReader(data))
	if err := r.Decode(message); err != nil {
		return nil, err
	}
	var d document
	if err := json.Unmarshal(data, &d); err != nil || d == nil {
		return nil, status.Errorf(status.InvalidArgument, "Invalid JSON payload received. An object was expected.")
	}
	return d, nil
}

func (s *Service) checkDashboard(d document, _ string) error {
	if err := Refusals.Check("dashboards", d); err != nil {
		return err
	}
	layouts := 0
	for _, layout := range []string{"gridLayout", "mosaicLayout", "rowLayout", "columnLayout"} {
		if _, ok := d[layout]; ok {
			layouts++
		}
	}
	if layouts > 1 {
		return Refusals.Refuse("dashboards", "columnLayout", "one", nil)
	}
	return nil
}

func (s *Service) checkAlert(d document, project string) error {
	if err := Refusals.Check("alertPolicies", d); err != nil {
		return err
	}
	conditions, _ := d["conditions"].([]any)
	strategy, _ := d["alertStrategy"].(document)
	limit, limited := strategy["notificationRateLimit"].(document)
	for _, condition := range conditions {
		fields, _ := condition.(document)
		_, matched := fields["conditionMatchedLog"]
		switch {
		case matched && len(conditions) > 1:
			return Refusals.Refuse("alertPolicies", "conditions", "single", nil)
		case matched && !limited:
			return Refusals.Refuse("alertPolicies", "conditions", "log", nil)
		case !matched && limited:
			return Refusals.Refuse("alertPolicies", "alertStrategy", "metric", nil,
				"seconds", strings.TrimSuffix(text(limit["period"]), "s"))
		}
	}
	channels, _ := d["notificationChannels"].([]any)
	for _, channel := range channels {
		name, _ := channel.(string)
		if _, ok := s.channels.Get(name); !ok || !strings.HasPrefix(name, "projects/"+project+"/") {
			return Refusals.Refuse("alertPolicies", "notificationChannels", "unknown", nil, "channel", name)
		}
	}
	return nil
}

func (s *Service) checkChannel(d document, _ string) error {
	if err := Refusals.Check("notificationChannels", d); err != nil {
		return err
	}
	labels, _ := d["labels"].(document)
	if d["type"] == "email" && !strings.Contains(text(labels["email_address"]), "@") {
		return Refusals.Refuse("notificationChannels", "labels", "email", nil)
	}
	return nil
}

// deleteChannel refuses to delete a channel that a policy notifies, unless told to.
// https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.notificationChannels/delete
func (s *Service) deleteChannel(r *rest.Request) (any, error) {
	name := nameOf(r, "notificationChannels")
	for _, alert := range s.alerts.List("projects/" + r.Var("project") + "/") {
		channels, _ := alert["notificationChannels"].([]any)
		for _, channel := range channels {
			if channel == name && r.URL.Query().Get("force") != "true" {
				return nil, status.Errorf(status.FailedPrecondition, "The notification channel %s is used by the alert policy %s.",
					name, alert["name"])
			}
		}
	}
	return remove(s.channels, name)
}

func text(v any) string {
	s, _ := v.(string)
	return s
}
