// A little of everything, deployed by the provider's own end-to-end test.
package main

import (
	"fmt"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/organizations"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/serviceaccount"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/storage"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		client, err := organizations.GetClientConfig(ctx)
		if err != nil {
			return err
		}
		bucket, err := storage.NewBucket(ctx, "Source", &storage.BucketArgs{
			Location:     pulumi.String("eu"),
			ForceDestroy: pulumi.Bool(true),
		})
		if err != nil {
			return err
		}
		text := config.New(ctx, "").Require("text")
		_, err = storage.NewBucketObject(ctx, "archive", &storage.BucketObjectArgs{
			Bucket: bucket.Name,
			Source: pulumi.NewAssetArchive(map[string]any{
				"file.txt": pulumi.NewFileAsset("relative.txt"),
				"text.txt": pulumi.NewStringAsset(text),
			}),
		})
		if err != nil {
			return err
		}
		account, err := serviceaccount.NewAccount(ctx, "caller", &serviceaccount.AccountArgs{
			AccountId: pulumi.String("caller"),
		})
		if err != nil {
			return err
		}
		_, err = storage.NewBucketIAMMember(ctx, "reader", &storage.BucketIAMMemberArgs{
			Bucket: bucket.Name,
			Role:   pulumi.String("roles/storage.objectViewer"),
			Member: pulumi.Sprintf("serviceAccount:%s", account.Email),
		})
		if err != nil {
			return err
		}
		key, err := serviceaccount.NewKey(ctx, "key", &serviceaccount.KeyArgs{ServiceAccountId: account.Name})
		if err != nil {
			return err
		}
		ctx.Export("bucket", bucket.Name)
		ctx.Export("key", key.PrivateKey)
		ctx.Export("place", pulumi.String(fmt.Sprintf("%s/%s", client.Project, client.Region)))
		return nil
	})
}
