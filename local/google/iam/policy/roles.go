package policy

import (
	"slices"
	"strings"
)

// roles lists the permissions of each role that programs, their deployers and their callers plausibly use. An entry
// that ends in * stands for every permission that starts so. Source:
// https://cloud.google.com/iam/docs/roles-permissions
var roles = map[string][]string{
	// Basic roles. Owners reach objects through the buckets' projectOwner members, as at Google.
	"roles/owner": {"resourcemanager.projects.*", "serviceusage.*", "iam.roles.*", "iam.serviceAccountKeys.*",
		"iam.serviceAccounts.actAs", "iam.serviceAccounts.create", "iam.serviceAccounts.delete",
		"iam.serviceAccounts.disable",
		"iam.serviceAccounts.enable", "iam.serviceAccounts.get", "iam.serviceAccounts.getIamPolicy",
		"iam.serviceAccounts.list",
		"iam.serviceAccounts.setIamPolicy", "iam.serviceAccounts.undelete", "iam.serviceAccounts.update",
		"iam.workloadIdentityPoolProviders.*", "iam.workloadIdentityPools.*",
		"run.*", "storage.buckets.*", "pubsub.*", "artifactregistry.*", "cloudbuild.*", "logging.*", "monitoring.*",
		"billing.resourceAssociations.*"},
	"roles/editor": {"resourcemanager.projects.get", "resourcemanager.projects.update", "serviceusage.*",
		"iam.serviceAccountKeys.get",
		"iam.serviceAccountKeys.list", "iam.serviceAccounts.actAs", "iam.serviceAccounts.create",
		"iam.serviceAccounts.delete",
		"iam.serviceAccounts.get", "iam.serviceAccounts.getIamPolicy", "iam.serviceAccounts.list",
		"iam.serviceAccounts.update",
		"resourcemanager.projects.getIamPolicy", "run.services.create", "run.services.delete", "run.services.get",
		"run.services.getIamPolicy", "run.services.list",
		"run.services.update", "run.revisions.*", "run.operations.*", "run.routes.invoke", "run.locations.list",
		"storage.buckets.create", "storage.buckets.delete", "storage.buckets.list",
		"pubsub.topics.attachSubscription", "pubsub.topics.create", "pubsub.topics.delete",
		"pubsub.topics.detachSubscription", "pubsub.topics.get",
		"pubsub.topics.list", "pubsub.topics.publish", "pubsub.topics.update", "pubsub.topics.updateTag",
		"pubsub.subscriptions.consume", "pubsub.subscriptions.create", "pubsub.subscriptions.delete",
		"pubsub.subscriptions.get",
		"pubsub.subscriptions.list", "pubsub.subscriptions.update",
		"artifactregistry.repositories.create", "artifactregistry.repositories.delete", "artifactregistry.repositories.get",
		"artifactregistry.repositories.getIamPolicy", "artifactregistry.repositories.list",
		"artifactregistry.repositories.update",
		"artifactregistry.repositories.downloadArtifacts", "artifactregistry.repositories.uploadArtifacts",
		"artifactregistry.packages.*",
		"artifactregistry.tags.*", "artifactregistry.versions.*", "artifactregistry.dockerimages.*",
		"artifactregistry.files.*",
		"cloudbuild.*", "logging.logEntries.create", "logging.logEntries.list", "logging.logs.*", "monitoring.*"},
	"roles/viewer": {"resourcemanager.projects.get", "resourcemanager.projects.getIamPolicy", "serviceusage.services.get",
		"serviceusage.services.list",
		"iam.serviceAccountKeys.get", "iam.serviceAccountKeys.list", "iam.serviceAccounts.get",
		"iam.serviceAccounts.getIamPolicy",
		"iam.serviceAccounts.list", "run.services.get", "run.services.getIamPolicy", "run.services.list", "run.revisions.get",
		"run.revisions.list",
		"run.operations.get", "run.operations.list", "run.locations.list", "storage.buckets.list", "pubsub.topics.get",
		"pubsub.topics.list",
		"pubsub.subscriptions.get", "pubsub.subscriptions.list", "artifactregistry.repositories.get",
		"artifactregistry.repositories.getIamPolicy", "artifactregistry.repositories.list",
		"artifactregistry.repositories.downloadArtifacts", "artifactregistry.packages.get", "artifactregistry.packages.list",
		"artifactregistry.tags.get", "artifactregistry.tags.list", "artifactregistry.versions.get",
		"artifactregistry.versions.list",
		"artifactregistry.dockerimages.get", "artifactregistry.dockerimages.list", "cloudbuild.builds.get",
		"cloudbuild.builds.list", "cloudbuild.operations.get",
		"logging.logEntries.list", "logging.logs.list", "monitoring.alertPolicies.get", "monitoring.alertPolicies.list",
		"monitoring.dashboards.get",
		"monitoring.dashboards.list", "monitoring.notificationChannels.get", "monitoring.notificationChannels.list"},
	"roles/browser": {"resourcemanager.projects.get", "resourcemanager.projects.getIamPolicy",
		"resourcemanager.projects.list"},

	// Resource Manager and Service Usage.
	"roles/resourcemanager.projectIamAdmin": {"resourcemanager.projects.get", "resourcemanager.projects.getIamPolicy",
		"resourcemanager.projects.setIamPolicy"},
	"roles/serviceusage.serviceUsageAdmin": {"serviceusage.*", "resourcemanager.projects.get"},
	"roles/serviceusage.serviceUsageConsumer": {"serviceusage.services.get", "serviceusage.services.list",
		"serviceusage.services.use", "serviceusage.operations.*"},
	"roles/serviceusage.serviceUsageViewer": {"serviceusage.services.get", "serviceusage.services.list",
		"serviceusage.operations.*"},

	// Service accounts.
	"roles/iam.serviceAccountAdmin": {"iam.serviceAccounts.create", "iam.serviceAccounts.delete",
		"iam.serviceAccounts.disable",
		"iam.serviceAccounts.enable", "iam.serviceAccounts.get", "iam.serviceAccounts.getIamPolicy",
		"iam.serviceAccounts.list",
		"iam.serviceAccounts.setIamPolicy", "iam.serviceAccounts.undelete", "iam.serviceAccounts.update",
		"resourcemanager.projects.get"},
	"roles/iam.serviceAccountCreator": {"iam.serviceAccounts.create", "iam.serviceAccounts.get",
		"iam.serviceAccounts.list", "resourcemanager.projects.get"},
	"roles/iam.serviceAccountDeleter": {"iam.serviceAccounts.delete", "iam.serviceAccounts.get",
		"iam.serviceAccounts.list", "resourcemanager.projects.get"},
	"roles/iam.serviceAccountViewer": {"iam.serviceAccounts.get", "iam.serviceAccounts.getIamPolicy",
		"iam.serviceAccounts.list", "iam.serviceAccountKeys.get", "iam.serviceAccountKeys.list",
		"resourcemanager.projects.get"},
	"roles/iam.serviceAccountKeyAdmin": {"iam.serviceAccountKeys.*", "iam.serviceAccounts.get",
		"iam.serviceAccounts.list", "resourcemanager.projects.get"},
	"roles/iam.serviceAccountUser": {"iam.serviceAccounts.actAs", "iam.serviceAccounts.get",
		"iam.serviceAccounts.list", "resourcemanager.projects.get"},
	"roles/iam.serviceAccountTokenCreator": {"iam.serviceAccounts.get", "iam.serviceAccounts.getAccessToken",
		"iam.serviceAccounts.getOpenIdToken", "iam.serviceAccounts.implicitDelegation", "iam.serviceAccounts.list",
		"iam.serviceAccounts.signBlob", "iam.serviceAccounts.signJwt"},
	"roles/iam.serviceAccountOpenIdTokenCreator": {"iam.serviceAccounts.getOpenIdToken"},
	"roles/iam.workloadIdentityUser": {"iam.serviceAccounts.get", "iam.serviceAccounts.getAccessToken",
		"iam.serviceAccounts.getOpenIdToken", "iam.serviceAccounts.list"},
	"roles/iam.securityReviewer": {"resourcemanager.projects.getIamPolicy", "iam.serviceAccounts.getIamPolicy",
		"run.services.getIamPolicy",
		"storage.buckets.getIamPolicy", "pubsub.topics.getIamPolicy", "pubsub.subscriptions.getIamPolicy",
		"artifactregistry.repositories.getIamPolicy"},

	// Cloud Run.
	"roles/run.admin": {"run.*", "resourcemanager.projects.get"},
	"roles/run.developer": {"run.services.create", "run.services.delete", "run.services.get",
		"run.services.getIamPolicy", "run.services.list", "run.services.update", "run.revisions.*", "run.operations.*",
		"run.locations.list", "resourcemanager.projects.get"},
	"roles/run.viewer": {"run.services.get", "run.services.getIamPolicy", "run.services.list",
		"run.revisions.get", "run.revisions.list", "run.operations.get", "run.operations.list", "run.locations.list",
		"resourcemanager.projects.get"},
	"roles/run.invoker":         {"run.routes.invoke", "run.jobs.run"},
	"roles/run.servicesInvoker": {"run.routes.invoke"},

	// Cloud Storage.
	"roles/storage.admin": {"storage.buckets.*", "storage.objects.*", "storage.managedFolders.*",
		"storage.multipartUploads.*", "resourcemanager.projects.get"},
	"roles/storage.objectAdmin": {"storage.objects.*", "storage.multipartUploads.*",
		"resourcemanager.projects.get", "storage.managedFolders.get", "storage.managedFolders.list"},
	"roles/storage.objectUser": {"storage.objects.create", "storage.objects.delete", "storage.objects.get",
		"storage.objects.list", "storage.objects.update", "storage.multipartUploads.*", "resourcemanager.projects.get",
		"storage.managedFolders.get", "storage.managedFolders.list"},
	"roles/storage.objectCreator": {"storage.objects.create", "storage.multipartUploads.abort",
		"storage.multipartUploads.create", "storage.multipartUploads.listParts", "resourcemanager.projects.get"},
	"roles/storage.objectViewer": {"storage.objects.get", "storage.objects.list",
		"resourcemanager.projects.get", "storage.managedFolders.get", "storage.managedFolders.list"},
	"roles/storage.bucketViewer":             {"storage.buckets.get", "storage.buckets.list"},
	"roles/storage.insightsCollectorService": {"storage.buckets.get", "storage.objects.get"},
	"roles/storage.legacyBucketOwner": {"storage.buckets.get", "storage.buckets.getIamPolicy",
		"storage.buckets.setIamPolicy", "storage.buckets.update", "storage.objects.create", "storage.objects.delete",
		"storage.objects.list", "storage.multipartUploads.*", "storage.managedFolders.get", "storage.managedFolders.list"},
	"roles/storage.legacyBucketReader": {"storage.buckets.get", "storage.objects.list",
		"storage.multipartUploads.list", "storage.managedFolders.get", "storage.managedFolders.list"},
	"roles/storage.legacyBucketWriter": {"storage.buckets.get", "storage.objects.create", "storage.objects.delete",
		"storage.objects.list", "storage.multipartUploads.*", "storage.managedFolders.get", "storage.managedFolders.list"},
	"roles/storage.legacyObjectOwner": {"storage.objects.get", "storage.objects.getIamPolicy",
		"storage.objects.setIamPolicy", "storage.objects.update"},
	"roles/storage.legacyObjectReader": {"storage.objects.get"},

	// Pub/Sub.
	"roles/pubsub.admin": {"pubsub.*", "resourcemanager.projects.get"},
	"roles/pubsub.editor": {"pubsub.topics.attachSubscription", "pubsub.topics.create", "pubsub.topics.delete",
		"pubsub.topics.detachSubscription", "pubsub.topics.get", "pubsub.topics.list", "pubsub.topics.publish",
		"pubsub.topics.update", "pubsub.topics.updateTag", "pubsub.subscriptions.consume", "pubsub.subscriptions.create",
		"pubsub.subscriptions.delete", "pubsub.subscriptions.get", "pubsub.subscriptions.list", "pubsub.subscriptions.update",
		"resourcemanager.projects.get"},
	"roles/pubsub.publisher": {"pubsub.topics.publish"},
	"roles/pubsub.subscriber": {"pubsub.subscriptions.consume", "pubsub.topics.attachSubscription",
		"pubsub.snapshots.seek"},
	"roles/pubsub.viewer": {"pubsub.topics.get", "pubsub.topics.list", "pubsub.subscriptions.get",
		"pubsub.subscriptions.list", "resourcemanager.projects.get"},

	// Artifact Registry.
	"roles/artifactregistry.admin": {"artifactregistry.*"},
	"roles/artifactregistry.repoAdmin": {"artifactregistry.repositories.get", "artifactregistry.repositories.list",
		"artifactregistry.repositories.downloadArtifacts", "artifactregistry.repositories.uploadArtifacts",
		"artifactregistry.repositories.deleteArtifacts", "artifactregistry.packages.*", "artifactregistry.tags.*",
		"artifactregistry.versions.*", "artifactregistry.dockerimages.*", "artifactregistry.files.*"},
	"roles/artifactregistry.writer": {"artifactregistry.repositories.get", "artifactregistry.repositories.list",
		"artifactregistry.repositories.downloadArtifacts", "artifactregistry.repositories.uploadArtifacts",
		"artifactregistry.packages.get", "artifactregistry.packages.list", "artifactregistry.tags.create",
		"artifactregistry.tags.get", "artifactregistry.tags.list", "artifactregistry.tags.update",
		"artifactregistry.versions.get", "artifactregistry.versions.list", "artifactregistry.dockerimages.get",
		"artifactregistry.dockerimages.list", "artifactregistry.files.*"},
	"roles/artifactregistry.reader": {"artifactregistry.repositories.get", "artifactregistry.repositories.list",
		"artifactregistry.repositories.downloadArtifacts", "artifactregistry.packages.get", "artifactregistry.packages.list",
		"artifactregistry.tags.get", "artifactregistry.tags.list", "artifactregistry.versions.get",
		"artifactregistry.versions.list", "artifactregistry.dockerimages.get", "artifactregistry.dockerimages.list",
		"artifactregistry.files.get", "artifactregistry.files.list"},

	// Cloud Build, Logging, Monitoring.
	"roles/cloudbuild.builds.editor": {"cloudbuild.builds.*", "cloudbuild.operations.*",
		"resourcemanager.projects.get"},
	"roles/cloudbuild.builds.viewer": {"cloudbuild.builds.get", "cloudbuild.builds.list",
		"cloudbuild.operations.get", "resourcemanager.projects.get"},
	"roles/cloudbuild.builds.builder": {"artifactregistry.repositories.get",
		"artifactregistry.repositories.list", "artifactregistry.repositories.downloadArtifacts",
		"artifactregistry.repositories.uploadArtifacts", "artifactregistry.packages.get", "artifactregistry.packages.list",
		"artifactregistry.tags.*", "artifactregistry.versions.get", "artifactregistry.versions.list",
		"artifactregistry.dockerimages.*", "cloudbuild.builds.*", "cloudbuild.operations.*", "logging.logEntries.create",
		"logging.logEntries.list", "pubsub.topics.create", "pubsub.topics.publish", "storage.buckets.create",
		"storage.buckets.get", "storage.buckets.list", "storage.objects.create", "storage.objects.delete",
		"storage.objects.get", "storage.objects.list", "storage.objects.update", "resourcemanager.projects.get"},
	"roles/logging.logWriter": {"logging.logEntries.create", "logging.logEntries.route"},
	"roles/logging.viewer": {"logging.logEntries.list", "logging.logs.list",
		"resourcemanager.projects.get"},
	"roles/logging.admin":     {"logging.*", "resourcemanager.projects.get"},
	"roles/monitoring.admin":  {"monitoring.*", "resourcemanager.projects.get"},
	"roles/monitoring.editor": {"monitoring.*", "resourcemanager.projects.get"},
	"roles/monitoring.viewer": {"monitoring.alertPolicies.get", "monitoring.alertPolicies.list",
		"monitoring.dashboards.get", "monitoring.dashboards.list", "monitoring.notificationChannels.get",
		"monitoring.notificationChannels.list", "resourcemanager.projects.get"},
	"roles/monitoring.alertPolicyEditor":         {"monitoring.alertPolicies.*"},
	"roles/monitoring.dashboardEditor":           {"monitoring.dashboards.*"},
	"roles/monitoring.notificationChannelEditor": {"monitoring.notificationChannels.*"},
	"roles/monitoring.metricWriter":              {"monitoring.timeSeries.create", "monitoring.metricDescriptors.*"},
	"roles/cloudtrace.agent":                     {"cloudtrace.traces.patch"},

	// Service agents, bound on the project when their API is enabled. Pub/Sub's holds no right to make tokens, as in
	// projects from before April 2021: what suffices here suffices everywhere.
	"roles/run.serviceAgent": {"artifactregistry.repositories.downloadArtifacts",
		"artifactregistry.repositories.get", "iam.serviceAccounts.getAccessToken", "iam.serviceAccounts.getOpenIdToken",
		"iam.serviceAccounts.actAs", "run.routes.invoke", "storage.objects.get", "storage.objects.list",
		"resourcemanager.projects.get"},
	"roles/cloudbuild.serviceAgent": {"cloudbuild.*", "iam.serviceAccounts.getAccessToken",
		"iam.serviceAccounts.actAs", "resourcemanager.projects.get", "logging.logEntries.create"},
	"roles/pubsub.serviceAgent":           {"serviceusage.services.use", "resourcemanager.projects.get"},
	"roles/artifactregistry.serviceAgent": {"pubsub.topics.publish", "storage.objects.get"},
}

// KnownRole says whether the local cloud has the role's permissions.
func KnownRole(role string) bool {
	_, ok := roles[role]
	return ok
}

// Roles returns the names of all roles the local cloud knows, in order.
func Roles() []string {
	names := make([]string, 0, len(roles))
	for name := range roles {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Permissions returns what a role holds; an entry that ends in * stands for every permission that starts so.
func Permissions(role string) []string {
	return slices.Clone(roles[role])
}

func grants(role, permission string) bool {
	for _, p := range roles[role] {
		if p == permission {
			return true
		}
		if prefix, ok := strings.CutSuffix(p, "*"); ok && strings.HasPrefix(permission, prefix) {
			return true
		}
	}
	return false
}
