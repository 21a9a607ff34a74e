package docx2pdf

import (
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/config"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumiconfig "github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

// settings are the stack's configuration, read once and checked. Pulumi.yaml
// describes every key and holds its default.
type settings struct {
	project, region string
	// source is the repository's top folder, which the image is built from.
	source string
	// prefix is put before the names of all resources, where several converters are in one program.
	prefix string
	// stack tells the stacks of one project apart, in names and labels.
	stack string

	serviceName    string
	image          string // empty: built from service/
	fontsDir       string // absolute, or below the repository's root; empty: none
	imageRevision  string
	imageSnapshot  bool
	libreOffice    string // a line of Debian's packages
	imageMaxAge    int    // days
	cpu            int
	memory         string
	concurrency    int
	minInstances   int
	maxInstances   int
	timeoutSeconds int
	defaultOptions string

	ingress         string
	customAudiences []string
	vpcNetwork      string
	vpcSubnetwork   string
	vpcEgress       string

	callerName   string
	createKey    bool
	keyRotation  int
	keepOldKey   bool
	invokerScope string
	invokers     []string
	operators    []string

	events        bool
	retentionDays int
	versioning    bool
	kmsKey        string
	forceDestroy  bool

	alertEmail       string
	monthlyBudget    int    // in whole units of the billing account's currency; 0: none
	billingAccount   string // empty: the project's own, which newPreflight looks up
	logRetentionDays int    // 0: the project's own
	userLabels       map[string]string

	// parent is the component that everything is part of; nil for the stack.
	parent pulumi.Resource

	*preflight // once the configuration is known to be right
}

// loadSettings reads the stack's configuration. The error names every key that
// is missing or wrong, with an example of a right value.
func loadSettings(ctx *pulumi.Context) (*settings, error) {
	r := reader{config: pulumiconfig.New(ctx, "")}
	s := &settings{
		project: config.GetProject(ctx),
		region:  config.GetRegion(ctx),
		stack:   ctx.Stack(),
		source:  "..", // Pulumi runs the program in its own folder

		serviceName:    r.text("serviceName"),
		image:          r.text("image"),
		fontsDir:       r.text("fontsDir"),
		imageRevision:  r.text("imageRevision"),
		imageSnapshot:  r.boolean("imageSnapshot"),
		libreOffice:    r.text("libreOffice"),
		imageMaxAge:    r.number("imageMaxAgeDays", "30"),
		cpu:            r.number("cpu", "2"),
		memory:         r.text("memory"),
		concurrency:    r.number("concurrency", "0"),
		minInstances:   r.number("minInstances", "0"),
		maxInstances:   r.number("maxInstances", "5"),
		timeoutSeconds: r.number("timeoutSeconds", "300"),
		defaultOptions: r.text("defaultOptions"),

		ingress:         r.text("ingress"),
		customAudiences: r.texts("customAudiences", "https://pdf.example.com"),
		vpcNetwork:      r.text("vpcNetwork"),
		vpcSubnetwork:   r.text("vpcSubnetwork"),
		vpcEgress:       r.text("vpcEgress"),

		callerName:   r.text("callerName"),
		createKey:    r.boolean("createKey"),
		keyRotation:  r.number("keyRotation", "2"),
		keepOldKey:   r.boolean("keepOldKey"),
		invokerScope: r.text("invokerScope"),
		invokers:     r.texts("invokers", "group:staff@example.com"),
		operators:    r.texts("operators", "serviceAccount:support@my-project.iam.gserviceaccount.com"),

		events:        r.boolean("events"),
		retentionDays: r.number("retentionDays", "30"),
		versioning:    r.boolean("versioning"),
		kmsKey:        r.text("kmsKey"),
		forceDestroy:  r.boolean("forceDestroy"),

		alertEmail:       r.text("alertEmail"),
		monthlyBudget:    r.number("monthlyBudget", "50"),
		billingAccount:   r.text("billingAccount"),
		logRetentionDays: r.number("logRetentionDays", "7"),
		userLabels:       r.labels("labels"),
	}
	s.followDefaults()
	return s, r.check(s)
}

// labels are on everything that can carry labels.
func (s *settings) labels() pulumi.StringMap {
	labels := pulumi.StringMap{}
	for key, value := range s.userLabels {
		labels[key] = pulumi.String(value)
	}
	labels["app"], labels["stack"] = pulumi.String("docx2pdf"), pulumi.String(labelValue(s.stack))
	return labels
}
