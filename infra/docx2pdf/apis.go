package docx2pdf

import (
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/projects"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"docx2pdf/infra/google"
)

// apis enables the Google Cloud services that everything else needs.
type apis struct {
	pulumi.ResourceState

	// Project is the project's id, known once the services are enabled: look-ups
	// that use it do not run before.
	Project pulumi.StringOutput
	// Answering is this component, once all of them answer.
	Answering pulumi.ResourceArrayOutput
}

func newAPIs(ctx *pulumi.Context, name string, cfg *settings, opts ...pulumi.ResourceOption) (*apis, error) {
	c := &apis{}
	if err := ctx.RegisterComponentResource("docx2pdf:infra:APIs", name, c, opts...); err != nil {
		return nil, err
	}
	enabled := []any{}
	for _, service := range requiredAPIs(cfg) {
		api, err := projects.NewService(ctx, cfg.prefix+service, &projects.ServiceArgs{
			Project: pulumi.String(cfg.project),
			Service: pulumi.String(service),
			// Other things in the project may use the API.
			DisableOnDestroy: pulumi.Bool(false),
		}, pulumi.Parent(c))
		if err != nil {
			return nil, err
		}
		enabled = append(enabled, api.ID())
	}
	answering := pulumi.All(enabled...).ApplyT(func([]any) (bool, error) {
		if ctx.DryRun() {
			return true, nil // nothing was enabled
		}
		services := cfg.fresh(requiredAPIs(cfg))
		return true, cfg.google.AwaitAPIs(ctx.Context(), cfg.wanted, cfg.enabled, services, teller(ctx, c))
	}).(pulumi.BoolOutput)
	c.Project = answering.ApplyT(func(bool) string { return cfg.project }).(pulumi.StringOutput)
	c.Answering = answering.ApplyT(func(bool) []pulumi.Resource { return []pulumi.Resource{c} }).(pulumi.ResourceArrayOutput)
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"project": c.Project})
}

// requiredAPIs are the Google Cloud services that a deployment calls.
func requiredAPIs(cfg *settings) []string {
	services := []string{
		"cloudresourcemanager.googleapis.com",
		"iam.googleapis.com",
		"iamcredentials.googleapis.com", // people and machines act as the caller and the operators
		"monitoring.googleapis.com",
		"run.googleapis.com",
		"storage.googleapis.com",
	}
	if cfg.image == "" {
		services = append(services, "artifactregistry.googleapis.com", "cloudbuild.googleapis.com", "logging.googleapis.com")
	}
	if cfg.image != "" && cfg.logRetentionDays > 0 {
		services = append(services, "logging.googleapis.com")
	}
	if cfg.monthlyBudget > 0 {
		services = append(services, "billingbudgets.googleapis.com")
	}
	if cfg.events {
		services = append(services, "pubsub.googleapis.com")
	}
	if google.ParseKey(cfg.kmsKey).Project == cfg.project {
		services = append(services, "cloudkms.googleapis.com")
	}
	return services
}
