package docx2pdf

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// ConverterArgs are a converter's configuration in another program. What is left
// out is as Pulumi.yaml has it, where each key is described.
type ConverterArgs struct {
	// Project and Region say where. Both are needed.
	Project, Region string
	// Image runs a ready-made image, by digest. Source is the top folder of a
	// checkout of this repository, from which the image is built without one.
	Image, Source string
	// ImageRevision has the image built anew when it changes, FontsDir adds fonts,
	// LibreOffice is the line of it (stable).
	ImageRevision, FontsDir, LibreOffice string
	// ServiceName and CallerName are Google Cloud's names for the service
	// (docx2pdf) and for the account that calls it (cr-test).
	ServiceName, CallerName string

	CPU                        int
	Memory                     string
	MinInstances, MaxInstances int
	TimeoutSeconds             int
	DefaultOptions             string

	// NoKey makes no key for the caller, NoOldKey ends the one before the last
	// rotation, NoEvents has no document converted without a call.
	NoKey, NoOldKey     bool
	NoEvents            bool
	KeyRotation         int
	Invokers, Operators []string

	Ingress                              string
	CustomAudiences                      []string
	VPCNetwork, VPCSubnetwork, VPCEgress string

	RetentionDays            int
	Versioning, ForceDestroy bool
	KMSKey                   string
	AlertEmail               string
	MonthlyBudget            int
	BillingAccount           string
	LogRetentionDays         int
	Labels                   map[string]string
}

// Converter is a converter as a component of another program.
type Converter struct {
	pulumi.ResourceState
	Outputs
}

// NewConverter deploys a converter. Its resources are children of the component,
// and their names begin with its name.
func NewConverter(
	ctx *pulumi.Context, name string, args *ConverterArgs, opts ...pulumi.ResourceOption,
) (*Converter, error) {
	cfg := args.settings(ctx, name)
	if args.Image == "" && args.Source == "" {
		return nil, errors.New("a converter needs an Image, or the Source to build it from")
	}
	if err := new(reader).check(cfg); err != nil {
		return nil, fmt.Errorf("converter %s: %w", name, err)
	}
	c := &Converter{}
	if err := ctx.RegisterComponentResource("docx2pdf:index:Converter", name, c, opts...); err != nil {
		return nil, err
	}
	cfg.parent = c
	made, err := deploy(ctx, cfg, pulumi.Parent(c))
	if err != nil {
		return nil, err
	}
	c.Outputs = *made
	outputs := pulumi.Map{}
	made.Each(func(name string, output pulumi.StringOutput) { outputs[name] = output })
	return c, ctx.RegisterResourceOutputs(c, outputs)
}

// settings are the arguments with the defaults of Pulumi.yaml.
func (a *ConverterArgs) settings(ctx *pulumi.Context, name string) *settings {
	s := &settings{
		project: a.Project, region: a.Region, stack: ctx.Stack(), source: a.Source, prefix: name + "-",
		serviceName: cmp.Or(a.ServiceName, "docx2pdf"), image: a.Image,
		imageRevision: a.ImageRevision, imageMaxAge: 30, fontsDir: a.FontsDir, libreOffice: cmp.Or(a.LibreOffice, stable),
		cpu: cmp.Or(a.CPU, 2), memory: a.Memory, minInstances: a.MinInstances, maxInstances: a.MaxInstances,
		timeoutSeconds: cmp.Or(a.TimeoutSeconds, 300), defaultOptions: a.DefaultOptions,
		ingress: cmp.Or(a.Ingress, "all"), customAudiences: a.CustomAudiences,
		vpcNetwork: a.VPCNetwork, vpcSubnetwork: a.VPCSubnetwork, vpcEgress: cmp.Or(a.VPCEgress, "private-ranges-only"),
		callerName: cmp.Or(a.CallerName, "cr-test"), createKey: !a.NoKey, keyRotation: cmp.Or(a.KeyRotation, 1),
		keepOldKey:   !a.NoOldKey,
		invokerScope: "service",
		invokers:     a.Invokers, operators: a.Operators,
		events: !a.NoEvents, retentionDays: a.RetentionDays, versioning: a.Versioning, kmsKey: a.KMSKey,
		forceDestroy: a.ForceDestroy,
		alertEmail:   a.AlertEmail, monthlyBudget: a.MonthlyBudget, billingAccount: a.BillingAccount,
		logRetentionDays: a.LogRetentionDays, userLabels: a.Labels,
	}
	s.followDefaults()
	return s
}
