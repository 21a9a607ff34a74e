package docx2pdf

import (
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/cloudrunv2"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/pubsub"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/serviceaccount"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/storage"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Every grant adds one member to one role and leaves the rest of the policy
// alone. It goes with the resource it is on: taking it back from a policy that
// is gone would fail. The member is always an account's output, never a name
// put together here, so that a grant is made anew for an account made anew.

// bucketGrant is one role on one bucket.
type bucketGrant struct {
	name   string
	bucket *storage.Bucket
	role   string
}

// grantBuckets gives an account its roles on buckets, and answers with the
// grants, for whatever must not start without them.
func grantBuckets(ctx *pulumi.Context, name string, account *serviceaccount.Account, parent pulumi.Resource,
	grants []bucketGrant) ([]pulumi.Resource, error) {
	var made []pulumi.Resource
	for _, grant := range grants {
		member, err := storage.NewBucketIAMMember(ctx, name+"-"+grant.name, &storage.BucketIAMMemberArgs{
			Bucket: grant.bucket.Name,
			Role:   pulumi.String(grant.role),
			Member: account.Member,
		}, pulumi.Parent(parent), pulumi.DeletedWith(grant.bucket))
		if err != nil {
			return nil, err
		}
		made = append(made, member)
	}
	return made, nil
}

// grantInvoker lets a principal call the service.
func grantInvoker(ctx *pulumi.Context, name string, service *cloudrunv2.Service, member pulumi.StringInput,
	parent pulumi.Resource) (*cloudrunv2.ServiceIamMember, error) {
	return cloudrunv2.NewServiceIamMember(ctx, name, &cloudrunv2.ServiceIamMemberArgs{
		Location: service.Location,
		Project:  service.Project,
		Name:     service.Name,
		Role:     pulumi.String("roles/run.invoker"),
		Member:   member,
	}, pulumi.Parent(parent), pulumi.DeletedWith(service))
}

// grantPublisher lets a principal publish to a topic.
func grantPublisher(ctx *pulumi.Context, name string, topic *pubsub.Topic, member pulumi.StringInput,
	parent pulumi.Resource) (*pubsub.TopicIAMMember, error) {
	return pubsub.NewTopicIAMMember(ctx, name, &pubsub.TopicIAMMemberArgs{
		Project: topic.Project,
		Topic:   topic.Name,
		Role:    pulumi.String("roles/pubsub.publisher"),
		Member:  member,
	}, pulumi.Parent(parent), pulumi.DeletedWith(topic))
}
