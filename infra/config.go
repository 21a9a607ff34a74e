package main

import (
	"errors"
	"fmt"
	"regexp"

	gcpconfig "github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/config"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumiconfig "github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

// config is the stack's configuration, read once and checked. Pulumi.yaml
// describes every key and holds its default.
type config struct {
	project, region string
	// stack tells the stacks of one project apart, in names and labels.
	stack string

	serviceName    string
	callerName     string
	memory         string
	cpu            int
	maxInstances   int
	timeoutSeconds int
	forceDestroy   bool
}

var (
	serviceNameRule = regexp.MustCompile(`^[a-z]([a-z0-9-]{0,47}[a-z0-9])?$`)
	accountIDRule   = regexp.MustCompile(`^[a-z][a-z0-9-]{4,28}[a-z0-9]$`)
	memoryRule      = regexp.MustCompile(`^[1-9][0-9]*(Mi|Gi)$`)
)

// loadConfig reads the stack's configuration. The error names every key that is
// missing or wrong, with an example of a right value.
func loadConfig(ctx *pulumi.Context) (*config, error) {
	keys := pulumiconfig.New(ctx, "")
	var wrong []error
	check := func(ok bool, key, rule, example string) {
		if !ok {
			wrong = append(wrong, fmt.Errorf("%s %s; for example: pulumi config set %s %s", key, rule, key, example))
		}
	}
	number := func(key string) int {
		n, err := keys.TryInt(key)
		check(err == nil, key, "must be a whole number", "2")
		return n
	}

	cfg := &config{
		project:        gcpconfig.GetProject(ctx),
		region:         gcpconfig.GetRegion(ctx),
		stack:          ctx.Stack(),
		serviceName:    keys.Get("serviceName"),
		callerName:     keys.Get("callerName"),
		memory:         keys.Get("memory"),
		cpu:            number("cpu"),
		maxInstances:   number("maxInstances"),
		timeoutSeconds: number("timeoutSeconds"),
		forceDestroy:   keys.GetBool("forceDestroy"),
	}
	check(cfg.project != "", "gcp:project", "is not set", "my-project")
	check(cfg.region != "", "gcp:region", "is not set", "us-central1")
	check(serviceNameRule.MatchString(cfg.serviceName), "serviceName",
		"must be 1 to 49 lower-case letters, digits or hyphens, beginning with a letter", "docx2pdf")
	check(accountIDRule.MatchString(cfg.callerName), "callerName",
		"must be 6 to 30 lower-case letters, digits or hyphens, beginning with a letter", "cr-test")
	check(memoryRule.MatchString(cfg.memory), "memory", "must be a number of Mi or Gi", "1Gi")
	check(cfg.cpu == 1 || cfg.cpu == 2 || cfg.cpu == 4 || cfg.cpu == 8, "cpu", "must be 1, 2, 4 or 8", "2")
	check(cfg.maxInstances >= 1, "maxInstances", "must be at least 1", "10")
	check(cfg.timeoutSeconds >= 1 && cfg.timeoutSeconds <= 3600, "timeoutSeconds", "must be between 1 and 3600", "300")
	return cfg, errors.Join(wrong...)
}

// labels are on everything that can carry labels.
func (c *config) labels() pulumi.StringMap {
	return pulumi.StringMap{"app": pulumi.String("docx2pdf"), "stack": pulumi.String(labelValue(c.stack))}
}
