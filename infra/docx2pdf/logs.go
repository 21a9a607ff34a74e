package docx2pdf

import (
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/logging"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// keepLogs keeps the service's log for as long as the configuration says, in a log bucket of the stack's own. The
// project's bucket _Default stays as it is, for other things share it: a sink brings the service's lines to the own
// bucket, and an exclusion keeps them out of _Default. Alerts see what a sink of the project brings to a bucket.
// https://cloud.google.com/logging/docs/routing/overview
func (c *watching) keepLogs(ctx *pulumi.Context, name string, args *watchingArgs) error {
	if args.logRetentionDays == 0 {
		return nil
	}
	id := args.resourceID("logs")
	// The name of a log bucket is taken for a week after its deletion, and so long it can be had back.
	place := pulumi.All(args.service.Name).ApplyT(func([]any) (string, error) {
		if ctx.DryRun() {
			return id, nil
		}
		return id, args.google.RestoreLogBucket(ctx.Context(), args.project, args.region, id, teller(ctx, c))
	}).(pulumi.StringOutput)
	bucket, err := logging.NewProjectBucketConfig(ctx, name+"-logs", &logging.ProjectBucketConfigArgs{
		Project:       pulumi.String(args.project),
		Location:      pulumi.String(args.region),
		BucketId:      place,
		Description:   pulumi.String("Log of the Docx to PDF converter " + args.serviceName),
		RetentionDays: pulumi.Int(args.logRetentionDays),
	}, pulumi.Parent(c))
	if err != nil {
		return err
	}
	lines := pulumi.Sprintf(`resource.type="cloud_run_revision" AND resource.labels.service_name="%s" AND `+
		`resource.labels.location="%s"`, args.service.Name, args.region)
	sink, err := logging.NewProjectSink(ctx, args.prefix+"docx2pdf-logs", &logging.ProjectSinkArgs{
		Project:     pulumi.String(args.project),
		Description: bucket.Description,
		Destination: pulumi.Sprintf("logging.googleapis.com/%s", bucket.ID()),
		Filter:      lines,
	}, pulumi.Parent(c))
	if err != nil {
		return err
	}
	// After the sink, and gone before it: no line is lost.
	_, err = logging.NewProjectExclusion(ctx, args.prefix+"docx2pdf-logs", &logging.ProjectExclusionArgs{
		Project:     pulumi.String(args.project),
		Description: bucket.Description,
		Filter:      lines,
	}, pulumi.Parent(c), pulumi.DependsOn([]pulumi.Resource{sink}))
	return err
}
