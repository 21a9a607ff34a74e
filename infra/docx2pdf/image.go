package docx2pdf

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/artifactregistry"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/projects"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/serviceaccount"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/storage"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

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
	c, err := newImage(ctx, cfg.prefix+"image", cfg, opts...)
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
	source, err := build.ReadSource(cfg.source, cfg.fontsDir)
	if err != nil {
		return nil, err
	}
	repository, err := artifactregistry.NewRepository(ctx, name+"-repository", &artifactregistry.RepositoryArgs{
		Location:     pulumi.String(cfg.region),
		Project:      pulumi.String(cfg.project),
		RepositoryId: pulumi.String(cfg.resourceID("images")),
		Format:       pulumi.String("DOCKER"),
		Description:  pulumi.String("Images of the Docx to PDF converter"),
		Labels:       cfg.labels(),
		KmsKeyName:   cfg.key(),
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
	}, pulumi.Parent(c), fixedName)
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
func (c *image) upload(ctx *pulumi.Context, name string, cfg *settings,
	source *build.Source) (*storage.Bucket, *storage.BucketObject, error) {
	args := privateBucket(cfg)
	// Everything in it can be made again, so nothing need be kept or paid for
	// once it is deleted.
	args.ForceDestroy = pulumi.Bool(true)
	args.SoftDeletePolicy = &storage.BucketSoftDeletePolicyArgs{RetentionDurationSeconds: pulumi.Int(0)}
	bucket, err := storage.NewBucket(ctx, cfg.prefix+"docx2pdf-source", args, pulumi.Parent(c))
	if err != nil {
		return nil, nil, err
	}
	files := map[string]any{}
	for name, file := range source.Files {
		files[name] = pulumi.NewFileAsset(file.Path)
		if file.Text != "" {
			files[name] = pulumi.NewStringAsset(file.Text)
		}
	}
	object := &storage.BucketObjectArgs{
		Bucket:      bucket.Name,
		Name:        pulumi.String(archivePrefix + source.Hash + archiveSuffix),
		Source:      pulumi.NewAssetArchive(files),
		ContentType: pulumi.String("application/zip"),
	}
	if cfg.kmsKey != "" {
		object.Metadata = pulumi.StringMap{"key": pulumi.String(cfg.kmsKey)} // put there anew under another key
	}
	// The old source goes first: when a change is taken back after a failed build,
	// its name is that of the new one.
	archive, err := storage.NewBucketObject(ctx, name+"-source", object, pulumi.Parent(c),
		pulumi.DeletedWith(bucket), pulumi.DeleteBeforeReplace(true))
	return bucket, archive, err
}

// builder is the account that builds run as, and its grants.
func (c *image) builder(ctx *pulumi.Context, name string, cfg *settings,
	repository *artifactregistry.Repository, source *storage.Bucket) (*serviceaccount.Account, []pulumi.Resource, error) {
	account, err := serviceaccount.NewAccount(ctx, name+"-builder", &serviceaccount.AccountArgs{
		AccountId:   pulumi.String(cfg.resourceID("build")),
		DisplayName: pulumi.String("Builder of the Docx to PDF converter's image"),
		Description: cfg.describe(),
		Project:     pulumi.String(cfg.project),
	}, pulumi.Parent(c), fixedName)
	if err != nil {
		return nil, nil, err
	}
	grants, err := grantBuckets(ctx, name, account, c,
		[]bucketGrant{{"reads-source", source, "roles/storage.objectViewer"}})
	if err != nil {
		return nil, nil, err
	}
	pushes, err := artifactregistry.NewRepositoryIamMember(ctx, name+"-pushes", &artifactregistry.RepositoryIamMemberArgs{
		Location:   repository.Location,
		Repository: repository.Name,
		Project:    repository.Project,
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

// The name of an uploaded source has its hash.
const archivePrefix, archiveSuffix = "source-", ".zip"

type builtArgs struct {
	source     *build.Source
	repository *artifactregistry.Repository
	archive    *storage.BucketObject
	builder    *serviceaccount.Account
	grants     []pulumi.Resource
}

// built is the image by digest, once it is in the registry.
func (c *image) built(ctx *pulumi.Context, cfg *settings, args *builtArgs) pulumi.StringOutput {
	inputs := []any{args.repository.Name}
	if !ctx.DryRun() {
		// Looking needs no more than the repository, so a preview knows the image
		// even when the source is about to be uploaded again.
		inputs = append(inputs, args.archive.Bucket, args.archive.OutputName, args.builder.Email)
		for _, grant := range args.grants {
			inputs = append(inputs, grant.(pulumi.CustomResource).ID())
		}
	}
	return pulumi.All(inputs...).ApplyT(func(v []any) (pulumi.StringOutput, error) {
		client, err := build.NewClient(ctx.Context(), cfg.google)
		if err != nil {
			return pulumi.StringOutput{}, err
		}
		hash := args.source.Hash
		if !ctx.DryRun() {
			// An update of some targets, and a destroy that runs the program, leave the older source where it is.
			hash = strings.TrimSuffix(strings.TrimPrefix(v[2].(string), archivePrefix), archiveSuffix)
		}
		wanted := build.Image{
			Project: cfg.project, Location: cfg.region, Repository: v[0].(string),
			Name: "docx2pdf", Tag: cfg.imageTag(hash),
		}
		progress := teller(ctx, c)
		// A preview has changed nothing that could need time.
		digest, err := client.Digest(ctx.Context(), wanted, !ctx.DryRun(), progress)
		if err == nil && digest == "" {
			if ctx.DryRun() {
				return unknownString(), nil
			}
			digest, err = client.Build(ctx.Context(), build.Request{
				Image: wanted, Snapshot: cfg.imageSnapshot, LibreOffice: cfg.libreOffice, Bucket: v[1].(string),
				Object: v[2].(string), ServiceAccount: v[3].(string),
			}, progress)
		}
		if err != nil {
			return pulumi.StringOutput{}, err
		}
		c.tellAge(ctx, cfg, client.Made(ctx.Context(), wanted, digest))
		return pulumi.String(wanted.String() + "@" + digest).ToStringOutput(), nil
	}).(pulumi.StringOutput)
}

// stable is LibreOffice as Debian's stable release has it.
const stable = "stable"

// imageTag is the tag of the image of a source, by its hash: another where the configuration has it built otherwise, or
// anew.
func (s *settings) imageTag(source string) string {
	if s.imageRevision == "" && !s.imageSnapshot && s.libreOffice == stable {
		return source
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%v\x00%s", source, s.imageRevision, s.imageSnapshot,
		s.libreOffice))
	return hex.EncodeToString(sum[:])
}

// tellAge says when the image's packages are so old that some may have been mended since.
func (c *image) tellAge(ctx *pulumi.Context, cfg *settings, made time.Time) {
	age := int(time.Since(made).Hours() / 24)
	if cfg.imageMaxAge == 0 || made.IsZero() || age <= cfg.imageMaxAge {
		return
	}
	_ = ctx.Log.Warn(fmt.Sprintf("the image was built %d days ago, and Debian may have mended LibreOffice since. To "+
		"have it built with the newest packages: pulumi config set imageRevision %s", age,
		time.Now().UTC().Format(time.DateOnly)), &pulumi.LogArgs{Resource: c})
}

// unknownString is an output that Pulumi shows as known after the update.
func unknownString() pulumi.StringOutput {
	return pulumi.UnsafeUnknownOutput(nil).ApplyT(func(any) string { return "" }).(pulumi.StringOutput)
}
