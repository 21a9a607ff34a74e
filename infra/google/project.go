package google

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"golang.org/x/sync/errgroup"
	"google.golang.org/api/googleapi"
)

// Wanted is what a deployment asks of a project.
type Wanted struct {
	Project, Region string
	// Instances of so many thousandths of a CPU and so many bytes of memory may run at the same time.
	Instances        int
	MilliCPU, Memory int64
	// BillingAccount is where a budget is made, by its id; "" makes none.
	BillingAccount string
}

// Check says in a sentence, with the next step, why a deployment into the project cannot work, and else which APIs it
// has enabled. What whoever deploys may not look up, because an API is not enabled yet or a role is missing, is not
// held against the project.
func (c *Client) Check(ctx context.Context, w Wanted) (*Enabled, error) {
	group, ctx := errgroup.WithContext(ctx)
	var found *Enabled
	var off error
	group.Go(func() (err error) {
		off, err = c.checkProject(ctx, w.Project)
		return err
	})
	group.Go(func() error { return c.checkBilling(ctx, w.Project) })
	group.Go(func() error { return c.checkQuota(ctx, w) })
	group.Go(func() error {
		found, _ = c.enabled(ctx, w.Project)
		return nil
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return found, found.Elsewhere(off)
}

// checkProject refuses a project that is not there. Google says of a missing one what it says of another's: that the
// caller has no permission, or that it may not exist. Where Resource Manager is off, off is what it said.
func (c *Client) checkProject(ctx context.Context, id string) (off, refused error) {
	var project struct{ LifecycleState string }
	err := c.Call(ctx, http.MethodGet, ResourceManager, "v1/projects/"+id, nil, &project)
	switch {
	case err != nil && (strings.Contains(err.Error(), "SERVICE_DISABLED") ||
		strings.Contains(err.Error(), "quota project")):
		return err, nil // it is the API that is missing, not the project
	case err != nil && strings.Contains(err.Error(), "SECURITY_POLICY_VIOLATED"):
		return nil, fmt.Errorf("the organisation's service perimeter (VPC Service Controls) does not let the project %s be "+
			"reached from here: deploy from within, or have an access level made: %w", id, err)
	case err != nil && strings.Contains(err.Error(), "USER_PROJECT_DENIED"):
		return nil, fmt.Errorf("calls count for the project %s, which these credentials may not use: grant "+
			"roles/serviceusage.serviceUsageConsumer there, or set gcp:billingProject to another: %w", c.QuotaProject, err)
	case isCode(err, http.StatusForbidden, http.StatusNotFound):
		return nil, fmt.Errorf("the project %s does not exist, or is another's: see \"gcloud projects list\" and "+
			"\"gcloud auth list\", then pulumi config set gcp:project my-project", id)
	case isCode(err, http.StatusUnauthorized):
		return nil, fmt.Errorf("the credentials are not accepted: run \"gcloud auth application-default login\": %w", err)
	case err == nil && project.LifecycleState != "" && project.LifecycleState != "ACTIVE":
		return nil, fmt.Errorf("the project %s is being deleted (%s): run \"gcloud projects undelete %s\", or choose "+
			"another with pulumi config set gcp:project my-project", id, project.LifecycleState, id)
	}
	return nil, nil // whatever else is wrong will be said by what needs it
}

// checkBilling refuses a project that pays for nothing: Google enables no API in it.
// https://cloud.google.com/billing/docs/reference/rest/v1/projects/getBillingInfo
func (c *Client) checkBilling(ctx context.Context, id string) error {
	var billing struct{ BillingEnabled bool }
	err := c.Call(ctx, http.MethodGet, Billing, "v1/projects/"+id+"/billingInfo", nil, &billing)
	if err != nil || billing.BillingEnabled {
		return nil
	}
	return fmt.Errorf("the project %s has no billing account: run \"gcloud billing accounts list\", then "+
		"\"gcloud billing projects link %s --billing-account ACCOUNT\"", id, id)
}

// BillingAccount is the id of the billing account that pays for a project.
func (c *Client) BillingAccount(ctx context.Context, id string) (string, error) {
	var billing struct{ BillingAccountName string }
	err := c.Call(ctx, http.MethodGet, Billing, "v1/projects/"+id+"/billingInfo", nil, &billing)
	if err != nil {
		return "", fmt.Errorf("monthlyBudget: the billing account of the project %s cannot be looked up; name it with "+
			"pulumi config set billingAccount 012345-6789AB-CDEF01 (see \"gcloud billing accounts list\"): %w", id, err)
	}
	return strings.TrimPrefix(billing.BillingAccountName, "billingAccounts/"), nil
}

func isCode(err error, codes ...int) bool {
	var answer *googleapi.Error
	if !errors.As(err, &answer) {
		return false
	}
	for _, code := range codes {
		if answer.Code == code {
			return true
		}
	}
	return false
}

// ImagePath is a project's part of an image's name: a project of a domain, example.com:project, has a slash there.
// https://cloud.google.com/artifact-registry/docs/docker/names#domain
func ImagePath(project string) string { return strings.Replace(project, ":", "/", 1) }

// ProjectNumber is the number of a project, or PROJECT_NUMBER where it cannot be looked up.
func (c *Client) ProjectNumber(ctx context.Context, id string) string {
	var project struct{ ProjectNumber string }
	if err := c.Call(ctx, http.MethodGet, ResourceManager, "v1/projects/"+id, nil, &project); err != nil ||
		project.ProjectNumber == "" {
		return "PROJECT_NUMBER"
	}
	return project.ProjectNumber
}
