package google

import (
	"context"
	"net/http"
)

// KeysForbidden is the constraint by which the project's organisation forbids keys of service accounts; "" when none
// does, or when that cannot be looked up. New organisations enforce the managed one, which only the newer API knows.
// https://cloud.google.com/resource-manager/docs/secure-by-default-organizations
func (c *Client) KeysForbidden(ctx context.Context, project string) string {
	const older, managed = "iam.disableServiceAccountKeyCreation", "iam.managed.disableServiceAccountKeyCreation"
	var boolean struct{ BooleanPolicy struct{ Enforced bool } }
	err := c.Call(ctx, http.MethodPost, ResourceManager, "v1/projects/"+project+":getEffectiveOrgPolicy",
		map[string]string{"constraint": "constraints/" + older}, &boolean)
	if err == nil && boolean.BooleanPolicy.Enforced {
		return older
	}
	var effective struct {
		Spec struct{ Rules []struct{ Enforce bool } }
	}
	path := "v2/projects/" + project + "/policies/" + managed + ":getEffectivePolicy"
	if err := c.Call(ctx, http.MethodGet, OrgPolicy, path, nil, &effective); err != nil {
		return ""
	}
	for _, rule := range effective.Spec.Rules {
		if rule.Enforce {
			return managed
		}
	}
	return ""
}
