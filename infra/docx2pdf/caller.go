package docx2pdf

import (
	"encoding/base64"
	"fmt"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/cloudrunv2"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/projects"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/serviceaccount"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/storage"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

type callerArgs struct {
	*settings
	service       *cloudrunv2.Service
	url           pulumi.StringOutput
	input, output *storage.Bucket
}

// caller is the account outside Google Cloud that may call the service, with
// its key, and whoever else may call.
type caller struct {
	pulumi.ResourceState

	Account *serviceaccount.Account
	// Key is the JSON key file, a secret; nil when the stack makes none.
	Key *pulumi.StringOutput
	// URL is the service's, known once everybody who may call it can.
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
		Description: args.describe(),
		Project:     pulumi.String(args.project),
	}, pulumi.Parent(c), fixedName)
	if err != nil {
		return nil, err
	}
	granted, err := c.mayInvoke(ctx, name, args)
	if err != nil {
		return nil, err
	}
	c.URL = pulumi.All(append([]any{args.url}, granted...)...).ApplyT(func(v []any) string {
		return v[0].(string)
	}).(pulumi.StringOutput)
	if _, err := grantBuckets(ctx, name, c.Account, c, []bucketGrant{
		// Uploading a document again replaces it, which takes more than creating.
		{"writes-input", args.input, "roles/storage.objectUser"},
		{"reads-output", args.output, "roles/storage.objectViewer"},
	}); err != nil {
		return nil, err
	}
	if args.createKey {
		if c.Key, err = c.newKey(ctx, name, args); err != nil {
			return nil, err
		}
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"account": c.Account.Email, "url": c.URL})
}

// mayInvoke grants roles/run.invoker to the account and to the principals of
// the configuration, and answers with the grants' ids.
func (c *caller) mayInvoke(ctx *pulumi.Context, name string, args *callerArgs) ([]any, error) {
	var granted []any
	if args.invokerScope == "project" {
		grant, err := projects.NewIAMMember(ctx, name+"-invoker", &projects.IAMMemberArgs{
			Project: pulumi.String(args.project),
			Role:    pulumi.String("roles/run.invoker"),
			Member:  c.Account.Member,
		}, pulumi.Parent(c))
		if err != nil {
			return nil, err
		}
		granted = append(granted, grant.ID())
	} else {
		grant, err := grantInvoker(ctx, name+"-invoker", args.service, c.Account.Member, c)
		if err != nil {
			return nil, err
		}
		granted = append(granted, grant.ID())
	}
	for _, principal := range args.invokers {
		grant, err := grantInvoker(ctx, name+"-invoker-"+principal, args.service, pulumi.String(principal), c)
		if err != nil {
			return nil, err
		}
		granted = append(granted, grant.ID())
	}
	return granted, nil
}

// newKey makes the account's key, and keeps the one before it, so that callers can change from one to the other. There
// are two places for keys: odd numbers of keyRotation renew the one, even numbers the other.
func (c *caller) newKey(ctx *pulumi.Context, name string, args *callerArgs) (*pulumi.StringOutput, error) {
	key, err := c.keyOf(ctx, name, args.keyRotation)
	if err != nil {
		return nil, err
	}
	if args.keyRotation > 1 && args.keepOldKey {
		if _, err := c.keyOf(ctx, name, args.keyRotation-1); err != nil {
			return nil, err
		}
	}
	file := key.PrivateKey.ApplyT(decodeKey).(pulumi.StringOutput)
	return &file, nil
}

func (c *caller) keyOf(ctx *pulumi.Context, name string, rotation int) (*serviceaccount.Key, error) {
	place := name + "-key"
	if rotation%2 == 0 {
		place += "-even"
	}
	return serviceaccount.NewKey(ctx, place, &serviceaccount.KeyArgs{
		ServiceAccountId: c.Account.Name,
		Keepers:          pulumi.StringMap{"rotation": pulumi.Sprintf("%d", rotation)},
	}, pulumi.Parent(c))
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
