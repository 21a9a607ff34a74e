package main

import (
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/serviceaccount"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/storage"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// bucketGrant is one role on one bucket.
type bucketGrant struct {
	name   string
	bucket *storage.Bucket
	role   string
}

// grantBuckets gives an account its roles on buckets, and answers with the
// grants, for whatever must not start without them.
func grantBuckets(ctx *pulumi.Context, name string, account *serviceaccount.Account, parent pulumi.Resource, grants []bucketGrant) ([]pulumi.Resource, error) {
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
