package main

import (
	"cmp"
	"os"
	"strings"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/artifactregistry"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/organizations"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/projects"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/serviceaccount"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/storage"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumiconfig "github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"

	"docx2pdf/infra/build"
)

// image is the converter's container image. Its tag is the hash of its source:
// where the registry has the tag nothing is built, and where it has not, Cloud
// Build builds it during the update, never during a preview.
type image struct {
	pulumi.ResourceState

	// Ref is the image by digest, unknown in a preview of a change to it.
	Ref pulumi.StringOutput
}

// imageRef is the image to run, by digest: the configuration's, or the one built
// from service/.
func imageRef(ctx *pulumi.Context, cfg *settings, opts ...pulumi.ResourceOption) (pulumi.StringOutput, error) {
	if cfg.image != "" {
		return pulumi.String(cfg.image).ToStringOutput(), nil
	}
	c, err := newImage(ctx, "image", cfg, opts...)
	if err != nil {
		return pulumi.StringOutput{}, err
	}
	return c.Ref, nil
}

func newImage(ctx *pulumi.Context, name string, cfg *settings, opts ...pulumi.ResourceOption) (*image, error) {
	c := &image{}
	if err := ctx.RegisterComponentResource("docx2pdf:infra:Image", name, c, opts...); err != nil {
		return nil, err
	}
	source, err := build.ReadSource(root, cfg.fontsDir)
	if err != nil {
		return nil, err
	}
	repository, err := artifactregistry.NewRepository(ctx, name+"-repository", &artifactregistry.RepositoryArgs{
		Location:     pulumi.String(cfg.region),
		RepositoryId: pulumi.String(cfg.resourceID("images")),
		Format:       pulumi.String("DOCKER"),
		Description:  pulumi.String("Images of the Docx to PDF converter"),
		Labels:       cfg.labels(),
		CleanupPolicies: artifactregistry.RepositoryCleanupPolicyArray{
			&artifactregistry.RepositoryCleanupPolicyArgs{
				Id:                 pulumi.String("keep-recent"),
				Action:             pulumi.String("KEEP"),
				MostRecentVersions: &artifactregistry.RepositoryCleanupPolicyMostRecentVersionsArgs{KeepCount: pulumi.Int(10)},
			},
			&artifactregistry.RepositoryCleanupPolicyArgs{
				Id:        pulumi.String("delete-old"),
				Action:    pulumi.String("DELETE"),
				Condition: &artifactregistry.RepositoryCleanupPolicyConditionArgs{OlderThan: pulumi.String("2592000s")}, // 30 days
			},
		},
	}, pulumi.Parent(c))
	if err != nil {
		return nil, err
	}
	bucket, archive, err := c.upload(ctx, name, cfg, source)
	if err != nil {
		return nil, err
	}
	builder, grants, err := c.builder(ctx, name, cfg, repository, bucket)
	if err != nil {
		return nil, err
	}
	c.Ref = c.built(ctx, cfg, &builtArgs{source, repository, archive, builder, grants})
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"ref": c.Ref})
}

// upload puts the source where Cloud Build reads it.
func (c *image) upload(ctx *pulumi.Context, name string, cfg *settings, source *build.Source) (*storage.Bucket, *storage.BucketObject, error) {
	args := privateBucket(cfg)
	// Everything in it can be made again, so nothing need be kept or paid for
	// once it is deleted.
	args.ForceDestroy = pulumi.Bool(true)
	args.SoftDeletePolicy = &storage.BucketSoftDeletePolicyArgs{RetentionDurationSeconds: pulumi.Int(0)}
	bucket, err := storage.NewBucket(ctx, "docx2pdf-source", args, pulumi.Parent(c))
	if err != nil {
		return nil, nil, err
	}
	files := map[string]any{}
	for _, file := range source.Names() {
		files[file] = pulumi.NewFileAsset(source.Files[file])
	}
	// The old source goes first: when a change is taken back after a failed build,
	// its name is that of the new one.
	archive, err := storage.NewBucketObject(ctx, name+"-source", &storage.BucketObjectArgs{
		Bucket:      bucket.Name,
		Name:        pulumi.String("source-" + source.Hash + ".zip"),
		Source:      pulumi.NewAssetArchive(files),
		ContentType: pulumi.String("application/zip"),
	}, pulumi.Parent(c), pulumi.DeletedWith(bucket), pulumi.DeleteBeforeReplace(true))
	return bucket, archive, err
}

