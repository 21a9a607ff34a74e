package main

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// outputs are what a user of the stack needs.
type outputs struct {
	// URL is where the service answers, and the audience of the ID tokens it
	// accepts. It is known only once the caller may use it.
	URL pulumi.StringOutput
	// Key is the caller's JSON key file, a secret.
	Key pulumi.StringOutput
	// InputBucket and OutputBucket are bucket names.
	InputBucket, OutputBucket pulumi.StringOutput
	// ServiceAccount is the caller's email.
	ServiceAccount pulumi.StringOutput
	// Image is what the service runs, by digest.
	Image pulumi.StringOutput
}

// each calls visit with every output and the name that users know it by.
func (o *outputs) each(visit func(name string, output pulumi.StringOutput)) {
	visit("url", o.URL)
	visit("key", o.Key)
	visit("inputBucket", o.InputBucket)
	visit("outputBucket", o.OutputBucket)
	visit("serviceAccount", o.ServiceAccount)
	visit("image", o.Image)
}

func deploy(ctx *pulumi.Context, cfg *config) (*outputs, error) {
	apis, err := newAPIs(ctx, "apis", cfg)
	if err != nil {
		return nil, err
	}
	// Google Cloud refuses most calls to an API that is not enabled yet.
	enabled := pulumi.DependsOn([]pulumi.Resource{apis})

	buckets, err := newBuckets(ctx, "buckets", cfg, enabled)
	if err != nil {
		return nil, err
	}
	image, err := newImage(ctx, "image", cfg, enabled)
	if err != nil {
		return nil, err
	}
	converter, err := newConverter(ctx, "converter", &converterArgs{
		config: cfg, image: image.Ref, input: buckets.Input, output: buckets.Output,
	}, enabled)
	if err != nil {
		return nil, err
	}
	caller, err := newCaller(ctx, "caller", &callerArgs{
		config: cfg, service: converter.Service, input: buckets.Input, output: buckets.Output,
	}, enabled)
	if err != nil {
		return nil, err
	}

	return &outputs{
		URL:            caller.URL,
		Key:            caller.Key,
		InputBucket:    buckets.Input.Name,
		OutputBucket:   buckets.Output.Name,
		ServiceAccount: caller.Account.Email,
		Image:          image.Ref,
	}, nil
}
