package google

import (
	"context"
	"net/http"
	"strings"
)

// Account is a service account of the project.
type Account struct{ Email, DisplayName, Description string }

// Account looks for a service account by its id. It is nil when there is none, or none that can be seen: the error is
// what the API said then.
// https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts/get
func (c *Client) Account(ctx context.Context, project, id string) (*Account, error) {
	var a Account
	path := "v1/projects/" + project + "/serviceAccounts/" + id + "@" + accountDomain(project)
	if err := c.Call(ctx, http.MethodGet, IAM, path, nil, &a); err != nil {
		return nil, err
	}
	return &a, nil
}

// accountDomain is what the emails of a project's accounts end with. A project of a domain, example.com:letters, has
// letters.example.com there.
// https://cloud.google.com/iam/docs/service-account-types#user-managed
func accountDomain(project string) string {
	if domain, name, found := strings.Cut(project, ":"); found {
		project = name + "." + domain
	}
	return project + ".iam.gserviceaccount.com"
}
