package docx2pdf

import (
	"fmt"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/cloudrunv2"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/monitoring"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/pubsub"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

type watchingArgs struct {
	*settings
	// enabledProject is the project's id once its APIs are enabled.
	enabledProject pulumi.StringOutput
	service        *cloudrunv2.Service
	push           *pubsub.Subscription // nil without events
}

// watching is the dashboard, and the alerts, the budget and a log of its own when somebody wants them.
type watching struct {
	pulumi.ResourceState
}

func newWatching(ctx *pulumi.Context, name string, args *watchingArgs,
	opts ...pulumi.ResourceOption) (*watching, error) {
	c := &watching{}
	if err := ctx.RegisterComponentResource("docx2pdf:infra:Watching", name, c, opts...); err != nil {
		return nil, err
	}
	_, err := monitoring.NewDashboard(ctx, name+"-dashboard", &monitoring.DashboardArgs{
		Project:       pulumi.String(args.project),
		DashboardJson: dashboard(args),
	}, pulumi.Parent(c))
	if err != nil {
		return nil, err
	}
	email, err := c.email(ctx, name, args)
	if err != nil {
		return nil, err
	}
	if email != nil {
		if err := c.alerts(ctx, name, args, email); err != nil {
			return nil, err
		}
	}
	if err := c.budget(ctx, name, args, email); err != nil {
		return nil, err
	}
	if err := c.keepLogs(ctx, name, args); err != nil {
		return nil, err
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{})
}

// email is where alerts go; nil for nowhere.
func (c *watching) email(
	ctx *pulumi.Context, name string, args *watchingArgs,
) (*monitoring.NotificationChannel, error) {
	if args.alertEmail == "" {
		return nil, nil
	}
	return monitoring.NewNotificationChannel(ctx, name+"-email", &monitoring.NotificationChannelArgs{
		Project:     pulumi.String(args.project),
		DisplayName: pulumi.String("Docx to PDF converter"),
		Type:        pulumi.String("email"),
		Labels:      pulumi.StringMap{"email_address": pulumi.String(args.alertEmail)},
		UserLabels:  args.labels(),
	}, pulumi.Parent(c))
}

func (c *watching) alerts(
	ctx *pulumi.Context, name string, args *watchingArgs, email *monitoring.NotificationChannel,
) error {
	for _, alert := range alertsOf(args) {
		policy := &monitoring.AlertPolicyArgs{
			Project:              pulumi.String(args.project),
			DisplayName:          pulumi.String("Docx to PDF: " + alert.title),
			Combiner:             pulumi.String("OR"),
			Conditions:           monitoring.AlertPolicyConditionArray{alert.condition},
			NotificationChannels: pulumi.StringArray{email.ID()},
			Documentation: &monitoring.AlertPolicyDocumentationArgs{
				Content:  pulumi.String(alert.advice),
				MimeType: pulumi.String("text/markdown"),
			},
			UserLabels: args.labels(),
		}
		if alert.fromLog {
			// Google wants a rate limit on alerts from log lines, and only on them.
			policy.AlertStrategy = &monitoring.AlertPolicyAlertStrategyArgs{
				NotificationRateLimit: &monitoring.AlertPolicyAlertStrategyNotificationRateLimitArgs{Period: pulumi.String("3600s")},
			}
		}
		if _, err := monitoring.NewAlertPolicy(ctx, name+"-"+alert.name, policy, pulumi.Parent(c)); err != nil {
			return fmt.Errorf("alert %s: %w", alert.name, err)
		}
	}
	return nil
}
