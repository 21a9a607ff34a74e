package console

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"docx2pdf/local/google/iam/policy"
)

// Refusal is what a call lacked, and the grant that would have allowed it.
type Refusal struct {
	Permission string `json:"permission"`
	Resource   string `json:"resource"` // empty where the log does not say
	Role       string `json:"role"`     // empty when no role should be given, as to callers without a token
	Command    string `json:"command"`  // for gcloud
}

// named finds the permission in a refusal of a call that asks for more than its own.
var named = regexp.MustCompile(
	`(?:^|[^.@\w-])((?:artifactregistry|cloudbuild|iam|logging|monitoring|pubsub|resourcemanager|run|serviceusage|` +
		`storage)\.[a-zA-Z]+\.[a-zA-Z]+)\b`,
)

// refusal says what a call lacked; nil when it was not for want of a permission.
func refusal(r Request, resource string) *Refusal {
	if !r.Refused {
		return nil
	}
	if spoken := named.FindStringSubmatch(r.Why); spoken != nil && spoken[1] != r.Permission {
		r.Permission, resource = spoken[1], ""
	}
	if r.Permission == "" || r.Caller == "" { // the token did not hold
		return nil
	}
	resource = strings.TrimSuffix(resource, "/objects")
	lacked := &Refusal{Permission: r.Permission, Resource: resource}
	if r.Caller == policy.Anonymous.Member() {
		return lacked
	}
	lacked.Role = smallestRole(r.Permission)
	if lacked.Role != "" && resource != "" {
		lacked.Command = command(resource, r.Caller, lacked.Role)
	}
	return lacked
}

// unsuggested are roles that hold a permission by the way: nobody would grant them for its sake.
var unsuggested = regexp.MustCompile(
	`^roles/(owner|editor|viewer|storage\.legacy.*|storage\.insights.*|run\.servicesInvoker|.*\.serviceAgent)$`,
)

// smallestRole is the role with the fewest permissions that holds one; empty when no role does. Google's texts do not
// always keep to the case.
func smallestRole(permission string) string {
	best, fewest := "", 0
	for _, role := range policy.Roles() {
		if unsuggested.MatchString(role) {
			continue
		}
		held := policy.Permissions(role)
		if !slices.ContainsFunc(held, func(p string) bool { return strings.EqualFold(p, permission) }) {
			continue
		}
		if best == "" || len(held) < fewest {
			best, fewest = role, len(held)
		}
	}
	return best
}

// commands grant a role on a kind of resource; $1 and $2 are the parts of its name.
var commands = []struct {
	name    *regexp.Regexp
	command string
}{
	{regexp.MustCompile(`^buckets/([^/]+)$`), "storage buckets add-iam-policy-binding gs://$1"},
	{regexp.MustCompile(`^projects/([^/]+)$`), "projects add-iam-policy-binding $1"},
	{
		regexp.MustCompile(`^projects/[^/]+/locations/([^/]+)/services/([^/]+)$`),
		"run services add-iam-policy-binding $2 --region=$1",
	},
	{
		regexp.MustCompile(`^projects/[^/]+/locations/([^/]+)/repositories/([^/]+)$`),
		"artifacts repositories add-iam-policy-binding $2 --location=$1",
	},
	{regexp.MustCompile(`^projects/[^/]+/topics/([^/]+)$`), "pubsub topics add-iam-policy-binding $1"},
	{regexp.MustCompile(`^projects/[^/]+/subscriptions/([^/]+)$`), "pubsub subscriptions add-iam-policy-binding $1"},
	{regexp.MustCompile(`^projects/[^/]+/serviceAccounts/([^/]+)$`), "iam service-accounts add-iam-policy-binding $1"},
}

// command is the gcloud command that grants a role on a resource; empty for one that takes no grants of its own.
func command(resource, member, role string) string {
	for _, c := range commands {
		if c.name.MatchString(resource) {
			return fmt.Sprintf(
				"gcloud %s --member=%s --role=%s",
				c.name.ReplaceAllString(resource, c.command),
				shell(member),
				role,
			)
		}
	}
	return ""
}

var plain = regexp.MustCompile(`^[a-zA-Z0-9:@._/-]+$`)

// shell quotes what a shell would read as more than a word.
func shell(word string) string {
	if plain.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// services are the names that people know the APIs by, by the first word of a call.
var services = map[string]string{
	"artifactregistry": "Artifact Registry", "cloudbilling": "Cloud Billing", "cloudbuild": "Cloud Build",
	"cloudresourcemanager": "Resource Manager", "iam": "IAM", "iamcredentials": "IAM Credentials",
	"logging":    "Cloud Logging",
	"monitoring": "Cloud Monitoring", "pubsub": "Pub/Sub", "run": "Cloud Run",
	"serviceusage": "Service Usage", "storage": "Cloud Storage",
}

// serviceOf names the service that a call is for. A request to a container is apart from calls of Cloud Run's API.
func serviceOf(call string) string {
	switch {
	case call == "run.routes.invoke":
		return "Container"
	case strings.HasPrefix(call, "push "):
		return "Pub/Sub push"
	}
	first, _, _ := strings.Cut(call, ".")
	return cmp.Or(services[first], "Unknown")
}
