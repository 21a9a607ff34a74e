package build

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"google.golang.org/api/artifactregistry/v1"
	"google.golang.org/api/cloudbuild/v1"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/logging/v2"
	"google.golang.org/api/option"

	"docx2pdf/infra/google"
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

// NewClient makes a client that reaches Google as another does. It calls nothing yet.
func NewClient(ctx context.Context, as *google.Client) (*Client, error) {
	client := func(api google.API) []option.ClientOption {
		options := []option.ClientOption{option.WithHTTPClient(as.HTTP())}
		if endpoint := as.Endpoints[api]; endpoint != "" {
			options = append(options, option.WithEndpoint(endpoint))
		}
		return options
	}
	builds, err := cloudbuild.NewService(ctx, client(google.CloudBuild)...)
	if err != nil {
		return nil, fmt.Errorf("making a Cloud Build client: %w", err)
	}
	images, err := artifactregistry.NewService(ctx, client(google.ArtifactRegistry)...)
	if err != nil {
		return nil, fmt.Errorf("making an Artifact Registry client: %w", err)
	}
	logs, err := logging.NewService(ctx, client(google.Logging)...)
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
	return fmt.Sprintf("%s-docker.pkg.dev/%s/%s/%s", i.Location, google.ImagePath(i.Project), i.Repository, i.Name)
}

// Digest answers with the image's digest (sha256:…), or with "" when the
// registry does not have the tag. With patience a refusal that may pass is waited
// out.
func (c *Client) Digest(ctx context.Context, image Image, patient bool, progress func(status string)) (string, error) {
	name := fmt.Sprintf("projects/%s/locations/%s/repositories/%s/packages/%s/tags/%s",
		image.Project, image.Location, image.Repository, image.Name, image.Tag)
	var tag *artifactregistry.Tag
	err := google.Retry(ctx, patient, progress, func() (err error) {
		tag, err = c.images.Projects.Locations.Repositories.Packages.Tags.Get(name).Context(ctx).Do()
		var answer *googleapi.Error
		if errors.As(err, &answer) && answer.Code == http.StatusNotFound {
			return nil
		}
		return err
	})
	if err != nil {
		return "", fmt.Errorf("looking for the image %s:%s: %w", image, image.Tag, err)
	}
	if tag == nil || tag.Version == "" {
		return "", nil
	}
	return digestOfVersion(tag.Version)
}

// Made is when an image was pushed. It is zero where that cannot be looked up.
func (c *Client) Made(ctx context.Context, image Image, digest string) time.Time {
	name := fmt.Sprintf("projects/%s/locations/%s/repositories/%s/packages/%s/versions/%s",
		image.Project, image.Location, image.Repository, image.Name, digest)
	version, err := c.images.Projects.Locations.Repositories.Packages.Versions.Get(name).Context(ctx).Do()
	if err != nil {
		return time.Time{}
	}
	made, _ := time.Parse(time.RFC3339Nano, version.CreateTime)
	return made
}

// wait follows a build to its end, whatever that is.
func (c *Client) wait(ctx context.Context, project, id string, progress func(string)) (*cloudbuild.Build,
	*follower, error) {
	log := &follower{logs: c.logs, project: project, build: id, seen: map[string]bool{}}
	last := ""
	for pause := 100 * time.Millisecond; ; pause = min(pause*5/4, 5*time.Second) {
		var build *cloudbuild.Build
		err := google.Retry(ctx, true, progress, func() (err error) {
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
		if !runs(build.Status) {
			return build, log, nil
		}
		lines, _ := log.read(ctx)
		for _, line := range lines {
			progress(line)
		}
		if err := google.Sleep(ctx, pause); err != nil {
			return nil, nil, err
		}
	}
}
