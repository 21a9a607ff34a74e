package provider

import (
	"context"
	"fmt"
	"net/http"
)

const resourceManager = "/cloudresourcemanager/v1/"

func init() {
	register(map[string]*kind{
		"gcp:projects/iAMMember:IAMMember": iamMember(projectPolicy, "project"),
	})
}

// projectPolicy is a project's IAM policy.
// https://cloud.google.com/resource-manager/reference/rest/v1/projects/setIamPolicy
func projectPolicy(c *call) (policyOf, error) {
	project, err := c.project()
	path := resourceManager + "projects/" + project
	p := c.policyVerbs(path, http.MethodPost, "", map[string]any{
		"options": map[string]any{"requestedPolicyVersion": 3},
	})
	p.set = func(ctx context.Context, policy map[string]any) (map[string]any, error) {
		return c.rest.call(ctx, http.MethodPost, path+":setIamPolicy", map[string]any{
			"policy": policy, "updateMask": "bindings,etag,auditConfigs",
		})
	}
	p.id, p.outputs = project, map[string]any{"project": project}
	return p, err
}

// getClientConfig returns the stack's settings and a token that Google's APIs take.
func getClientConfig(_ context.Context, c *call) (map[string]any, error) {
	return map[string]any{
		"id": fmt.Sprintf("projects/%q/regions/%q/zones/%q", c.settings.project, c.settings.region, c.settings.zone),

		"project": c.settings.project, "region": c.settings.region, "zone": c.settings.zone,
		"accessToken": c.rest.token,
	}, nil
}

// activeProject reads a project, which must not be about to be deleted.
// https://cloud.google.com/resource-manager/reference/rest/v1/projects/get
func (c *call) activeProject(ctx context.Context, id string) (map[string]any, error) {
	project, err := c.rest.call(ctx, http.MethodGet, resourceManager+"projects/"+id, nil)
	if err != nil {
		return nil, err
	}
	if state := project["lifecycleState"]; state != nil && state != "ACTIVE" {
		return nil, fmt.Errorf("project %s is %v, not ACTIVE", id, state)
	}
	return project, nil
}

// getProject looks up a project, by default the stack's.
func getProject(ctx context.Context, c *call) (map[string]any, error) {
	id := c.text("projectId")
	if id == "" {
		var err error
		if id, err = c.project(); err != nil {
			return nil, err
		}
	}
	project, err := c.activeProject(ctx, id)
	if err != nil {
		return nil, err
	}
	labels, _ := project["labels"].(map[string]any)
	if labels == nil {
		labels = map[string]any{}
	}
	result := map[string]any{
		"id": "projects/" + id, "projectId": id,
		"name": project["name"], "number": convert(project["projectNumber"], "string"),
		"labels": labels, "effectiveLabels": labels, "pulumiLabels": labels,
		"autoCreateNetwork": false, "skipDelete": false, "deletionPolicy": "",
		"billingAccount": "", "orgId": "", "folderId": "",
	}
	if parent, ok := project["parent"].(map[string]any); ok {
		if field, ok := map[any]string{"organization": "orgId", "folder": "folderId"}[parent["type"]]; ok {
			result[field] = parent["id"]
		}
	}
	return result, nil
}
