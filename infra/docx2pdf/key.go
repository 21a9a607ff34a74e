package docx2pdf

import (
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/kms"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/projects"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/storage"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"docx2pdf/infra/google"
)

// key lets the services use the Cloud KMS key of the configuration: each keeps its part of the stack under it, as an
// account of its own.
type key struct {
	pulumi.ResourceState

	// Usable is this component, once the services may use the key.
	Usable pulumi.ResourceArrayOutput
}

// keyUser is a service that uses the key.
type keyUser struct {
	name    string // of the grant
	service string
	domain  string // of its agent's email
}

// keyUsers are the services that keep something of the stack under the key.
// https://cloud.google.com/kms/docs/cmek
func (s *settings) keyUsers() []keyUser {
	users := []keyUser{
		{"storage", "storage.googleapis.com", "gs-project-accounts"},
		{"run", "run.googleapis.com", "serverless-robot-prod"},
	}
	if s.image == "" {
		users = append(users, keyUser{"artifactregistry", "artifactregistry.googleapis.com", "gcp-sa-artifactregistry"})
	}
	if s.events {
		users = append(users, keyUser{"pubsub", "pubsub.googleapis.com", "gcp-sa-pubsub"})
	}
	return users
}

// member is the service's agent in a project.
func (u keyUser) member(number string) string {
	return "serviceAccount:service-" + number + "@" + u.domain + ".iam.gserviceaccount.com"
}

func newKey(ctx *pulumi.Context, name string, cfg *settings, project pulumi.StringOutput,
	opts ...pulumi.ResourceOption) (*key, error) {
	c := &key{}
	if err := ctx.RegisterComponentResource("docx2pdf:infra:Key", name, c, opts...); err != nil {
		return nil, err
	}
	trial := google.KeyTrial{Project: cfg.project, Region: cfg.region, Key: cfg.kmsKey}
	var granted []any
	for _, user := range cfg.keyUsers() {
		if cfg.preflight.key.untried(user) {
			trial.Services = append(trial.Services, user.service)
		}
		agent, err := c.agent(ctx, name, cfg, user, project)
		if err != nil {
			return nil, err
		}
		granted = append(granted, agent)
		if !cfg.preflight.key.grants(user) {
			continue
		}
		grant, err := kms.NewCryptoKeyIAMMember(ctx, name+"-"+user.name, &kms.CryptoKeyIAMMemberArgs{
			CryptoKeyId: pulumi.String(cfg.kmsKey),
			Role:        pulumi.String(google.UsesKey),
			Member:      agent,
		}, pulumi.Parent(c))
		if err != nil {
			return nil, err
		}
		granted = append(granted, grant.ID())
	}
	c.Usable = pulumi.All(granted...).ApplyT(func([]any) ([]pulumi.Resource, error) {
		if ctx.DryRun() {
			return []pulumi.Resource{c}, nil // nothing was granted
		}
		return []pulumi.Resource{c}, cfg.google.AwaitKey(ctx.Context(), trial, teller(ctx, c))
	}).(pulumi.ResourceArrayOutput)
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"key": pulumi.String(cfg.kmsKey)})
}

// agent is a service's own account, as a member. It exists once it was asked for.
func (c *key) agent(ctx *pulumi.Context, name string, cfg *settings, user keyUser,
	project pulumi.StringOutput) (pulumi.StringOutput, error) {
	if user.name == "storage" {
		account := storage.GetProjectServiceAccountOutput(ctx, storage.GetProjectServiceAccountOutputArgs{
			Project: project,
		}, pulumi.Parent(c))
		return account.Member(), nil
	}
	account, err := projects.NewServiceIdentity(ctx, name+"-"+user.name+"-agent", &projects.ServiceIdentityArgs{
		Project: pulumi.String(cfg.project),
		Service: pulumi.String(user.service),
	}, pulumi.Parent(c))
	if err != nil {
		return pulumi.StringOutput{}, err
	}
	return account.Member, nil
}
