package google

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Some APIs must be enabled in the project that a call counts for, which need not be the one that it is about: for a
// service account it is the account's own project, for people the quota project of their credentials.
// https://cloud.google.com/docs/quotas/quota-project

// toolProjects are those that people's calls count for who signed in with gcloud and named no project: what is off
// there is nobody's concern. hashicorp/terraform-provider-google#1538
var toolProjects = []string{"764086051850", "32555940559"}

var (
	offIn  = regexp.MustCompile(`has not been used in project (\S+) before`)
	offAPI = regexp.MustCompile(`([a-z]+\.googleapis\.com)/overview`)
)

// whereDisabled is the project in which an API is off, by its number, as a refusal has it; "" for none.
func whereDisabled(err error) string {
	if found := offIn.FindStringSubmatch(err.Error()); found != nil {
		return found[1]
	}
	return ""
}

// isDisabled reports whether a refusal says that an API is not enabled, where somebody can enable it.
func isDisabled(err error) bool {
	p, passes := passingOf(err)
	return passes && p.waitsFor == "the API to be enabled everywhere" &&
		!slices.Contains(toolProjects, whereDisabled(err))
}

// Elsewhere is what to do about an API that is off in another project than this one, which no wait mends; nil when it
// is not so, or not known.
func (e *Enabled) Elsewhere(err error) error {
	if e == nil || e.number == "" || err == nil || !isDisabled(err) {
		return nil
	}
	project := whereDisabled(err)
	if project == "" || project == e.number {
		return nil
	}
	off := []string{"cloudresourcemanager.googleapis.com", "iam.googleapis.com", "serviceusage.googleapis.com"}
	if found := offAPI.FindStringSubmatch(err.Error()); found != nil && !slices.Contains(off, found[1]) {
		off = append(off, found[1])
	}
	return fmt.Errorf("an API is off in the project %s, where the account that deploys is from or which its credentials "+
		"count calls for: run \"gcloud services enable %s --project %s\" once", project, strings.Join(off, " "), project)
}

// IsOff reports whether a refusal is about the API rather than about what was asked for: it is not enabled, or the
// credentials have no project that it counts for.
func IsOff(err error) bool {
	return err != nil && (isDisabled(err) || slices.Contains(toolProjects, whereDisabled(err)) ||
		strings.Contains(err.Error(), "quota project"))
}
