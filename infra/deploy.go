package main

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// outputs are what a user of the stack needs.
type outputs struct {
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

// each calls visit with every output and the name that users know it by.
func (o *outputs) each(visit func(name string, output pulumi.StringOutput)) {
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

func deploy(ctx *pulumi.Context, cfg *settings) (*outputs, error) {
	var err error
	if cfg.preflight, err = newPreflight(ctx, cfg); err != nil {
		return nil, err
	}
	apis, err := newAPIs(ctx, "apis", cfg)
	if err != nil {
		return nil, err
	}
	// Google Cloud refuses most calls to an API that is not enabled yet.
	enabled := pulumi.DependsOnInputs(apis.Answering)

	buckets, err := newBuckets(ctx, "buckets", cfg, enabled)
	if err != nil {
		return nil, err
	}
	image, err := imageRef(ctx, cfg, enabled)
	if err != nil {
		return nil, err
	}
	converter, err := newConverter(ctx, "converter", &converterArgs{
		settings: cfg, image: image, input: buckets.Input, output: buckets.Output,
	}, enabled)
	if err != nil {
		return nil, err
	}
	caller, err := newCaller(ctx, "caller", &callerArgs{
		settings: cfg, service: converter.Service, url: converter.URL, input: buckets.Input, output: buckets.Output,
	}, enabled)
	if err != nil {
		return nil, err
	}
	made := &outputs{
		URL:            caller.URL,
		Key:            caller.Key,
		InputBucket:    buckets.Input.Name,
		OutputBucket:   buckets.Output.Name,
		ServiceAccount: caller.Account.Email,
		Image:          image,
	}
	watched := &watchingArgs{settings: cfg, service: converter.Service}
	operated := &operatorsArgs{settings: cfg, service: converter.Service, output: buckets.Output}
	if cfg.events {
		events, err := newEvents(ctx, "events", &eventsArgs{
			settings: cfg, project: apis.Project, service: converter.Service, input: buckets.Input,
		}, enabled)
		if err != nil {
			return nil, err
		}
		made.DeadLetters = &events.DeadLetters.Name
		watched.push = events.Push
		operated.deadLetters = events.DeadLetters
	}
	if len(cfg.operators) > 0 {
		if _, err := newOperators(ctx, "operators", operated, enabled); err != nil {
			return nil, err
		}
	}
	_, err = newWatching(ctx, "watching", watched, enabled)
	return made, err
}
