package docx2pdf

import (
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/monitoring"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// alert is one thing that somebody wants to hear about.
type alert struct {
	name, title string
	// advice is what the email says to do, in Markdown.
	advice    string
	condition *monitoring.AlertPolicyConditionArgs
	fromLog   bool
}

// engineReplaced is what the service logs when it has to start LibreOffice again.
const engineReplaced = "the fork server ended and is being replaced"

func alertsOf(args *watchingArgs) []alert {
	alerts := []alert{
		{
			name: "failures", title: "the service fails",
			advice: "More than 1 in 20 requests were answered with a 5xx. A bad document never is: look at the service's log " +
				"for what it says of LibreOffice, of storage, or of memory.",
			condition: ratioOf5xx(args),
		},
		{
			name: "latency", title: "conversions are slow",
			advice: "One request in twenty took longer than 30 seconds, for ten minutes. Raise `cpu` or `maxInstances`, " +
				"or look for the documents in the service's log.",
			condition: threshold("95th percentile of request latency",
				serviceMetric(args, "run.googleapis.com/request_latencies"),
				30_000, "600s", "ALIGN_PERCENTILE_95", "REDUCE_MAX"),
		},
		{
			name: "restarts", title: "LibreOffice restarts", fromLog: true,
			advice: "The converter had to start LibreOffice again. Once is nothing; if it goes on, raise `memory` and look at " +
				"the log lines before this one.",
			condition: &monitoring.AlertPolicyConditionArgs{
				DisplayName: pulumi.String("engine restarted"),
				ConditionMatchedLog: &monitoring.AlertPolicyConditionConditionMatchedLogArgs{
					Filter: pulumi.Sprintf(`resource.type="cloud_run_revision" AND resource.labels.service_name="%s" AND jsonPayload.message="%s"`,
						args.service.Name, engineReplaced),
				},
			},
		},
	}
	if args.push != nil {
		alerts = append(alerts, alert{
			name: "dead-letters", title: "documents could not be converted",
			advice: "Pub/Sub gave up on at least one document. `gcloud pubsub subscriptions pull` on the stack's output " +
				"`deadLetters` names it; the service's log says why.",
			condition: threshold("dead letters", subscriptionMetric(args,
				"pubsub.googleapis.com/subscription/dead_letter_message_count"),
				0, "0s", "ALIGN_SUM", "REDUCE_SUM"),
		})
	}
	return alerts
}

func serviceMetric(args *watchingArgs, metric string) pulumi.StringOutput {
	return pulumi.Sprintf(`metric.type="%s" AND resource.type="cloud_run_revision" AND resource.labels.service_name="%s" AND resource.labels.location="%s"`,
		metric, args.service.Name, args.region)
}

func subscriptionMetric(args *watchingArgs, metric string) pulumi.StringOutput {
	return pulumi.Sprintf(`metric.type="%s" AND resource.type="pubsub_subscription" AND resource.labels.subscription_id="%s"`, metric, args.push.Name)
}

// threshold is the condition that a metric, over five minutes, is above a value
// for a duration.
func threshold(name string, filter pulumi.StringInput, above float64, duration, align,
	reduce string) *monitoring.AlertPolicyConditionArgs {
	return &monitoring.AlertPolicyConditionArgs{
		DisplayName: pulumi.String(name),
		ConditionThreshold: &monitoring.AlertPolicyConditionConditionThresholdArgs{
			Filter:         filter,
			Comparison:     pulumi.String("COMPARISON_GT"),
			ThresholdValue: pulumi.Float64(above),
			Duration:       pulumi.String(duration),
			Aggregations: monitoring.AlertPolicyConditionConditionThresholdAggregationArray{
				&monitoring.AlertPolicyConditionConditionThresholdAggregationArgs{
					AlignmentPeriod:    pulumi.String("300s"),
					PerSeriesAligner:   pulumi.String(align),
					CrossSeriesReducer: pulumi.String(reduce),
				},
			},
		},
	}
}

// ratioOf5xx is the condition that the service fails on more than a twentieth of
// its requests.
func ratioOf5xx(args *watchingArgs) *monitoring.AlertPolicyConditionArgs {
	all := serviceMetric(args, "run.googleapis.com/request_count")
	condition := threshold("share of 5xx answers", pulumi.Sprintf(`%s AND metric.labels.response_code_class="5xx"`, all),
		0.05, "300s", "ALIGN_RATE", "REDUCE_SUM")
	ratio := condition.ConditionThreshold.(*monitoring.AlertPolicyConditionConditionThresholdArgs)
	ratio.DenominatorFilter = all
	ratio.DenominatorAggregations = monitoring.AlertPolicyConditionConditionThresholdDenominatorAggregationArray{
		&monitoring.AlertPolicyConditionConditionThresholdDenominatorAggregationArgs{
			AlignmentPeriod:    pulumi.String("300s"),
			PerSeriesAligner:   pulumi.String("ALIGN_RATE"),
			CrossSeriesReducer: pulumi.String("REDUCE_SUM"),
		},
	}
	return condition
}
