package build

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"google.golang.org/api/artifactregistry/v1"
	"google.golang.org/api/cloudbuild/v1"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/logging/v2"
	"google.golang.org/api/option"
)

// Timeout is how long one build may take. A cold build takes about four
// minutes, most of it the installation of LibreOffice.
const Timeout = 20 * time.Minute

// Client finds images in Artifact Registry and has Cloud Build build them.
type Client struct {
	builds *cloudbuild.Service
	images *artifactregistry.Service
	logs   *logging.Service
}

// Options say how to reach Google Cloud.
type Options struct {
	// AccessToken is an OAuth access token of whoever deploys.
	AccessToken string
	// These replace Google's own addresses when they are not empty. They have no
	// version at their end.
	CloudBuildEndpoint, ArtifactRegistryEndpoint, LoggingEndpoint string
}

// NewClient makes a client. It calls nothing yet.
func NewClient(ctx context.Context, opts Options) (*Client, error) {
	token := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: opts.AccessToken})
	client := func(endpoint string) []option.ClientOption {
		options := []option.ClientOption{option.WithTokenSource(token)}
		if endpoint != "" {
			options = append(options, option.WithEndpoint(endpoint))
		}
		return options
	}
	builds, err := cloudbuild.NewService(ctx, client(opts.CloudBuildEndpoint)...)
	if err != nil {
		return nil, fmt.Errorf("making a Cloud Build client: %w", err)
	}
	images, err := artifactregistry.NewService(ctx, client(opts.ArtifactRegistryEndpoint)...)
	if err != nil {
		return nil, fmt.Errorf("making an Artifact Registry client: %w", err)
	}
	logs, err := logging.NewService(ctx, client(opts.LoggingEndpoint)...)
	if err != nil {
		return nil, fmt.Errorf("making a Cloud Logging client: %w", err)
	}
	return &Client{builds: builds, images: images, logs: logs}, nil
}

// Image is an image by its tag.
type Image struct {
	// Project, Location and Repository say which Artifact Registry repository.
	Project, Location, Repository string
	Name, Tag                     string
}

// String is the image's name without tag, as a registry's client spells it.
func (i Image) String() string {
	return fmt.Sprintf("%s-docker.pkg.dev/%s/%s/%s", i.Location, i.Project, i.Repository, i.Name)
}

// Digest answers with the image's digest (sha256:…), or with "" when the
// registry does not have the tag. A refusal that may pass is waited out for as
// long as patience.
func (c *Client) Digest(ctx context.Context, image Image, patience time.Duration, progress func(status string)) (string, error) {
	name := fmt.Sprintf("projects/%s/locations/%s/repositories/%s/packages/%s/tags/%s",
		image.Project, image.Location, image.Repository, image.Name, image.Tag)
	var tag *artifactregistry.Tag
	err := retry(ctx, time.Now().Add(patience), progress, func() (err error) {
		tag, err = c.images.Projects.Locations.Repositories.Packages.Tags.Get(name).Context(ctx).Do()
		return err
	})
	var answer *googleapi.Error
	if errors.As(err, &answer) && answer.Code == http.StatusNotFound {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("looking for the image %s:%s: %w", image, image.Tag, err)
	}
	return digestOfVersion(tag.Version)
}

// Request is one build.
type Request struct {
	Image Image
	// Bucket and Object hold the source, a zip or tar.gz of the build context.
	Bucket, Object string
	// ServiceAccount is the email of the account that the build runs as.
	ServiceAccount string
}

// Build builds and pushes the image, tells progress of each line of the build's
// log, and answers with the image's digest. The error of a failed build has the
// step that failed, the log's last lines and where the whole log is.
func (c *Client) Build(ctx context.Context, request Request, progress func(status string)) (string, error) {
	tagged := request.Image.String() + ":" + request.Image.Tag
	build := &cloudbuild.Build{
		Source: &cloudbuild.Source{StorageSource: &cloudbuild.StorageSource{Bucket: request.Bucket, Object: request.Object}},
		Steps: []*cloudbuild.BuildStep{{
			Name: "gcr.io/cloud-builders/docker",
			Args: []string{"build", "--platform", "linux/amd64", "--file", "service/Dockerfile", "--tag", tagged, "."},
			Env:  []string{"DOCKER_BUILDKIT=1"},
		}},
		Images:         []string{tagged},
		ServiceAccount: fmt.Sprintf("projects/%s/serviceAccounts/%s", request.Image.Project, request.ServiceAccount),
		// Only Cloud Logging: the build's own account has no logs bucket.
		Options: &cloudbuild.BuildOptions{Logging: "CLOUD_LOGGING_ONLY"},
		Timeout: fmt.Sprintf("%ds", int(Timeout.Seconds())),
		Tags:    []string{"docx2pdf"},
	}
	done, err := c.run(ctx, request.Image.Project, build, progress)
	if err != nil {
		return "", fmt.Errorf("building %s: %w", tagged, err)
	}
	for _, image := range done.Results.Images {
		if image.Name == tagged {
			return image.Digest, nil
		}
	}
	return "", fmt.Errorf("build %s succeeded without pushing %s; its log: %s", done.Id, tagged, done.LogUrl)
}

