package docx2pdf

import (
	"encoding/json"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// chart is one line chart of the dashboard.
type chart struct {
	title  string
	filter pulumi.StringOutput
	align  string
	reduce string
	by     string // label that makes a line of its own
}

// dashboard is the JSON of a Cloud Monitoring dashboard.
// https://cloud.google.com/monitoring/api/ref_v3/rest/v1/projects.dashboards
func dashboard(args *watchingArgs) pulumi.StringOutput {
	service := func(metric string) pulumi.StringOutput {
		return serviceMetric(args, "run.googleapis.com/"+metric)
	}
	charts := []chart{
		{"Requests by status", service("request_count"), "ALIGN_RATE", "REDUCE_SUM", "metric.label.response_code_class"},
		{"Latency, 95th percentile (ms)", service("request_latencies"), "ALIGN_PERCENTILE_95", "REDUCE_MAX", ""},
		{"Instances", service("container/instance_count"), "ALIGN_MAX", "REDUCE_SUM", "metric.label.state"},
		{"Memory used (share)", service("container/memory/utilizations"), "ALIGN_PERCENTILE_99", "REDUCE_MAX", ""},
		{"CPU used (share)", service("container/cpu/utilizations"), "ALIGN_PERCENTILE_99", "REDUCE_MAX", ""},
	}
	if args.push != nil {
		charts = append(charts,
			chart{"Documents waiting", subscriptionMetric(args,
				"pubsub.googleapis.com/subscription/num_undelivered_messages"), "ALIGN_MAX", "REDUCE_SUM", ""},
			chart{"Dead letters", subscriptionMetric(args,
				"pubsub.googleapis.com/subscription/dead_letter_message_count"), "ALIGN_SUM", "REDUCE_SUM", ""})
	}
	filters := make([]any, len(charts))
	for i, chart := range charts {
		filters[i] = chart.filter
	}
	return pulumi.All(filters...).ApplyT(func(resolved []any) (string, error) {
		widgets := make([]any, len(charts))
		for i, chart := range charts {
			widgets[i] = chart.widget(resolved[i].(string))
		}
		encoded, err := json.Marshal(map[string]any{
			"displayName": "Docx to PDF converter (" + args.stack + ")",
			"gridLayout":  map[string]any{"columns": "2", "widgets": widgets},
		})
		return string(encoded), err
	}).(pulumi.StringOutput)
}

func (c chart) widget(filter string) map[string]any {
	aggregation := map[string]any{
		"alignmentPeriod":    "60s",
		"perSeriesAligner":   c.align,
		"crossSeriesReducer": c.reduce,
	}
	if c.by != "" {
		aggregation["groupByFields"] = []string{c.by}
	}
	return map[string]any{
		"title": c.title,
		"xyChart": map[string]any{
			"dataSets": []any{map[string]any{
				"plotType": "LINE",
				"timeSeriesQuery": map[string]any{
					"timeSeriesFilter": map[string]any{"filter": filter, "aggregation": aggregation},
				},
			}},
		},
	}
}
