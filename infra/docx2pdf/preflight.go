package docx2pdf

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/organizations"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumiconfig "github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
	"golang.org/x/oauth2"
	"golang.org/x/sync/errgroup"

	"docx2pdf/infra/google"
)

// preflight is what is known of the project before anything is made.
type preflight struct {
	google *google.Client
	// wanted is what the deployment asks of the project, enabled the APIs that the project had before.
	wanted  google.Wanted
	enabled *google.Enabled
	// service is what has the name of the stack's service, nil for nothing.
	service *google.Service
	// key is who may use the key of the configuration, nil without one.
	key *keyGrants
	// caller is what has the id of the stack's caller, nil for nothing.
	caller *google.Account
	// begins is whether the stack's state has nothing yet.
	begins bool
}

// newPreflight looks at the project, and refuses a deployment that cannot work there.
func newPreflight(ctx *pulumi.Context, cfg *settings) (*preflight, error) {
	client, err := newGoogle(ctx, cfg)
	if err != nil {
		return nil, err
	}
	memory, _ := mebibytes(cfg.memory)
	p := &preflight{google: client, wanted: google.Wanted{
		Project: cfg.project, Region: cfg.region,
		Instances: cfg.maxInstances, MilliCPU: int64(cfg.cpu) * 1000, Memory: int64(memory) << 20,
	}}
	group, within := errgroup.WithContext(ctx.Context())
	group.Go(func() (err error) {
		p.enabled, err = client.Check(within, p.wanted)
		return err
	})
	var crowded string
	var iamSays error
	group.Go(func() error {
		crowded = client.Crowded(within, p.wanted, cfg.serviceName)
		return nil
	})
	group.Go(func() error {
		p.service = client.Service(within, cfg.project, cfg.region, cfg.serviceName)
		return nil
	})
	group.Go(func() error {
		p.caller, iamSays = client.Account(within, cfg.project, cfg.callerName)
		return nil
	})
	if cfg.monthlyBudget > 0 && cfg.billingAccount == "" {
		group.Go(func() (err error) {
			cfg.billingAccount, err = client.BillingAccount(within, cfg.project)
			return err
		})
	}
	var move error
	group.Go(func() error {
		now := deployedResources(ctx)
		p.begins = holdsNothing(now)
		move = p.checkMove(within, ctx, cfg, deployedBuckets(now, cfg))
		if !cfg.createKey || hasCallerKey(now, cfg) {
			return nil
		}
		return p.checkCallerKey(within, cfg)
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	if move != nil {
		return nil, move
	}
	if err := p.enabled.Elsewhere(iamSays); err != nil {
		return nil, err
	}
	p.wanted.BillingAccount = cfg.billingAccount // which may have been looked up just now
	if err := errors.Join(p.checkOwner(cfg), p.checkCaller(cfg)); err != nil {
		return nil, err
	}
	if crowded != "" {
		_ = ctx.Log.Warn(crowded, nil)
	}
	if cfg.kmsKey != "" {
		if err := p.checkKey(ctx, cfg); err != nil {
			return nil, err
		}
	}
	return p, p.enableFirst(ctx)
}

// enableFirst enables the API with which Pulumi's provider looks at every other one, and which new projects lack.
func (p *preflight) enableFirst(ctx *pulumi.Context) error {
	const first = "cloudresourcemanager.googleapis.com"
	if p.enabled == nil || p.enabled.Has(first) || ctx.DryRun() {
		return nil
	}
	return p.google.Enable(ctx.Context(), p.wanted, p.enabled, first, teller(ctx, nil))
}

// checkCallerKey refuses to begin what would end without a key. Keys that are there go on working.
func (p *preflight) checkCallerKey(ctx context.Context, cfg *settings) error {
	constraint := p.google.KeysForbidden(ctx, cfg.project)
	if constraint == "" {
		return nil
	}
	return fmt.Errorf("the organisation of the project %s forbids keys of service accounts (%s): run \"pulumi config set "+
		"createKey false\"; callers then act as the account, or are in invokers", cfg.project, constraint)
}

// checkOwner refuses a service of the same name that is not this stack's: Pulumi would say that it exists, and whoever
// deletes it then deletes what others use.
func (p *preflight) checkOwner(cfg *settings) error {
	if p.service == nil {
		return nil
	}
	app, stack := p.service.Labels["app"], p.service.Labels["stack"]
	own := labelValue(cfg.stack)
	const choose = "give this stack another: pulumi config set serviceName docx2pdf-%s"
	switch {
	case app != "docx2pdf":
		return fmt.Errorf("the Cloud Run service %s in %s is not of this program: "+choose, cfg.serviceName, cfg.region, own)
	case stack == own && p.begins && p.service.LatestReadyRevision != "":
		return fmt.Errorf("the Cloud Run service %s in %s is of a stack that is called %s as well, and this one's state is "+
			"empty: if that is another person's, begin with another name (pulumi stack init, and other names in serviceName "+
			"and callerName); if the state was lost, get it back, or take in what is there as the README says",
			cfg.serviceName, cfg.region, own)
	case stack != own:
		return fmt.Errorf("the Cloud Run service %s in %s belongs to the stack %s: "+choose+
			" (if this stack was renamed, first gcloud run services update %s --region %s --update-labels stack=%s)",
			cfg.serviceName, cfg.region, stack, own, cfg.serviceName, cfg.region, own)
	}
	return nil
}

// describe says in an account's description which stack it is from: accounts have no labels.
func (s *settings) describe() pulumi.StringInput {
	return pulumi.String(describedAs + labelValue(s.stack))
}

const describedAs = "Made by docx2pdf for the stack "

// checkCaller refuses a caller's account that is another stack's.
func (p *preflight) checkCaller(cfg *settings) error {
	if p.caller == nil {
		return nil
	}
	own := labelValue(cfg.stack)
	stack, marked := strings.CutPrefix(p.caller.Description, describedAs)
	if !marked || stack == own {
		return nil // Google will say whether it is in the way
	}
	return fmt.Errorf("the service account %s belongs to the stack %s: give this stack another: pulumi config set "+
		"callerName cr-%s (if this stack was renamed, first gcloud iam service-accounts update %s --description \"%s%s\")",
		p.caller.Email, stack, own, p.caller.Email, describedAs, own)
}

// newGoogle reaches Google as the stack's provider does: with its tokens, at its endpoints, for its quota project.
func newGoogle(ctx *pulumi.Context, cfg *settings) (*google.Client, error) {
	tokens := providerTokens{ctx, cfg.parent}
	if _, err := tokens.Token(); err != nil {
		return nil, err
	}
	endpoints := map[google.API]string{}
	for api, name := range endpointNames {
		// The provider's configuration and its environment name them alike: iamCustomEndpoint and GOOGLE_IAM_CUSTOM_ENDPOINT.
		endpoints[api] = endpoint(ctx, name.key+"CustomEndpoint", "GOOGLE_"+name.env+"_CUSTOM_ENDPOINT")
	}
	return &google.Client{Tokens: tokens, QuotaProject: quotaProject(ctx, cfg), Endpoints: endpoints}, nil
}

// providerTokens are those of the provider that makes the resources of parent. It renews them.
type providerTokens struct {
	ctx    *pulumi.Context
	parent pulumi.Resource
}

// Token asks the provider for a token that is valid now.
func (p providerTokens) Token() (*oauth2.Token, error) {
	var options []pulumi.InvokeOption
	if p.parent != nil {
		options = append(options, pulumi.Parent(p.parent))
	}
	provider, err := organizations.GetClientConfig(p.ctx, options...)
	if err != nil {
		return nil, err
	}
	return &oauth2.Token{AccessToken: provider.AccessToken}, nil
}

// quotaProject is the project that calls count for when the provider is told to name one.
// https://www.pulumi.com/registry/packages/gcp/installation-configuration/#configuration-reference
func quotaProject(ctx *pulumi.Context, cfg *settings) string {
	named, _ := strconv.ParseBool(setting(ctx, "userProjectOverride", "USER_PROJECT_OVERRIDE"))
	if !named {
		return ""
	}
	return cmp.Or(setting(ctx, "billingProject", "GOOGLE_BILLING_PROJECT"), cfg.project)
}

// setting is one of the provider's, of its configuration or of the environment.
func setting(ctx *pulumi.Context, key, env string) string {
	return cmp.Or(pulumiconfig.New(ctx, "gcp").Get(key), os.Getenv(env))
}

// endpointNames are what the provider calls each API's endpoint.
var endpointNames = map[google.API]struct{ key, env string }{
	google.ArtifactRegistry: {"artifactRegistry", "ARTIFACT_REGISTRY"},
	google.Billing:          {"cloudBilling", "CLOUD_BILLING"},
	google.Budgets:          {"billing", "BILLING"},
	google.CloudBuild:       {"cloudBuild", "CLOUD_BUILD"},
	google.CloudRun:         {"cloudRunV2", "CLOUD_RUN_V2"},
	google.IAM:              {"iam", "IAM"},
	google.KMS:              {"kms", "KMS"},
	google.Logging:          {"logging", "LOGGING"},
	google.Monitoring:       {"monitoring", "MONITORING"},
	google.OrgPolicy:        {"orgPolicy", "ORG_POLICY"},
	google.PubSub:           {"pubsub", "PUBSUB"},
	google.ResourceManager:  {"resourceManager", "RESOURCE_MANAGER"},
	google.ServiceUsage:     {"serviceUsage", "SERVICE_USAGE"},
	google.Storage:          {"storage", "STORAGE"},
}

// endpoint is where the stack's provider reaches one of Google's APIs, without
// the version at its end, or "" for Google's own address: the program's own
// calls go where the provider's go.
func endpoint(ctx *pulumi.Context, key, env string) string {
	custom := setting(ctx, key, env)
	return strings.TrimSuffix(strings.TrimSuffix(custom, "v1/"), "v2/")
}

// fresh are the APIs among services that this deployment enables.
func (p *preflight) fresh(services []string) []string {
	var fresh []string
	for _, service := range services {
		if !p.enabled.Has(service) {
			fresh = append(fresh, service)
		}
	}
	return fresh
}

// teller shows what is waited for, beside a resource.
func teller(ctx *pulumi.Context, resource pulumi.Resource) func(string) {
	return func(status string) {
		_ = ctx.Log.Info(status, &pulumi.LogArgs{Resource: resource, Ephemeral: true})
	}
}
