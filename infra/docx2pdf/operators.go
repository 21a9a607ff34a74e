package docx2pdf

import (
	"slices"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/cloudrunv2"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/pubsub"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/storage"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

type operatorsArgs struct {
	*settings
	service *cloudrunv2.Service
	output  *storage.Bucket
	// deadLetters is nil without events.
	deadLetters *pubsub.Subscription
}

// operators are those who see what failed and have it converted again.
type operators struct{ pulumi.ResourceState }

func newOperators(ctx *pulumi.Context, name string, args *operatorsArgs,
	opts ...pulumi.ResourceOption) (*operators, error) {
	c := &operators{}
	if err := ctx.RegisterComponentResource("docx2pdf:infra:Operators", name, c, opts...); err != nil {
		return nil, err
	}
	for _, principal := range args.operators {
		if err := c.grant(ctx, name, principal, args); err != nil {
			return nil, err
		}
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{})
}

// grant lets an operator read the records of failures, take from the dead letters, and call the service.
func (c *operators) grant(ctx *pulumi.Context, name, principal string, args *operatorsArgs) error {
	_, err := storage.NewBucketIAMMember(ctx, name+"-reads-output-"+principal, &storage.BucketIAMMemberArgs{
		Bucket: args.output.Name,
		Role:   pulumi.String("roles/storage.objectViewer"),
		Member: pulumi.String(principal),
	}, pulumi.Parent(c), pulumi.DeletedWith(args.output))
	if err != nil {
		return err
	}
	// Whoever is an invoker too has that grant already. Two of the same would be one, and go with the first.
	if !slices.Contains(args.invokers, principal) {
		if _, err := grantInvoker(ctx, name+"-invoker-"+principal, args.service, pulumi.String(principal), c); err != nil {
			return err
		}
	}
	if args.deadLetters == nil {
		return nil
	}
	_, err = pubsub.NewSubscriptionIAMMember(ctx, name+"-takes-dead-letters-"+principal, &pubsub.SubscriptionIAMMemberArgs{
		Project:      args.deadLetters.Project,
		Subscription: args.deadLetters.Name,
		Role:         pulumi.String("roles/pubsub.subscriber"),
		Member:       pulumi.String(principal),
	}, pulumi.Parent(c), pulumi.DeletedWith(args.deadLetters))
	return err
}
