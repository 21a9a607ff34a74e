package main

import (
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/storage"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// buckets hold the documents to convert and the PDFs made of them.
type buckets struct {
	pulumi.ResourceState

	Input, Output *storage.Bucket
}

func newBuckets(ctx *pulumi.Context, name string, cfg *config, opts ...pulumi.ResourceOption) (*buckets, error) {
	c := &buckets{}
	if err := ctx.RegisterComponentResource("docx2pdf:infra:Buckets", name, c, opts...); err != nil {
		return nil, err
	}
	bucket := func(name string) (*storage.Bucket, error) {
		return storage.NewBucket(ctx, name, &storage.BucketArgs{
			Location:                 pulumi.String(cfg.region),
			UniformBucketLevelAccess: pulumi.Bool(true),
			PublicAccessPrevention:   pulumi.String("enforced"),
			ForceDestroy:             pulumi.Bool(cfg.forceDestroy),
			Labels:                   cfg.labels(),
		}, pulumi.Parent(c))
	}
	var err error
	if c.Input, err = bucket("docx2pdf-input"); err != nil {
		return nil, err
	}
	if c.Output, err = bucket("docx2pdf-output"); err != nil {
		return nil, err
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"input": c.Input.Name, "output": c.Output.Name})
}
