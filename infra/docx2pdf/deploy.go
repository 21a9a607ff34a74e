// Package docx2pdf deploys the converter on Google Cloud. deploy is the
// deployment's table of contents; each component has a file of its own.
package docx2pdf

import (
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Outputs are what a user of a converter needs.
type Outputs struct {
	// URL is where the service answers, and the audience of the ID tokens it
	// accepts. It is known only once the caller may use it.
	URL pulumi.StringOutput
	// Key is the caller's JSON key file, a secret. Nil when no key is wanted.
	Key *pulumi.StringOutput
	// InputBucket and OutputBucket are bucket names.
	InputBucket, OutputBucket pulumi.StringOutput
	// ServiceAccount is the caller's email.
	ServiceAccount pulumi.StringOutput
	// Image is what the service runs, by digest.
	Image pulumi.StringOutput
	// DeadLetters is the subscription that holds the notifications of documents
	// that could not be converted. Nil without events.
	DeadLetters *pulumi.StringOutput
}

// Each calls visit with every output and the name that users know it by.
func (o *Outputs) Each(visit func(name string, output pulumi.StringOutput)) {
	visit("url", o.URL)
	if o.Key != nil {
		visit("key", *o.Key)
	}
	visit("inputBucket", o.InputBucket)
	visit("outputBucket", o.OutputBucket)
	visit("serviceAccount", o.ServiceAccount)
	visit("image", o.Image)
	if o.DeadLetters != nil {
		visit("deadLetters", *o.DeadLetters)
	}
}

// Deploy deploys a converter as the stack's configuration says, which Pulumi.yaml
// describes.
func Deploy(ctx *pulumi.Context) (*Outputs, error) {
	cfg, err := loadSettings(ctx)
	if err != nil {
		return nil, err
	}
	return deploy(ctx, cfg)
}

// deploy makes everything, with options for each component.
func deploy(ctx *pulumi.Context, cfg *settings, opts ...pulumi.ResourceOption) (*Outputs, error) {
	var err error
	if cfg.preflight, err = newPreflight(ctx, cfg); err != nil {
		return nil, err
	}
	apis, err := newAPIs(ctx, cfg.prefix+"apis", cfg, opts...)
	if err != nil {
		return nil, err
	}
	// Google Cloud refuses most calls to an API that is not enabled yet.
	enabled := append(slices.Clone(opts), pulumi.DependsOnInputs(apis.Answering))

	if cfg.kmsKey != "" {
		key, err := newKey(ctx, cfg.prefix+"key", cfg, apis.Project, enabled...)
		if err != nil {
			return nil, err
		}
		enabled = append(enabled, pulumi.DependsOnInputs(key.Usable))
	}
	buckets, err := newBuckets(ctx, cfg.prefix+"buckets", cfg, enabled...)
	if err != nil {
		return nil, err
	}
	image, err := imageRef(ctx, cfg, enabled...)
	if err != nil {
		return nil, err
	}
	converter, err := newConverter(ctx, cfg.prefix+"converter", &converterArgs{
		settings: cfg, image: image, input: buckets.Input, output: buckets.Output,
	}, enabled...)
	if err != nil {
		return nil, err
	}
	caller, err := newCaller(ctx, cfg.prefix+"caller", &callerArgs{
		settings: cfg, service: converter.Service, url: converter.URL, input: buckets.Input, output: buckets.Output,
	}, enabled...)
	if err != nil {
		return nil, err
	}
	made := &Outputs{
		URL:            caller.URL,
		Key:            caller.Key,
		InputBucket:    buckets.Input.Name,
		OutputBucket:   buckets.Output.Name,
		ServiceAccount: caller.Account.Email,
		Image:          image,
	}
	watched := &watchingArgs{settings: cfg, enabledProject: apis.Project, service: converter.Service}
	operated := &operatorsArgs{settings: cfg, service: converter.Service, output: buckets.Output}
	if cfg.events {
		events, err := newEvents(ctx, cfg.prefix+"events", &eventsArgs{
			settings: cfg, project: apis.Project, service: converter.Service, input: buckets.Input,
		}, enabled...)
		if err != nil {
			return nil, err
		}
		made.DeadLetters = &events.DeadLetters.Name
		watched.push = events.Push
		operated.deadLetters = events.DeadLetters
	}
	if len(cfg.operators) > 0 {
		if _, err := newOperators(ctx, cfg.prefix+"operators", operated, enabled...); err != nil {
			return nil, err
		}
	}
	_, err = newWatching(ctx, cfg.prefix+"watching", watched, enabled...)
	return made, err
}