// builder is the account that builds run as, and its grants.
func (c *image) builder(ctx *pulumi.Context, name string, cfg *settings, repository *artifactregistry.Repository, source *storage.Bucket) (*serviceaccount.Account, []pulumi.Resource, error) {
	account, err := serviceaccount.NewAccount(ctx, name+"-builder", &serviceaccount.AccountArgs{
		AccountId:   pulumi.String(cfg.resourceID("build")),
		DisplayName: pulumi.String("Builder of the Docx to PDF converter's image"),
	}, pulumi.Parent(c))
	if err != nil {
		return nil, nil, err
	}
	grants, err := grantBuckets(ctx, name, account, c, []bucketGrant{{"reads-source", source, "roles/storage.objectViewer"}})
	if err != nil {
		return nil, nil, err
	}
	pushes, err := artifactregistry.NewRepositoryIamMember(ctx, name+"-pushes", &artifactregistry.RepositoryIamMemberArgs{
		Location:   repository.Location,
		Repository: repository.Name,
		Role:       pulumi.String("roles/artifactregistry.writer"),
		Member:     account.Member,
	}, pulumi.Parent(c), pulumi.DeletedWith(repository))
	if err != nil {
		return nil, nil, err
	}
	logs, err := projects.NewIAMMember(ctx, name+"-logs", &projects.IAMMemberArgs{
		Project: pulumi.String(cfg.project),
		Role:    pulumi.String("roles/logging.logWriter"),
		Member:  account.Member,
	}, pulumi.Parent(c))
	return account, append(grants, pushes, logs), err
}

type builtArgs struct {
	source     *build.Source
	repository *artifactregistry.Repository
	archive    *storage.BucketObject
	builder    *serviceaccount.Account
	grants     []pulumi.Resource
}

// built is the image by digest, once it is in the registry.
func (c *image) built(ctx *pulumi.Context, cfg *settings, args *builtArgs) pulumi.StringOutput {
	inputs := []any{organizations.GetClientConfigOutput(ctx).AccessToken(), args.repository.Name}
	if !ctx.DryRun() {
		// Looking needs no more than the repository, so a preview knows the image
		// even when the source is about to be uploaded again.
		inputs = append(inputs, args.archive.Bucket, args.archive.OutputName, args.builder.Email)
		for _, grant := range args.grants {
			inputs = append(inputs, grant.(pulumi.CustomResource).ID())
		}
	}
	return pulumi.All(inputs...).ApplyT(func(v []any) (pulumi.StringOutput, error) {
		client, err := build.NewClient(ctx.Context(), build.Options{
			AccessToken:              v[0].(string),
			CloudBuildEndpoint:       endpoint(ctx, "cloudBuildCustomEndpoint", "GOOGLE_CLOUD_BUILD_CUSTOM_ENDPOINT"),
			ArtifactRegistryEndpoint: endpoint(ctx, "artifactRegistryCustomEndpoint", "GOOGLE_ARTIFACT_REGISTRY_CUSTOM_ENDPOINT"),
			LoggingEndpoint:          endpoint(ctx, "loggingCustomEndpoint", "GOOGLE_LOGGING_CUSTOM_ENDPOINT"),
		})
		if err != nil {
			return pulumi.StringOutput{}, err
		}
		wanted := build.Image{
			Project: cfg.project, Location: cfg.region, Repository: v[1].(string),
			Name: "docx2pdf", Tag: args.source.Hash,
		}
		progress := func(status string) {
			_ = ctx.Log.Info(status, &pulumi.LogArgs{Resource: c, Ephemeral: true})
		}
		patience := build.GrantsTakeEffect
		if ctx.DryRun() {
			patience = 0 // A preview has changed nothing that could need time.
		}
		digest, err := client.Digest(ctx.Context(), wanted, patience, progress)
		if err == nil && digest == "" {
			if ctx.DryRun() {
				return unknownString(), nil
			}
			digest, err = client.Build(ctx.Context(), build.Request{
				Image: wanted, Bucket: v[2].(string), Object: v[3].(string), ServiceAccount: v[4].(string),
			}, progress)
		}
		return pulumi.String(wanted.String() + "@" + digest).ToStringOutput(), err
	}).(pulumi.StringOutput)
}

// unknownString is an output that Pulumi shows as known after the update.
func unknownString() pulumi.StringOutput {
	return pulumi.UnsafeUnknownOutput(nil).ApplyT(func(any) string { return "" }).(pulumi.StringOutput)
}

// endpoint is where the stack's provider reaches one of Google's APIs, without
// the version at its end, or "" for Google's own address: the program's own
// calls go where the provider's go.
func endpoint(ctx *pulumi.Context, key, env string) string {
	custom := cmp.Or(pulumiconfig.New(ctx, "gcp").Get(key), os.Getenv(env))
	return strings.TrimSuffix(strings.TrimSuffix(custom, "v1/"), "v2/")
}
