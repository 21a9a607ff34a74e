package policy

import (
	_ "embed"
	"strings"

	"docx2pdf/local/machinery/refusal"
	"docx2pdf/local/machinery/status"
)

//go:embed refusals.tsv
var refusals string

// Refusals are what setting a policy refuses.
var Refusals = refusal.MustRead(refusals)

// kinds are the resources that have policies, by the start of their names, and what the permissions that make sense on
// them start with. A role can be granted where one of its permissions makes sense.
// https://cloud.google.com/iam/docs/viewing-grantable-roles
var kinds = []struct {
	name        string // * stands for one segment
	permissions []string
}{
	{"buckets/*", []string{"storage."}},
	{"buckets/*/objects", []string{"storage."}},
	{"billingAccounts/*", []string{"billing."}},
	{"projects/*/topics/*", []string{"pubsub."}},
	{"projects/*/subscriptions/*", []string{"pubsub."}},
	{"projects/*/serviceAccounts/*", []string{"iam.serviceAccounts.", "iam.serviceAccountKeys."}},
	{"projects/*/locations/*/services/*", []string{"run."}},
	{"projects/*/locations/*/repositories/*", []string{"artifactregistry."}},
	{"projects/*/locations/*/keyRings/*", []string{"cloudkms.keyRings.", "cloudkms.cryptoKey"}},
	{"projects/*/locations/*/keyRings/*/cryptoKeys/*", []string{"cloudkms.cryptoKey"}},
}

// Grantable checks that a role can be granted on a resource, as Google does.
func Grantable(role, resource string) error {
	if strings.HasPrefix(role, "projects/") || strings.HasPrefix(role, "organizations/") {
		return status.NotModelled("custom roles (%s)", role)
	}
	if Exists(role) && !KnownRole(role) {
		return status.NotModelled("the role %s", role)
	}
	if !KnownRole(role) {
		return Refusals.Refuse("policies", "policy.bindings[].role", "role", role)
	}
	if !sensible(role, resource) {
		return Refusals.Refuse("policies", "policy.bindings[].role", "resource", role)
	}
	return nil
}

func sensible(role, resource string) bool {
	if parts := strings.Split(resource, "/"); len(parts) == 2 && parts[0] == "projects" {
		return !strings.HasPrefix(role, "roles/storage.legacy")
	}
	basic := !strings.Contains(role, ".")
	if strings.HasSuffix(role, ".serviceAgent") || basic && strings.HasPrefix(resource, "buckets/") {
		return false // a project's; https://cloud.google.com/storage/docs/access-control/iam-roles#basic-roles-intrinsic
	}
	for _, kind := range kinds {
		if !isKind(resource, kind.name) {
			continue
		}
		for _, permission := range roles()[role] {
			for _, prefix := range kind.permissions {
				if strings.HasPrefix(permission, prefix) {
					return true
				}
			}
		}
		return false
	}
	return true
}

func isKind(resource, kind string) bool {
	parts, wanted := strings.Split(resource, "/"), strings.Split(kind, "/")
	if len(parts) != len(wanted) {
		return false
	}
	for i := range parts {
		if wanted[i] != "*" && wanted[i] != parts[i] {
			return false
		}
	}
	return true
}

// Askable checks a permission that testIamPermissions is asked for. Wildcards are not allowed
// (https://cloud.google.com/resource-manager/reference/rest/v3/projects/testIamPermissions); nobody recorded the text.
func Askable(permission string) error {
	service, rest, ok := strings.Cut(permission, ".")
	if ok && rest != "" && !strings.Contains(permission, "*") && (KnownPermission(permission) || !knownService(service)) {
		return nil
	}
	return status.Errorf(status.InvalidArgument, "Permission %s is not valid for this resource.", permission)
}

func knownService(service string) bool {
	for permission := range permissions() {
		if strings.HasPrefix(permission, service+".") {
			return true
		}
	}
	return false
}
