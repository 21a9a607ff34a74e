// Package monitoring is the part of Cloud Monitoring that a deployment configures: dashboards, alert policies and
// notification channels (https://cloud.google.com/monitoring/api/ref_v3/rest). It keeps them and measures nothing.
package monitoring

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"

	v1 "google.golang.org/api/monitoring/v1"
	v3 "google.golang.org/api/monitoring/v3"

	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/status"
	"docx2pdf/local/machinery/store"
)

// document is a dashboard, a policy or a channel as JSON: fields that have their default are kept as they came.
type document = map[string]any

// Service keeps what is configured.
type Service struct {
	policies   *policy.Engine
	dashboards *store.Collection[document]
	alerts     *store.Collection[document]
	channels   *store.Collection[document]
}

// Open uses what is configured in the store.
func Open(db *store.DB, policies *policy.Engine) *Service {
	in := func(name string) *store.Collection[document] { return store.In[document](db, "monitoring/"+name) }
	return &Service{policies: policies, dashboards: in("dashboards"), alerts: in("alertPolicies"),
		channels: in("notificationChannels")}
}

// Names lists everything that is configured, for the inventory.
func (s *Service) Names() []string {
	return append(append(s.dashboards.Keys(""), s.alerts.Keys("")...), s.channels.Keys("")...)
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
		if routes[i].ID == "monitoring.projects.notificationChannels.delete" {
			routes[i].Handle = s.deleteChannel
		}
	}
	return &rest.API{Name: "monitoring.googleapis.com", Title: "Cloud Monitoring API", Mount: "monitoring", Server: "ESF",
		StatusInErrors: true, Default: true, Routes: routes}
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
	if name, _ := d["displayName"].(string); name == "" {
		return status.Errorf(status.InvalidArgument, "Field displayName is required.")
	}
	layouts := 0
	for _, layout := range []string{"gridLayout", "mosaicLayout", "rowLayout", "columnLayout"} {
		if _, ok := d[layout]; ok {
			layouts++
		}
	}
	if layouts > 1 {
		return status.Errorf(status.InvalidArgument, "Only one layout may be set.")
	}
	return nil
}

func (s *Service) checkAlert(d document, project string) error {
	conditions, _ := d["conditions"].([]any)
	if combiner, _ := d["combiner"].(string); combiner == "" || len(conditions) == 0 {
		return status.Errorf(status.InvalidArgument,
			"Field alert_policy.combiner and at least one of alert_policy.conditions are required.")
	}
	strategy, _ := d["alertStrategy"].(document)
	_, limited := strategy["notificationRateLimit"]
	for _, condition := range conditions {
		// https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.alertPolicies#AlertStrategy
		fields, _ := condition.(document)
		if _, matched := fields["conditionMatchedLog"]; matched != limited {
			return status.Errorf(status.InvalidArgument,
				"Field alert_policy.alert_strategy.notification_rate_limit is required for log match conditions, and allowed "+
					"for them only.")
		}
	}
	channels, _ := d["notificationChannels"].([]any)
	for _, channel := range channels {
		name, _ := channel.(string)
		if _, ok := s.channels.Get(name); !ok || !strings.HasPrefix(name, "projects/"+project+"/") {
			return status.Errorf(status.InvalidArgument, "The notification channel %q does not exist.", name)
		}
	}
	return nil
}

func (s *Service) checkChannel(d document, _ string) error {
	labels, _ := d["labels"].(document)
	if d["type"] == "email" && !strings.Contains(text(labels["email_address"]), "@") {
		return status.Errorf(status.InvalidArgument,
			"Field notification_channel.labels['email_address'] must be an email address.")
	}
	if text(d["type"]) == "" {
		return status.Errorf(status.InvalidArgument, "Field notification_channel.type is required.")
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
