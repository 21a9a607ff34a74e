package build

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"google.golang.org/api/cloudbuild/v1"
	"google.golang.org/api/googleapi"

	"docx2pdf/infra/google"
)

// Request is one build.
type Request struct {
	Image Image
	// Snapshot takes Debian's packages from the snapshot that the base was made
	// from: the same bits each time, without what was mended since.
	Snapshot bool
	// LibreOffice is the line of Debian's packages, stable or backports.
	LibreOffice string
	// Bucket and Object hold the source, a zip or tar.gz of the build context.
	Bucket, Object string
	// ServiceAccount is the email of the account that the build runs as.
	ServiceAccount string
}

// mirror has the public images that are often asked for, without the limits on
// how often that their own registry has.
// https://cloud.google.com/artifact-registry/docs/pull-cached-dockerhub-images
const mirror = "mirror.gcr.io/library/"

// Build builds and pushes the image, tells progress of each line of the build's
// log, and answers with the image's digest. A build of the image that runs
// already, since whoever began it did not wait for its end, is waited for. The
// error of a failed build has the step that failed, the log's last lines and
// where the whole log is.
func (c *Client) Build(ctx context.Context, request Request, progress func(status string)) (string, error) {
	done, err := c.run(ctx, request.Image.Project, request.build(mirror), progress)
	if err != nil && strings.Contains(err.Error(), "failed to resolve source metadata for "+mirror) {
		progress("the mirror does not have the base images: building with those of their own registry")
		done, err = c.run(ctx, request.Image.Project, request.build(""), progress)
	}
	if err != nil {
		return "", fmt.Errorf("building %s: %w", request.tagged(), err)
	}
	for _, image := range done.Results.Images {
		if image.Name == request.tagged() {
			return image.Digest, nil
		}
	}
	return "", fmt.Errorf("build %s succeeded without pushing %s; its log: %s", done.Id, request.tagged(), done.LogUrl)
}

func (r *Request) tagged() string { return r.Image.String() + ":" + r.Image.Tag }

// build is the request as Cloud Build takes it, with base images from a mirror.
func (r *Request) build(mirror string) *cloudbuild.Build {
	snapshot := "no"
	if r.Snapshot {
		snapshot = "yes"
	}
	return &cloudbuild.Build{
		Source: &cloudbuild.Source{StorageSource: &cloudbuild.StorageSource{Bucket: r.Bucket, Object: r.Object}},
		Steps: []*cloudbuild.BuildStep{{
			Name: "gcr.io/cloud-builders/docker",
			Args: []string{"build", "--platform", "linux/amd64", "--file", dockerfile, "--build-arg", "SNAPSHOT=" + snapshot,
				"--build-arg", "LIBREOFFICE=" + r.LibreOffice, "--build-arg", "MIRROR=" + mirror, "--tag", r.tagged(), "."},
			Env: []string{"DOCKER_BUILDKIT=1"},
		}},
		Images:         []string{r.tagged()},
		ServiceAccount: fmt.Sprintf("projects/%s/serviceAccounts/%s", r.Image.Project, r.ServiceAccount),
		// Only Cloud Logging: the build's own account has no logs bucket.
		Options: &cloudbuild.BuildOptions{Logging: "CLOUD_LOGGING_ONLY"},
		Timeout: fmt.Sprintf("%ds", int(Timeout.Seconds())),
		Tags:    []string{"docx2pdf", r.Image.buildTag()},
	}
}

// buildTag tells builds of the image from all others. The longest repository's
// name fits into the 128 characters of a tag.
func (i Image) buildTag() string { return i.Repository + "." + i.Tag[:min(len(i.Tag), 64)] }

// run runs a build to its end. A build that could not read its source or push
// its image is run again for a while: its account's roles may be a moment old.
func (c *Client) run(
	ctx context.Context, project string, build *cloudbuild.Build, progress func(string),
) (*cloudbuild.Build, error) {
	deadline := time.Now().Add(google.GrantsTakeEffect)
	for {
		id, others, err := c.begin(ctx, project, build, progress)
		if err != nil {
			return nil, fmt.Errorf("starting the build: %w", err)
		}
		done, log, err := c.wait(ctx, project, id, progress)
		if err != nil || done.Status == "SUCCESS" {
			return done, err
		}
		if others {
			progress("build " + id + " ended as " + done.Status + ": beginning another")
			continue
		}
		if !isAboutGrants(done) || time.Now().After(deadline) {
			return nil, fmt.Errorf("build %s ended as %s: %s\n%s\nthe whole log: %s",
				id, done.Status, failure(done), strings.Join(log.tail(ctx, 20), "\n"), done.LogUrl)
		}
		progress(fmt.Sprintf("waiting for the build account's roles, %s at most: %s",
			time.Until(deadline).Round(time.Second), failure(done)))
		if err := google.Sleep(ctx, 5*time.Second); err != nil {
			return nil, err
		}
	}
}

// begin starts a build, unless one of the same image runs, and answers with its
// id and whether it is another's.
func (c *Client) begin(
	ctx context.Context, project string, build *cloudbuild.Build, progress func(string),
) (id string, others bool, err error) {
	err = google.Retry(ctx, true, progress, func() error {
		// Looked for each time: an answer may be lost after its build has begun.
		if id, err = c.running(ctx, project, build, progress); err != nil {
			return err
		}
		if others = id != ""; others {
			progress("waiting for build " + id + ", which makes the image already")
			return nil
		}
		operation, err := c.builds.Projects.Builds.Create(project, build).Context(ctx).Do()
		if err == nil {
			id, err = buildID(operation)
		}
		return err
	})
	return id, others, err
}

// running is the id of a build of the same image that has not ended, "" for none. What a stack of the same name left
// running when it was destroyed cannot push any more, for its account is gone: it is cancelled.
// https://cloud.google.com/build/docs/view-build-results#filtering_build_results_using_queries
func (c *Client) running(
	ctx context.Context, project string, wanted *cloudbuild.Build, progress func(string),
) (string, error) {
	found := errors.New("found")
	id := ""
	list := c.builds.Projects.Builds.List(project).Filter(fmt.Sprintf("tags=%q", wanted.Tags[1]))
	err := list.Pages(ctx, func(page *cloudbuild.ListBuildsResponse) error {
		for _, build := range page.Builds {
			if !runs(build.Status) {
				continue
			}
			if sameBucket(build, wanted) {
				id = build.Id
				return found
			}
			progress("cancelling build " + build.Id + ", which a stack that is gone left running")
			// Where this is refused it ends by itself, and is in nobody's way.
			_, _ = c.builds.Projects.Builds.Cancel(project, build.Id, &cloudbuild.CancelBuildRequest{}).Context(ctx).Do()
		}
		return nil
	})
	var refused *googleapi.Error
	if errors.As(err, &refused) && refused.Code == http.StatusBadRequest {
		return "", nil // a filter that is not understood is no reason not to build
	}
	if err != nil && !errors.Is(err, found) {
		return "", fmt.Errorf("looking for builds of the image: %w", err)
	}
	return id, nil
}

// sameBucket tells whether two builds of an image have their source from one bucket, which each stack that is made has
// another of.
func sameBucket(a, b *cloudbuild.Build) bool {
	return a.Source == nil || a.Source.StorageSource == nil ||
		a.Source.StorageSource.Bucket == b.Source.StorageSource.Bucket
}

// runs says whether a build with the status has not ended.
func runs(status string) bool {
	return status == "PENDING" || status == "QUEUED" || status == "WORKING" || status == "STATUS_UNKNOWN"
}
