package google

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/sync/errgroup"
)

// Enabled are the APIs that a project has enabled. Nil is a project of which that cannot be looked up.
type Enabled struct {
	apis   map[string]bool
	number string // the project's; "" when unknown
}

// Has says whether an API is enabled, as far as is known.
func (e *Enabled) Has(service string) bool { return e != nil && e.apis[service] }

// enabled looks up the APIs that a project has enabled.
// https://cloud.google.com/service-usage/docs/reference/rest/v1/services/list
func (c *Client) enabled(ctx context.Context, project string) (*Enabled, error) {
	e := &Enabled{apis: map[string]bool{}}
	for page := ""; ; {
		var answer struct {
			Services      []struct{ Name string } // projects/NUMBER/services/API
			NextPageToken string
		}
		path := "v1/projects/" + project + "/services?filter=state:ENABLED&pageSize=200&pageToken=" +
			url.QueryEscape(page)
		if err := c.Call(ctx, http.MethodGet, ServiceUsage, path, nil, &answer); err != nil {
			return nil, err
		}
		for _, service := range answer.Services {
			e.apis[service.Name[strings.LastIndex(service.Name, "/")+1:]] = true
			if parts := strings.Split(service.Name, "/"); len(parts) == 4 {
				e.number = parts[1]
			}
		}
		if page = answer.NextPageToken; page == "" {
			return e, nil
		}
	}
}

// Enable enables an API, and waits until it answers.
// https://cloud.google.com/service-usage/docs/reference/rest/v1/services/enable
func (c *Client) Enable(
	ctx context.Context, w Wanted, before *Enabled, service string, tell func(string),
) error {
	err := Retry(ctx, true, tell, func() error {
		path := "v1/projects/" + w.Project + "/services/" + service + ":enable"
		err := c.Call(ctx, http.MethodPost, ServiceUsage, path, map[string]any{}, nil)
		return cmp.Or(before.Elsewhere(err), err)
	})
	if err != nil {
		return fmt.Errorf("enabling %s: %w", service, err)
	}
	return c.AwaitAPIs(ctx, w, before, []string{service}, tell)
}

// lists are calls that change nothing and tell whether an API answers. {P}, {R} and {B} stand for the project, the
// region and the billing account.
var lists = map[string]struct {
	api  API
	path string
}{
	"artifactregistry.googleapis.com":     {ArtifactRegistry, "v1/projects/{P}/locations/{R}/repositories?pageSize=1"},
	"billingbudgets.googleapis.com":       {Budgets, "v1/billingAccounts/{B}/budgets?pageSize=1"},
	"cloudbuild.googleapis.com":           {CloudBuild, "v1/projects/{P}/builds?pageSize=1"},
	"cloudkms.googleapis.com":             {KMS, "v1/projects/{P}/locations/{R}/keyRings?pageSize=1"},
	"cloudresourcemanager.googleapis.com": {ResourceManager, "v1/projects/{P}"},
	"iam.googleapis.com":                  {IAM, "v1/projects/{P}/serviceAccounts?pageSize=1"},
	"logging.googleapis.com":              {Logging, "v2/projects/{P}/sinks?pageSize=1"},
	"monitoring.googleapis.com":           {Monitoring, "v1/projects/{P}/dashboards?pageSize=1"},
	"pubsub.googleapis.com":               {PubSub, "v1/projects/{P}/topics?pageSize=1"},
	"run.googleapis.com":                  {CloudRun, "v2/projects/{P}/locations/{R}/services?pageSize=1"},
	"storage.googleapis.com":              {Storage, "v1/b?project={P}&maxResults=1"},
}

// AwaitAPIs waits until APIs that were enabled a moment ago answer as such. Google says that they are enabled some time
// before all of its servers know.
func (c *Client) AwaitAPIs(
	ctx context.Context, w Wanted, before *Enabled, services []string, tell func(string),
) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, service := range services {
		list, known := lists[service]
		if !known {
			continue
		}
		path := strings.NewReplacer("{P}", w.Project, "{R}", w.Region, "{B}", w.BillingAccount).Replace(list.path)
		group.Go(func() error {
			return Retry(ctx, true, tell, func() error {
				err := c.Call(ctx, http.MethodGet, list.api, path, nil, nil)
				if !isDisabled(err) {
					return nil // enabled, whatever else it says
				}
				return cmp.Or(before.Elsewhere(err), err)
			})
		})
	}
	return group.Wait()
}
