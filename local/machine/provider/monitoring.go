package provider

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
)

const (
	monitoring = "/monitoring/v3/"
	dashboards = "/monitoring/v1/"
)

func init() {
	register(map[string]*kind{
		"gcp:monitoring/alertPolicy:AlertPolicy": {
			defaults: map[string]any{"enabled": true, "documentation.mimeType": "text/markdown"},
			rules: map[string]rule{
				"combiner": oneOf("AND", "OR", "AND_WITH_MATCHING_RESOURCE"),
				"severity": enum("CRITICAL", "ERROR", "WARNING"),
			},
			computed: []string{"project"},
			wire: map[string]string{
				"AlertPolicy.creationRecords":                            "creationRecord",
				"AlertPolicyAlertStrategy.notificationChannelStrategies": "notificationChannelStrategy",
			},
			create: createMonitored("alertPolicies", "AlertPolicy"),
			read:   readMonitored("AlertPolicy"),
			update: updateMonitored("AlertPolicy", "displayName", "combiner", "conditions", "enabled", "severity",
				"notificationChannels", "userLabels", "documentation", "alertStrategy"),
			remove: func(ctx context.Context, c *call) error { return c.delete(ctx, monitoring+c.id) },
		},
		"gcp:monitoring/notificationChannel:NotificationChannel": {
			defaults: map[string]any{"enabled": true, "forceDelete": false},
			computed: []string{"project"},
			create:   createMonitored("notificationChannels", "NotificationChannel"),
			read:     readMonitored("NotificationChannel"),
			update: updateMonitored("NotificationChannel", "displayName", "description", "type", "enabled",
				"labels", "userLabels", "sensitiveLabels"),
			remove: func(ctx context.Context, c *call) error {
				return c.delete(ctx, fmt.Sprintf("%s%s?force=%t", monitoring, c.id, c.flag("forceDelete")))
			},
		},
		"gcp:monitoring/dashboard:Dashboard": {
			computed: []string{"project"},
			create:   createDashboard, read: readDashboard, update: updateDashboard,
			remove: func(ctx context.Context, c *call) error { return c.delete(ctx, dashboards+c.id) },
		},
	})
}

// monitored is the inputs as Google's API wants them. Sensitive labels are
// ordinary labels there.
func monitored(c *call, owner string, names ...string) map[string]any {
	body := c.body(owner, names...)
	for _, name := range []string{"project", "forceDelete", "sensitiveLabels"} {
		delete(body, name)
	}
	if hidden, ok := c.inputs["sensitiveLabels"].(map[string]any); ok && owner == "NotificationChannel" {
		labels := map[string]any{}
		given, _ := c.inputs["labels"].(map[string]any)
		maps.Copy(labels, given)
		for name, field := range sensitiveLabels {
			if v := hidden[name]; !isEmpty(v) {
				labels[field] = v
			}
		}
		body["labels"] = labels
	}
	return body
}

// sensitiveLabels are the labels of a channel that Google never shows again.
var sensitiveLabels = map[string]string{"authToken": "auth_token", "password": "password", "serviceKey": "service_key"}

func createMonitored(collection, owner string) func(context.Context, *call) (string, map[string]any, error) {
	return func(ctx context.Context, c *call) (string, map[string]any, error) {
		project, err := c.project()
		if err != nil {
			return "", nil, err
		}
		answer, err := c.rest.call(ctx, http.MethodPost,
			monitoring+"projects/"+project+"/"+collection, monitored(c, owner))
		if err != nil {
			return "", nil, err
		}
		c.id, _ = answer["name"].(string)
		return c.id, nil, nil
	}
}

func readMonitored(owner string) func(context.Context, *call) (map[string]any, error) {
	return func(ctx context.Context, c *call) (map[string]any, error) {
		answer, err := c.rest.call(ctx, http.MethodGet, monitoring+c.id, nil)
		if err != nil {
			return nil, err
		}
		if labels, ok := answer["labels"].(map[string]any); ok {
			for _, field := range sensitiveLabels {
				delete(labels, field)
			}
		}
		state := c.kind.decode(owner, answer, c.schema.Outputs)
		for _, name := range []string{"project", "sensitiveLabels", "forceDelete"} {
			delete(state, name)
		}
		state["project"] = strings.Split(c.id, "/")[1]
		return state, nil
	}
}

func updateMonitored(owner string, names ...string) func(context.Context, *call) error {
	return func(ctx context.Context, c *call) error {
		_, mask := c.patch(owner, names...)
		mask = strings.ReplaceAll(mask, "sensitiveLabels", "labels")
		if mask == "" {
			return nil
		}
		_, err := c.rest.call(ctx, http.MethodPatch, monitoring+c.id+"?updateMask="+url.QueryEscape(mask),
			monitored(c, owner))
		return err
	}
}

// dashboard is the program's dashboard with the name and etag it has at Google's.
// https://cloud.google.com/monitoring/api/ref_v3/rest/v1/projects.dashboards
func dashboard(c *call) (map[string]any, error) {
	var body map[string]any
	if err := json.Unmarshal([]byte(c.text("dashboardJson")), &body); err != nil {
		return nil, fmt.Errorf("dashboardJson is not a JSON object: %w", err)
	}
	return body, nil
}

func createDashboard(ctx context.Context, c *call) (string, map[string]any, error) {
	project, err := c.project()
	if err != nil {
		return "", nil, err
	}
	body, err := dashboard(c)
	if err != nil {
		return "", nil, err
	}
	answer, err := c.rest.call(ctx, http.MethodPost, dashboards+"projects/"+project+"/dashboards", body)
	if err != nil {
		return "", nil, err
	}
	c.id, _ = answer["name"].(string)
	return c.id, nil, nil
}

func readDashboard(ctx context.Context, c *call) (map[string]any, error) {
	answer, err := c.rest.call(ctx, http.MethodGet, dashboards+c.id, nil)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(answer)
	if err != nil {
		return nil, err
	}
	return map[string]any{"dashboardJson": string(text), "project": strings.Split(c.id, "/")[1]}, nil
}

func updateDashboard(ctx context.Context, c *call) error {
	body, err := dashboard(c)
	if err != nil {
		return err
	}
	current, err := c.rest.call(ctx, http.MethodGet, dashboards+c.id, nil)
	if err != nil {
		return err
	}
	body["name"], body["etag"] = c.id, current["etag"]
	_, err = c.rest.call(ctx, http.MethodPatch, dashboards+c.id, body)
	return err
}

// sameDashboard says whether a dashboard is what the program wants, whose text
// need not have what Google adds (and so cannot take anything away, either: that
// is how the official provider does it).
func sameDashboard(now, wanted string) bool {
	var x, y any
	return json.Unmarshal([]byte(now), &x) == nil && json.Unmarshal([]byte(wanted), &y) == nil &&
		reflect.DeepEqual(inBoth(x, y), y)
}

// inBoth is x without the fields that y does not have, at all depths.
func inBoth(x, y any) any {
	switch x := x.(type) {
	case map[string]any:
		fields, _ := y.(map[string]any)
		kept := map[string]any{}
		for name, v := range x {
			if other, ok := fields[name]; ok {
				kept[name] = inBoth(v, other)
			}
		}
		return kept
	case []any:
		items, _ := y.([]any)
		kept := slices.Clone(x)
		for i := range min(len(x), len(items)) {
			kept[i] = inBoth(x[i], items[i])
		}
		return kept
	}
	return x
}
