package main

import (
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/config"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumiconfig "github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

// settings are the stack's configuration, read once and checked. Pulumi.yaml
// describes every key and holds its default.
type settings struct {
	project, region string
	// stack tells the stacks of one project apart, in names and labels.
	stack string

	serviceName    string
	image          string // empty: built from service/
	fontsDir       string // absolute, or below the repository's root; empty: none
	cpu            int
	memory         string
	concurrency    int
	minInstances   int
	maxInstances   int
	timeoutSeconds int
	defaultOptions string

	callerName   string
	createKey    bool
	keyRotation  string
	invokerScope string
	invokers     []string
	operators    []string

	events        bool
	retentionDays int
	versioning    bool
	kmsKey        string
	forceDestroy  bool

	alertEmail string
}

// loadSettings reads the stack's configuration. The error names every key that
// is missing or wrong, with an example of a right value.
func loadSettings(ctx *pulumi.Context) (*settings, error) {
	r := reader{config: pulumiconfig.New(ctx, "")}
	s := &settings{
		project: config.GetProject(ctx),
		region:  config.GetRegion(ctx),
		stack:   ctx.Stack(),

		serviceName:    r.text("serviceName"),
		image:          r.text("image"),
		fontsDir:       r.text("fontsDir"),
		cpu:            r.number("cpu", "2"),
		memory:         r.text("memory"),
		concurrency:    r.number("concurrency", "0"),
		minInstances:   r.number("minInstances", "0"),
		maxInstances:   r.number("maxInstances", "5"),
		timeoutSeconds: r.number("timeoutSeconds", "300"),
		defaultOptions: r.text("defaultOptions"),

		callerName:   r.text("callerName"),
		createKey:    r.boolean("createKey"),
		keyRotation:  r.text("keyRotation"),
		invokerScope: r.text("invokerScope"),
		invokers:     r.texts("invokers"),
		operators:    r.texts("operators"),

		events:        r.boolean("events"),
		retentionDays: r.number("retentionDays", "30"),
		versioning:    r.boolean("versioning"),
		kmsKey:        r.text("kmsKey"),
		forceDestroy:  r.boolean("forceDestroy"),

		alertEmail: r.text("alertEmail"),
	}
	s.followDefaults()
	return s, r.check(s)
}

// labels are on everything that can carry labels.
func (s *settings) labels() pulumi.StringMap {
	return pulumi.StringMap{"app": pulumi.String("docx2pdf"), "stack": pulumi.String(labelValue(s.stack))}
}
