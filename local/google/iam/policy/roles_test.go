package policy_test

import (
	"slices"
	"strings"
	"testing"

	"docx2pdf/local/google/iam/policy"
)

// What a role holds is exactly what Google's holds, of the services that are known here
// (https://cloud.google.com/iam/docs/roles-permissions).
func TestRolesHoldWhatGooglesHold(t *testing.T) {
	for role, want := range map[string]string{
		"roles/run.invoker":      "run.instances.invoke run.jobs.run run.routes.invoke",
		"roles/pubsub.publisher": "pubsub.topics.publish",
		"roles/pubsub.subscriber": "pubsub.snapshots.seek pubsub.subscriptions.consume " +
			"pubsub.topics.attachSubscription",
		"roles/logging.logWriter":          "logging.logEntries.create logging.logEntries.route",
		"roles/storage.legacyObjectReader": "storage.objects.get",
		"roles/iam.serviceAccountCreator": "iam.serviceAccounts.create iam.serviceAccounts.get " +
			"iam.serviceAccounts.list resourcemanager.projects.get resourcemanager.projects.list",
		"roles/iam.serviceAccountNobodyHas": "",
	} {
		if have := strings.Join(policy.Permissions(role), " "); have != want {
			t.Errorf("%s holds %s, want %s", role, have, want)
		}
	}
	for _, role := range policy.Roles() {
		held := policy.Permissions(role)
		if !policy.Exists(role) || len(held) == 0 || !slices.IsSorted(held) {
			t.Errorf("%s: Google has it: %t, %d permissions", role, policy.Exists(role), len(held))
		}
		for _, permission := range held {
			if !policy.KnownPermission(permission) {
				t.Errorf("%s holds %s, which Google does not have", role, permission)
			}
		}
	}
}

func TestMisspeltPermissionsAreNoPermissions(t *testing.T) {
	for _, permission := range []string{"storage.objects.gett", "storage.object.get", "run.route.invoke",
		"iam.serviceAccounts.actas", "pubsub.topics", "pubsub", ""} {
		if policy.KnownPermission(permission) {
			t.Errorf("%q is taken for a permission", permission)
		}
		if err := policy.Askable(permission); err == nil {
			t.Errorf("%q can be asked for", permission)
		}
	}
	for _, permission := range []string{"storage.objects.get", "iam.serviceAccounts.actAs", "compute.instances.get"} {
		if err := policy.Askable(permission); err != nil {
			t.Errorf("%q cannot be asked for: %v", permission, err)
		}
	}
}

// A role can be granted where it makes sense; a role that Google has and the local cloud has not is not mistaken for a
// misspelt one.
func TestGrantable(t *testing.T) {
	for _, test := range []struct{ role, resource, want string }{
		{"roles/storage.objectViewer", "buckets/a", ""},
		{"roles/storage.objectViewer", "projects/p", ""},
		{"roles/pubsub.publisher", "projects/p/topics/t", ""},
		{"roles/editor", "projects/p/topics/t", ""},
		{"roles/pubsub.publisher", "buckets/a", "not supported for this resource"},
		{"roles/editor", "buckets/a", "not supported for this resource"},
		{"roles/storage.legacyBucketReader", "projects/p", "not supported for this resource"},
		{"roles/run.invokr", "projects/p", "Role roles/run.invokr is not supported for this resource"},
		{"roles/compute.admin", "projects/p", "does not model the role roles/compute.admin"},
		{"projects/p/roles/mine", "projects/p", "does not model custom roles"},
	} {
		err := policy.Grantable(test.role, test.resource)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s on %s: %v, want %q", test.role, test.resource, err, test.want)
		}
	}
}
