package docx2pdf

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/cloudrunv2"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/serviceaccount"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/storage"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

type converterArgs struct {
	*settings
	image         pulumi.StringOutput
	input, output *storage.Bucket
}

// converter is the private Cloud Run service and the account it runs as.
type converter struct {
	pulumi.ResourceState

	Account *serviceaccount.Account
	Service *cloudrunv2.Service
	// URL is the service's, known once its latest revision answers.
	URL pulumi.StringOutput
}

func newConverter(ctx *pulumi.Context, name string, args *converterArgs,
	opts ...pulumi.ResourceOption) (*converter, error) {
	c := &converter{}
	if err := ctx.RegisterComponentResource("docx2pdf:infra:Converter", name, c, opts...); err != nil {
		return nil, err
	}
	var err error
	c.Account, err = serviceaccount.NewAccount(ctx, name+"-account", &serviceaccount.AccountArgs{
		AccountId:   pulumi.String(args.resourceID("run")),
		DisplayName: pulumi.String("Docx to PDF converter"),
		Description: args.describe(),
		Project:     pulumi.String(args.project),
	}, pulumi.Parent(c), fixedName)
	if err != nil {
		return nil, err
	}
	grants, err := grantBuckets(ctx, name, c.Account, c, []bucketGrant{
		{"reads-input", args.input, "roles/storage.objectViewer"},
		// Objects are replaced, so creating them is not enough.
		{"writes-output", args.output, "roles/storage.objectUser"},
	})
	if err != nil {
		return nil, err
	}
	c.Service, err = cloudrunv2.NewService(ctx, name+"-service", c.serviceArgs(ctx, args),
		pulumi.Parent(c), pulumi.DependsOn(grants), fixedName,
		// Google answers a scaling of the whole service that nobody asked for: without this every update takes it back.
		// https://github.com/hashicorp/terraform-provider-google-beta/pull/11132
		pulumi.IgnoreChanges([]string{"scaling"}))
	if err != nil {
		return nil, err
	}
	c.URL = c.onLatest(ctx, args)
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"uri": c.URL})
}

// onLatest is the service's URL, once all requests go to the latest revision. A rollback in the console sends them to
// an older one, and there they stay, whatever is deployed.
func (c *converter) onLatest(ctx *pulumi.Context, args *converterArgs) pulumi.StringOutput {
	if args.preflight.service == nil || len(args.preflight.service.Pinned()) == 0 {
		return c.Service.Uri
	}
	tense := "now go"
	if ctx.DryRun() {
		tense = "will go"
	}
	_ = ctx.Log.Warn(fmt.Sprintf("the service was rolled back, or its traffic was divided: requests went to %s. They "+
		"%s to the latest revision again",
		strings.Join(args.preflight.service.Pinned(), ", "), tense), &pulumi.LogArgs{Resource: c})
	return pulumi.All(c.Service.Uri, c.Service.LatestReadyRevision).ApplyT(func(v []any) (string, error) {
		if ctx.DryRun() {
			return v[0].(string), nil
		}
		return v[0].(string), args.google.Unpin(ctx.Context(), args.project, args.region, args.serviceName, teller(ctx, c))
	}).(pulumi.StringOutput)
}

// place is the service's name, once nothing is in its place that an earlier deployment left there.
func (c *converter) place(ctx *pulumi.Context, args *converterArgs) pulumi.StringInput {
	left := args.preflight.service
	if left == nil || left.LatestReadyRevision != "" || ctx.DryRun() {
		return pulumi.String(args.serviceName)
	}
	// Not before the image is there: what failed to be built leaves everything as it was.
	return args.image.ToStringOutput().ApplyT(func(string) (string, error) {
		return args.serviceName, args.google.RemoveUnserved(ctx.Context(), args.project, args.region, args.serviceName,
			teller(ctx, c))
	}).(pulumi.StringOutput)
}

