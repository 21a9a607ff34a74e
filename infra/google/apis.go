package google

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"golang.org/x/sync/errgroup"
)

// Enabled are the APIs that a project has enabled, by name.
// https://cloud.google.com/service-usage/docs/reference/rest/v1/services/list
func (c *Client) Enabled(ctx context.Context, project string) (map[string]bool, error) {
	enabled := map[string]bool{}
	for page := ""; ; {
		var answer struct {
			Services      []struct{ Name string }
			NextPageToken string
		}
		path := "v1/projects/" + project + "/services?filter=state:ENABLED&pageSize=200&pageToken=" + page
		if err := c.Call(ctx, http.MethodGet, ServiceUsage, path, nil, &answer); err != nil {
			return nil, err
		}
		for _, service := range answer.Services {
			enabled[service.Name[strings.LastIndex(service.Name, "/")+1:]] = true
		}
		if page = answer.NextPageToken; page == "" {
			return enabled, nil
		}
	}
}

// Enable enables an API, and waits until it answers.
// https://cloud.google.com/service-usage/docs/reference/rest/v1/services/enable
func (c *Client) Enable(ctx context.Context, project, region, service string, tell func(string)) error {
	err := Retry(ctx, true, tell, func() error {
		path := "v1/projects/" + project + "/services/" + service + ":enable"
		return c.Call(ctx, http.MethodPost, ServiceUsage, path, map[string]any{}, nil)
	})
	if err != nil {
		return fmt.Errorf("enabling %s: %w", service, err)
	}
	return c.AwaitAPIs(ctx, project, region, []string{service}, tell)
}

// lists are calls that change nothing and tell whether an API answers. {P} and {R} stand for the project and the region.
var lists = map[string]struct {
	api  API
	path string
}{
	"artifactregistry.googleapis.com":     {ArtifactRegistry, "v1/projects/{P}/locations/{R}/repositories?pageSize=1"},
	"cloudbuild.googleapis.com":           {CloudBuild, "v1/projects/{P}/builds?pageSize=1"},
	"cloudresourcemanager.googleapis.com": {ResourceManager, "v1/projects/{P}"},
	"iam.googleapis.com":                  {IAM, "v1/projects/{P}/serviceAccounts?pageSize=1"},
	"monitoring.googleapis.com":           {Monitoring, "v1/projects/{P}/dashboards?pageSize=1"},
	"pubsub.googleapis.com":               {PubSub, "v1/projects/{P}/topics?pageSize=1"},
	"run.googleapis.com":                  {CloudRun, "v2/projects/{P}/locations/{R}/services?pageSize=1"},
	"storage.googleapis.com":              {Storage, "v1/b?project={P}&maxResults=1"},
}

// AwaitAPIs waits until APIs that were enabled a moment ago answer as such. Google says that they are enabled some time
// before all of its servers know.
func (c *Client) AwaitAPIs(ctx context.Context, project, region string, services []string, tell func(string)) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, service := range services {
		list, known := lists[service]
		if !known {
			continue
		}
		path := strings.NewReplacer("{P}", project, "{R}", region).Replace(list.path)
		group.Go(func() error {
			return Retry(ctx, true, tell, func() error {
				err := c.Call(ctx, http.MethodGet, list.api, path, nil, nil)
				if isDisabled(err) {
					return err
				}
				return nil // enabled, whatever else it says
			})
		})
	}
	return group.Wait()
}
