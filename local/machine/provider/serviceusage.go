package provider

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

const serviceUsage = "/serviceusage/v1/"

func init() {
	register(map[string]*kind{
		"gcp:projects/service:Service": {
			defaults: map[string]any{"disableOnDestroy": true, "checkIfServiceHasUsageOnDestroy": false},
			id:       within("{project}/{service}"),
			imports:  []string{"{project}/{service}", "{service}"},
			create:   enableService, read: readService, remove: disableService,
			update: func(context.Context, *call) error { return nil }, // its other inputs only matter to remove
		},
		"gcp:projects/serviceIdentity:ServiceIdentity": {
			id:      within("projects/{project}/services/{service}"),
			imports: []string{"projects/{project}/services/{service}", "{project}/{service}", "{service}"},
			create:  generateIdentity, read: readIdentity,
			remove: func(context.Context, *call) error { return nil }, // Google keeps service agents
		},
	})
}

// enableService turns an API on unless it is on already.
// https://cloud.google.com/service-usage/docs/reference/rest/v1/services/enable
func enableService(ctx context.Context, c *call) (string, map[string]any, error) {
	id, err := c.kind.id(c)
	if err != nil {
		return "", nil, err
	}
	if enabled, err := c.isEnabled(ctx, id); err != nil || enabled {
		return id, nil, err
	}
	operation, err := c.rest.call(ctx, http.MethodPost, serviceUsage+servicePath(id)+":enable", map[string]any{})
	if err != nil {
		return "", nil, err
	}
	_, err = c.await(ctx, serviceUsage, operation)
	return id, nil, err
}

func readService(ctx context.Context, c *call) (map[string]any, error) {
	project, service, _ := strings.Cut(c.id, "/")
	if _, err := c.activeProject(ctx, project); err != nil {
		return nil, err
	}
	if enabled, err := c.isEnabled(ctx, c.id); err != nil || !enabled {
		return nil, err
	}
	return map[string]any{"project": project, "service": service}, nil
}

// isEnabled looks for the service with the id PROJECT/SERVICE in the list of
// those that are on, which takes the permission that the official provider needs.
// https://cloud.google.com/service-usage/docs/reference/rest/v1/services/list
func (c *call) isEnabled(ctx context.Context, id string) (bool, error) {
	project, service, _ := strings.Cut(id, "/")
	query := url.Values{"filter": {"state:ENABLED"}, "fields": {"services/name,nextPageToken"}}
	for {
		list, err := c.rest.call(ctx, http.MethodGet, serviceUsage+"projects/"+project+"/services?"+query.Encode(), nil)
		if err != nil {
			return false, err
		}
		services, _ := list["services"].([]any)
		for _, s := range services {
			if name, _ := s.(map[string]any)["name"].(string); lastPart(name) == service {
				return true, nil
			}
		}
		page, _ := list["nextPageToken"].(string)
		if page == "" {
			return false, nil
		}
		query.Set("pageToken", page)
	}
}

func disableService(ctx context.Context, c *call) error {
	if !c.flag("disableOnDestroy") {
		return nil
	}
	check := "SKIP"
	if c.flag("checkIfServiceHasUsageOnDestroy") {
		check = "CHECK"
	}
	operation, err := c.rest.call(ctx, http.MethodPost, serviceUsage+servicePath(c.id)+":disable", map[string]any{
		"disableDependentServices": c.flag("disableDependentServices"), "checkIfServiceHasUsage": check,
	})
	if err != nil {
		return err
	}
	_, err = c.await(ctx, serviceUsage, operation)
	return err
}

// servicePath is the resource name of the service with the id PROJECT/SERVICE.
func servicePath(id string) string {
	project, service, _ := strings.Cut(id, "/")
	return "projects/" + project + "/services/" + service
}

// generateIdentity makes the service agent of an API.
// https://cloud.google.com/service-usage/docs/reference/rest/v1beta1/services/generateServiceIdentity
func generateIdentity(ctx context.Context, c *call) (string, map[string]any, error) {
	id, err := c.kind.id(c)
	if err != nil {
		return "", nil, err
	}
	operation, err := c.rest.call(ctx, http.MethodPost, "/serviceusage/v1beta1/"+id+":generateServiceIdentity",
		map[string]any{})
	if err != nil {
		return "", nil, err
	}
	identity, err := c.await(ctx, "/serviceusage/v1beta1/", operation)
	if err != nil {
		return "", nil, err
	}
	email, _ := identity["email"].(string)
	if email == "" {
		return "", nil, fmt.Errorf("%s has no service agent", c.text("service"))
	}
	project, _ := c.project()
	return id, map[string]any{
		"project": project, "service": c.text("service"),
		"email": email, "member": "serviceAccount:" + email,
	}, nil
}

// readIdentity returns the last state: Google has no way to read a service agent.
func readIdentity(ctx context.Context, c *call) (map[string]any, error) {
	if len(c.state) > 0 {
		return c.state, nil
	}
	_, state, err := generateIdentity(ctx, c)
	return state, err
}