func (c *converter) serviceArgs(ctx *pulumi.Context, args *converterArgs) *cloudrunv2.ServiceArgs {
	health := "/health" // Google answers /healthz itself.
	service := &cloudrunv2.ServiceArgs{
		Name:     c.place(ctx, args),
		Location: pulumi.String(args.region),
		Project:  pulumi.String(args.project),
		Labels:   args.labels(),
		// Said, or an update leaves them where a rollback put them.
		Traffics: cloudrunv2.ServiceTrafficArray{&cloudrunv2.ServiceTrafficArgs{
			Type: pulumi.String("TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"), Percent: pulumi.Int(100),
		}},
	}
	template := &cloudrunv2.ServiceTemplateArgs{
		Labels:         args.revisionLabels(c.Account),
		EncryptionKey:  args.key(),
		ServiceAccount: c.Account.Email,
		// The first generation's kernel lacks parts of the sandbox.
		ExecutionEnvironment:          pulumi.String("EXECUTION_ENVIRONMENT_GEN2"),
		MaxInstanceRequestConcurrency: pulumi.Int(args.concurrency),
		Timeout:                       pulumi.String(fmt.Sprintf("%ds", args.timeoutSeconds)),
		Scaling: &cloudrunv2.ServiceTemplateScalingArgs{
			MinInstanceCount: pulumi.Int(args.minInstances),
			MaxInstanceCount: pulumi.Int(args.maxInstances),
		},
		Containers: cloudrunv2.ServiceTemplateContainerArray{&cloudrunv2.ServiceTemplateContainerArgs{
			Image: args.image,
			Envs:  environment(c.variables(args)),
			Resources: &cloudrunv2.ServiceTemplateContainerResourcesArgs{
				Limits: pulumi.StringMap{
					"cpu":    pulumi.Sprintf("%d", args.cpu),
					"memory": pulumi.String(args.memory),
				},
				CpuIdle: pulumi.Bool(true), // Nothing runs between requests.
				// LibreOffice starts on CPU; the boost is free.
				StartupCpuBoost: pulumi.Bool(true),
			},
			StartupProbe: &cloudrunv2.ServiceTemplateContainerStartupProbeArgs{
				HttpGet:          &cloudrunv2.ServiceTemplateContainerStartupProbeHttpGetArgs{Path: pulumi.String(health)},
				PeriodSeconds:    pulumi.Int(1),
				TimeoutSeconds:   pulumi.Int(1),
				FailureThreshold: pulumi.Int(60),
			},
			LivenessProbe: &cloudrunv2.ServiceTemplateContainerLivenessProbeArgs{
				HttpGet:          &cloudrunv2.ServiceTemplateContainerLivenessProbeHttpGetArgs{Path: pulumi.String(health)},
				PeriodSeconds:    pulumi.Int(30),
				TimeoutSeconds:   pulumi.Int(5),
				FailureThreshold: pulumi.Int(3),
			},
		}},
	}
	args.network(service, template)
	service.Template = template
	return service
}

// revisionLabels name the account by its id too. One that was made anew has the same email and other grants, and
// instances that run keep the old one's tokens: only a new revision takes up the new.
func (s *settings) revisionLabels(account *serviceaccount.Account) pulumi.StringMap {
	labels := s.labels()
	labels["account"] = account.UniqueId
	return labels
}

// variables tell the service what follows from the stack. Its README.md has them.
func (c *converter) variables(args *converterArgs) map[string]pulumi.StringInput {
	v := map[string]pulumi.StringInput{
		"INPUT_BUCKET":  args.input.Name,
		"OUTPUT_BUCKET": args.output.Name,
		"IMAGE":         args.image, // failures that another image may mend are tried again
		// What one document may have follows from these.
		"CONCURRENCY":     pulumi.Sprintf("%d", args.cpu), // documents at once, one on each CPU
		"MEMORY":          pulumi.String(args.memory),
		"REQUEST_TIMEOUT": pulumi.Sprintf("%d", args.timeoutSeconds),
	}
	if args.defaultOptions != "" {
		v["DEFAULT_OPTIONS"] = pulumi.String(args.defaultOptions)
	}
	return v
}

// environment is the container's, by name.
func environment(values map[string]pulumi.StringInput) cloudrunv2.ServiceTemplateContainerEnvArray {
	var variables cloudrunv2.ServiceTemplateContainerEnvArray
	for _, name := range slices.Sorted(maps.Keys(values)) {
		variables = append(variables, &cloudrunv2.ServiceTemplateContainerEnvArgs{Name: pulumi.String(name),
			Value: values[name]})
	}
	return variables
}
