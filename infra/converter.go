package main

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/cloudrunv2"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/serviceaccount"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/storage"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

type converterArgs struct {
	*settings
	image         pulumi.StringInput
	input, output *storage.Bucket
}

// converter is the private Cloud Run service and the account it runs as.
type converter struct {
	pulumi.ResourceState

	Account *serviceaccount.Account
	Service *cloudrunv2.Service
}

func newConverter(ctx *pulumi.Context, name string, args *converterArgs, opts ...pulumi.ResourceOption) (*converter, error) {
	c := &converter{}
	if err := ctx.RegisterComponentResource("docx2pdf:infra:Converter", name, c, opts...); err != nil {
		return nil, err
	}
	var err error
	c.Account, err = serviceaccount.NewAccount(ctx, name+"-account", &serviceaccount.AccountArgs{
		AccountId:   pulumi.String(args.resourceID("run")),
		DisplayName: pulumi.String("Docx to PDF converter"),
	}, pulumi.Parent(c))
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
	c.Service, err = cloudrunv2.NewService(ctx, name+"-service", c.serviceArgs(args),
		pulumi.Parent(c), pulumi.DependsOn(grants))
	if err != nil {
		return nil, err
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"uri": c.Service.Uri})
}

func (c *converter) serviceArgs(args *converterArgs) *cloudrunv2.ServiceArgs {
	health := "/health" // Google answers /healthz itself.
	return &cloudrunv2.ServiceArgs{
		Name:     pulumi.String(args.serviceName),
		Location: pulumi.String(args.region),
		Labels:   args.labels(),
		Ingress:  pulumi.String("INGRESS_TRAFFIC_ALL"),
		Template: &cloudrunv2.ServiceTemplateArgs{
			Labels:         args.labels(),
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
		},
	}
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
		variables = append(variables, &cloudrunv2.ServiceTemplateContainerEnvArgs{Name: pulumi.String(name), Value: values[name]})
	}
	return variables
}
