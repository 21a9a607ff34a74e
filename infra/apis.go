package main

import (
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/projects"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// requiredAPIs are the Google Cloud services that the deployment calls.
var requiredAPIs = []string{
	"artifactregistry.googleapis.com",
	"cloudbuild.googleapis.com",
	"cloudresourcemanager.googleapis.com",
	"iam.googleapis.com",
	"logging.googleapis.com",
	"run.googleapis.com",
	"storage.googleapis.com",
}

// apis enables the Google Cloud services that everything else needs.
type apis struct {
	pulumi.ResourceState
}

func newAPIs(ctx *pulumi.Context, name string, cfg *config, opts ...pulumi.ResourceOption) (*apis, error) {
	c := &apis{}
	if err := ctx.RegisterComponentResource("docx2pdf:infra:APIs", name, c, opts...); err != nil {
		return nil, err
	}
	for _, service := range requiredAPIs {
		_, err := projects.NewService(ctx, service, &projects.ServiceArgs{
			Service: pulumi.String(service),
			// Other things in the project may use the API.
			DisableOnDestroy: pulumi.Bool(false),
		}, pulumi.Parent(c))
		if err != nil {
			return nil, err
		}
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{})
}