// run runs a build to its end. A build that could not read its source or push
// its image is run again for a while: its account's roles may be a moment old.
func (c *Client) run(ctx context.Context, project string, build *cloudbuild.Build, progress func(string)) (*cloudbuild.Build, error) {
	deadline := time.Now().Add(GrantsTakeEffect)
	for {
		var id string
		err := retry(ctx, deadline, progress, func() error {
			operation, err := c.builds.Projects.Builds.Create(project, build).Context(ctx).Do()
			if err == nil {
				id, err = buildID(operation)
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("starting the build: %w", err)
		}
		done, log, err := c.wait(ctx, project, id, progress)
		if err != nil || done.Status == "SUCCESS" {
			return done, err
		}
		if !isAboutGrants(done) || time.Now().After(deadline) {
			return nil, fmt.Errorf("build %s ended as %s: %s\n%s\nthe whole log: %s",
				id, done.Status, failure(done), strings.Join(log.tail(ctx, 20), "\n"), done.LogUrl)
		}
		progress("waiting for the build account's roles to take effect")
		if err := sleep(ctx, 5*time.Second); err != nil {
			return nil, err
		}
	}
}

// GrantsTakeEffect bounds the wait for APIs that were enabled and grants that
// were made a moment ago. Google's page says that it typically takes two minutes.
// https://cloud.google.com/iam/docs/access-change-propagation
const GrantsTakeEffect = 2 * time.Minute

// retry repeats a call that fails as calls do for a while after an API was
// enabled, an account was made or a role was granted.
func retry(ctx context.Context, deadline time.Time, progress func(string), call func() error) error {
	for pause := time.Second; ; pause = min(2*pause, 15*time.Second) {
		err := call()
		if err == nil || !mayPass(err) || time.Now().After(deadline) {
			return err
		}
		progress("waiting for APIs and roles to take effect: " + err.Error())
		if err := sleep(ctx, pause); err != nil {
			return err
		}
	}
}

// mayPass reports whether an error is one that Google Cloud answers for a while
// after an API was enabled, an account was made or a role was granted.
func mayPass(err error) bool {
	var answer *googleapi.Error
	if !errors.As(err, &answer) {
		return false
	}
	return answer.Code == http.StatusForbidden || answer.Code == http.StatusBadRequest && isAboutAccount(answer.Message) ||
		answer.Code == http.StatusTooManyRequests || answer.Code == http.StatusServiceUnavailable
}

// wait follows a build to its end, whatever that is.
func (c *Client) wait(ctx context.Context, project, id string, progress func(string)) (*cloudbuild.Build, *follower, error) {
	log := &follower{logs: c.logs, project: project, build: id, seen: map[string]bool{}}
	last := ""
	for pause := 100 * time.Millisecond; ; pause = min(pause*5/4, 5*time.Second) {
		var build *cloudbuild.Build
		err := retry(ctx, time.Now().Add(GrantsTakeEffect), progress, func() (err error) {
			build, err = c.builds.Projects.Builds.Get(project, id).Context(ctx).Do()
			return err
		})
		if err != nil {
			return nil, nil, fmt.Errorf("following build %s: %w", id, err)
		}
		if build.Status != last {
			last = build.Status
			progress("build " + id + ": " + build.Status)
		}
		switch build.Status {
		case "PENDING", "QUEUED", "WORKING", "STATUS_UNKNOWN":
		default:
			return build, log, nil
		}
		lines, _ := log.read(ctx)
		for _, line := range lines {
			progress(line)
		}
		if err := sleep(ctx, pause); err != nil {
			return nil, nil, err
		}
	}
}

func sleep(ctx context.Context, pause time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(pause):
		return nil
	}
}
