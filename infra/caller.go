package main

import (
	"encoding/base64"
	"fmt"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/cloudrunv2"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/serviceaccount"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/storage"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

type callerArgs struct {
	*config
	service       *cloudrunv2.Service
	input, output *storage.Bucket
}

// caller is the account outside Google Cloud that may call the service, with
// its key.
type caller struct {
	pulumi.ResourceState

	Account *serviceaccount.Account
	// Key is the JSON key file, a secret.
	Key pulumi.StringOutput
	// URL is the service's, known once the caller may call it.
	URL pulumi.StringOutput
}

func newCaller(ctx *pulumi.Context, name string, args *callerArgs, opts ...pulumi.ResourceOption) (*caller, error) {
	c := &caller{}
	if err := ctx.RegisterComponentResource("docx2pdf:infra:Caller", name, c, opts...); err != nil {
		return nil, err
	}
	var err error
	c.Account, err = serviceaccount.NewAccount(ctx, name+"-account", &serviceaccount.AccountArgs{
		AccountId:   pulumi.String(args.callerName),
		DisplayName: pulumi.String("Caller of the Docx to PDF converter"),
	}, pulumi.Parent(c))
	if err != nil {
		return nil, err
	}
	invoker, err := cloudrunv2.NewServiceIamMember(ctx, name+"-invoker", &cloudrunv2.ServiceIamMemberArgs{
		Location: args.service.Location,
		Name:     args.service.Name,
		Role:     pulumi.String("roles/run.invoker"),
		Member:   c.Account.Member,
	}, pulumi.Parent(c), pulumi.DeletedWith(args.service))
	if err != nil {
		return nil, err
	}
	if _, err := grantBuckets(ctx, name, c.Account, c, []bucketGrant{
		// Uploading a document again replaces it, which takes more than creating.
		{"writes-input", args.input, "roles/storage.objectUser"},
		{"reads-output", args.output, "roles/storage.objectViewer"},
	}); err != nil {
		return nil, err
	}
	key, err := serviceaccount.NewKey(ctx, name+"-key", &serviceaccount.KeyArgs{
		ServiceAccountId: c.Account.Name,
	}, pulumi.Parent(c))
	if err != nil {
		return nil, err
	}
	c.Key = key.PrivateKey.ApplyT(decodeKey).(pulumi.StringOutput)
	c.URL = pulumi.All(args.service.Uri, invoker.ID()).ApplyT(func(v []any) string {
		return v[0].(string)
	}).(pulumi.StringOutput)
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"account": c.Account.Email, "url": c.URL})
}

// decodeKey turns what the IAM API calls privateKeyData into the key file that
// Google's client libraries read.
func decodeKey(privateKeyData string) (string, error) {
	file, err := base64.StdEncoding.DecodeString(privateKeyData)
	if err != nil {
		return "", fmt.Errorf("decoding the caller's key: %w", err)
	}
	return string(file), nil
}
