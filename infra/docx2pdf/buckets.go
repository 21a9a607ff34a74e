package docx2pdf

import (
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/storage"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// buckets hold the documents to convert and the PDFs made of them.
type buckets struct {
	pulumi.ResourceState

	Input, Output *storage.Bucket
}

func newBuckets(ctx *pulumi.Context, name string, cfg *settings, opts ...pulumi.ResourceOption) (*buckets, error) {
	c := &buckets{}
	if err := ctx.RegisterComponentResource("docx2pdf:infra:Buckets", name, c, opts...); err != nil {
		return nil, err
	}
	var err error
	if c.Input, err = storage.NewBucket(ctx, cfg.prefix+"docx2pdf-input", documentBucket(cfg),
		pulumi.Parent(c)); err != nil {
		return nil, err
	}
	if c.Output, err = storage.NewBucket(ctx, cfg.prefix+"docx2pdf-output", documentBucket(cfg),
		pulumi.Parent(c)); err != nil {
		return nil, err
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"input": c.Input.Name, "output": c.Output.Name})
}

func documentBucket(cfg *settings) *storage.BucketArgs {
	args := privateBucket(cfg)
	args.ForceDestroy = pulumi.Bool(cfg.forceDestroy)
	if cfg.retentionDays > 0 {
		args.LifecycleRules = append(args.LifecycleRules.(storage.BucketLifecycleRuleArray),
			deleteAfter(cfg.retentionDays, "LIVE"))
	}
	// Said even when off: a bucket keeps versioning that is merely left out.
	args.Versioning = &storage.BucketVersioningArgs{Enabled: pulumi.Bool(cfg.versioning)}
	if cfg.versioning && cfg.retentionDays > 0 {
		args.LifecycleRules = append(args.LifecycleRules.(storage.BucketLifecycleRuleArray),
			deleteAfter(cfg.retentionDays, "ARCHIVED"))
	}
	return args
}

// privateBucket is what all buckets of the stack have in common.
func privateBucket(cfg *settings) *storage.BucketArgs {
	args := &storage.BucketArgs{
		Location:                 pulumi.String(cfg.region),
		Project:                  pulumi.String(cfg.project),
		UniformBucketLevelAccess: pulumi.Bool(true),
		PublicAccessPrevention:   pulumi.String("enforced"),
		Labels:                   cfg.labels(),
		LifecycleRules: storage.BucketLifecycleRuleArray{
			// Uploads that were begun and never finished are paid for, unseen.
			&storage.BucketLifecycleRuleArgs{
				Action:    &storage.BucketLifecycleRuleActionArgs{Type: pulumi.String("AbortIncompleteMultipartUpload")},
				Condition: &storage.BucketLifecycleRuleConditionArgs{Age: pulumi.Int(1)},
			},
		},
	}
	if cfg.kmsKey != "" {
		args.Encryption = &storage.BucketEncryptionArgs{DefaultKmsKeyName: pulumi.String(cfg.kmsKey)}
	}
	return args
}

func deleteAfter(days int, state string) *storage.BucketLifecycleRuleArgs {
	return &storage.BucketLifecycleRuleArgs{
		Action:    &storage.BucketLifecycleRuleActionArgs{Type: pulumi.String("Delete")},
		Condition: &storage.BucketLifecycleRuleConditionArgs{Age: pulumi.Int(days), WithState: pulumi.String(state)},
	}
}
