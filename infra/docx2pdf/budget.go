package docx2pdf

import (
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/billing"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/monitoring"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/organizations"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// budget tells the billing account's administrators, and who gets the alerts, what part of it a month has taken. It
// counts what carries the stack's label, so that the project's other costs are not in it; a budget takes one label.
// https://cloud.google.com/billing/docs/how-to/budgets
func (c *watching) budget(
	ctx *pulumi.Context, name string, args *watchingArgs, email *monitoring.NotificationChannel,
) error {
	if args.monthlyBudget == 0 {
		return nil
	}
	project := organizations.LookupProjectOutput(ctx, organizations.LookupProjectOutputArgs{
		ProjectId: args.enabledProject,
	}, pulumi.Parent(c))
	budget := &billing.BudgetArgs{
		BillingAccount: pulumi.String(args.billingAccount),
		DisplayName:    pulumi.String(cut("Docx to PDF: "+args.serviceName+" of "+args.stack, 60)),
		BudgetFilter: &billing.BudgetBudgetFilterArgs{
			Projects:       pulumi.StringArray{pulumi.Sprintf("projects/%s", project.Number())},
			Labels:         pulumi.StringMap{"stack": pulumi.String(labelValue(args.stack))},
			CalendarPeriod: pulumi.String("MONTH"),
		},
		Amount: &billing.BudgetAmountArgs{SpecifiedAmount: &billing.BudgetAmountSpecifiedAmountArgs{
			Units: pulumi.Sprintf("%d", args.monthlyBudget),
		}},
		ThresholdRules: billing.BudgetThresholdRuleArray{
			&billing.BudgetThresholdRuleArgs{ThresholdPercent: pulumi.Float64(0.5)},
			&billing.BudgetThresholdRuleArgs{ThresholdPercent: pulumi.Float64(1)},
			&billing.BudgetThresholdRuleArgs{
				ThresholdPercent: pulumi.Float64(1), SpendBasis: pulumi.String("FORECASTED_SPEND"),
			},
		},
	}
	if email != nil {
		budget.AllUpdatesRule = &billing.BudgetAllUpdatesRuleArgs{
			MonitoringNotificationChannels: pulumi.StringArray{email.ID()},
		}
	}
	_, err := billing.NewBudget(ctx, name+"-budget", budget, pulumi.Parent(c))
	return err
}

// cut is the beginning of a text, at most so many bytes.
func cut(text string, most int) string { return text[:min(len(text), most)] }
