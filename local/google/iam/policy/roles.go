package policy

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

// The roles that programs, their deployers and their callers plausibly use, with what they hold; all permissions of the
// services; and the names of all roles that Google has. The files are made by the command in the folder dataset, and
// roles.txt says of what. Owners reach objects through the buckets' projectOwner members, as at Google.
var (
	//go:embed roles.txt
	rolesFile string
	//go:embed permissions.txt
	permissionsFile string
	//go:embed names.txt
	namesFile string
)

// withheld is what a role does not hold here, though it does at Google: Pub/Sub's service agent makes no tokens, as in
// projects from before April 2021. What suffices here suffices everywhere.
// https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions#configure_for_push_authentication
var withheld = map[string][]string{
	"roles/pubsub.serviceAgent": {"iam.serviceAccounts.getAccessToken", "iam.serviceAccounts.getOpenIdToken",
		"iam.serviceAccounts.implicitDelegation", "iam.serviceAccounts.signBlob", "iam.serviceAccounts.signJwt"},
}

// roles have the permissions of each modelled role, in order.
var roles = sync.OnceValue(func() map[string][]string {
	all, role := map[string][]string{}, ""
	for line := range strings.Lines(rolesFile) {
		switch {
		case strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "roles/"):
			role = strings.TrimSpace(line)
			all[role] = nil
		default:
			all[role] = append(all[role], ungroup(line)...)
		}
	}
	for role, less := range withheld {
		all[role] = slices.DeleteFunc(all[role], func(p string) bool { return slices.Contains(less, p) })
	}
	for _, held := range all {
		slices.Sort(held)
	}
	return all
})

var (
	permissions = sync.OnceValue(func() map[string]bool { return set(permissionsFile, "") })
	names       = sync.OnceValue(func() map[string]bool { return set(namesFile, "roles/") })
)

func set(file, prefix string) map[string]bool {
	all := map[string]bool{}
	for line := range strings.Lines(file) {
		for _, name := range ungroup(line) {
			all[prefix+name] = true
		}
	}
	return all
}

// ungroup reads a line: what the names have in common, or -, and their ends.
func ungroup(line string) []string {
	fields := strings.Fields(line)
	var all []string
	for _, end := range fields[1:] {
		if fields[0] != "-" {
			end = fields[0] + "." + end
		}
		all = append(all, end)
	}
	return all
}

// KnownPermission says whether Google has the permission, among those of the services that the local cloud knows.
func KnownPermission(permission string) bool { return permissions()[permission] }

// Exists says whether Google has the role.
func Exists(role string) bool { return names()[role] }

// KnownRole says whether the local cloud has the role's permissions.
func KnownRole(role string) bool {
	_, ok := roles()[role]
	return ok
}

// Roles returns the names of all roles the local cloud knows, in order.
func Roles() []string {
	names := make([]string, 0, len(roles()))
	for name := range roles() {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Permissions returns what a role holds, in order.
func Permissions(role string) []string { return slices.Clone(roles()[role]) }

func grants(role, permission string) bool {
	_, held := slices.BinarySearch(roles()[role], permission)
	return held
}
