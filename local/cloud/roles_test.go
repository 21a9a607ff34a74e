package cloud_test

import (
	"slices"
	"testing"

	"docx2pdf/local/cloud"
	"docx2pdf/local/google/iam/policy"
)

func holds(role, permission string) bool {
	return slices.Contains(policy.Permissions(role), permission)
}

// Each permission of the table is one of Google's, and some role that can be granted here holds it.
func TestEveryPermissionIsGoogles(t *testing.T) {
	for _, api := range cloud.APIs() {
		for _, route := range api.Routes {
			var taken []string
			if route.Permission != "" {
				taken = append(taken, route.Permission)
			}
			for _, need := range route.Also {
				taken = append(taken, need.Permission)
			}
			for _, permission := range taken {
				if !policy.KnownPermission(permission) {
					t.Errorf("%s takes %s, which Google does not have", route.ID, permission)
				}
				if !slices.ContainsFunc(policy.Roles(), func(role string) bool { return holds(role, permission) }) {
					t.Errorf("%s takes %s, which no role holds", route.ID, permission)
				}
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
			"storage.objects.get"},
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
