package cloud_test

import (
	"strings"
	"testing"

	"docx2pdf/local/cloud"
	"docx2pdf/local/google/iam/policy"
)

func holds(role, permission string) bool {
	for _, p := range policy.Permissions(role) {
		prefix, all := strings.CutSuffix(p, "*")
		if p == permission || (all && strings.HasPrefix(permission, prefix)) {
			return true
		}
	}
	return false
}

// A permission that no role holds would lock everybody out of a call: most likely it is misspelt.
func TestEveryPermissionIsInSomeRole(t *testing.T) {
	for _, api := range cloud.APIs() {
		for _, route := range api.Routes {
			if route.Permission == "" {
				continue
			}
			held := false
			for _, role := range policy.Roles() {
				held = held || holds(role, route.Permission)
			}
			if !held {
				t.Errorf("%s needs %s, which no role holds", route.ID, route.Permission)
			}
			if service, _, _ := strings.Cut(route.Permission, "."); strings.Contains(route.Permission, "/") ||
				service == route.Permission {
				t.Errorf("%s needs %q, which is no permission", route.ID, route.Permission)
			}
		}
	}
}

// What the narrow roles must not hold, because a deployment relies on it.
func TestNarrowRolesStayNarrow(t *testing.T) {
	for role, forbidden := range map[string][]string{
		"roles/owner": {"storage.objects.get", "iam.serviceAccounts.getAccessToken",
			"iam.serviceAccounts.getOpenIdToken"},
		"roles/editor": {"run.services.setIamPolicy", "resourcemanager.projects.setIamPolicy",
			"storage.objects.get", "iam.serviceAccountKeys.create"},
		"roles/viewer":                  {"storage.objects.get", "run.routes.invoke", "pubsub.subscriptions.consume"},
		"roles/run.invoker":             {"run.services.get", "run.services.update"},
		"roles/run.developer":           {"run.services.setIamPolicy", "iam.serviceAccounts.actAs"},
		"roles/storage.objectViewer":    {"storage.objects.create", "storage.objects.delete", "storage.buckets.get"},
		"roles/storage.objectCreator":   {"storage.objects.get", "storage.objects.delete", "storage.objects.list"},
		"roles/storage.objectUser":      {"storage.objects.setIamPolicy", "storage.buckets.get"},
		"roles/artifactregistry.reader": {"artifactregistry.repositories.uploadArtifacts"},
		"roles/artifactregistry.writer": {"artifactregistry.repositories.deleteArtifacts",
			"artifactregistry.repositories.delete"},
		"roles/pubsub.publisher":  {"pubsub.topics.get", "pubsub.subscriptions.consume"},
		"roles/pubsub.subscriber": {"pubsub.topics.publish", "pubsub.subscriptions.get"},
		"roles/pubsub.serviceAgent": {"iam.serviceAccounts.getOpenIdToken", "pubsub.topics.publish",
			"pubsub.subscriptions.consume"},
		"roles/iam.serviceAccountUser":     {"iam.serviceAccounts.getAccessToken"},
		"roles/logging.logWriter":          {"logging.logEntries.list"},
		"roles/cloudbuild.builds.editor":   {"iam.serviceAccounts.actAs", "storage.objects.get"},
		"roles/iam.serviceAccountKeyAdmin": {"iam.serviceAccounts.getAccessToken", "iam.serviceAccounts.create"},
	} {
		for _, permission := range forbidden {
			if holds(role, permission) {
				t.Errorf("%s holds %s", role, permission)
			}
		}
	}
}
