package provider_test

import "strings"

// lifecycle is one small resource of a type, and a change of it.
type lifecycle struct {
	token  string
	inputs map[string]any
	id     string            // as the official provider makes it
	want   map[string]string // outputs
	change map[string]any    // of inputs; nil when every change replaces
}

// named says whether the program chooses the resource's name, not Google.
func (l lifecycle) named() bool {
	return l.id != "" && !strings.Contains(l.token, ":monitoring/") && !strings.Contains(l.token, ":billing/") &&
		!strings.Contains(l.token, "otification")
}

var lifecycles = []lifecycle{
	{
		token:  "gcp:storage/bucket:Bucket",
		inputs: map[string]any{"name": "b1", "location": "eu", "labels": map[string]any{"team": "a"}},
		id:     "b1",
		want: map[string]string{
			"url": "gs://b1", "location": "EU", "project": "p1", "storageClass": "STANDARD",
			"selfLink": "https://www.googleapis.com/storage/v1/b/b1", "forceDestroy": "false",
		},
		change: map[string]any{"labels": map[string]any{"team": "b"}, "versioning": map[string]any{"enabled": true}},
	},
	{
		token:  "gcp:cloudrunv2/service:Service",
		inputs: runInputs("gcr.io/image:1"),
		id:     "projects/p1/locations/europe-west1/services/convert",
		want: map[string]string{"name": "convert", "uri": "http://127.0.0.1:1", "location": "europe-west1",
			"generation": "1"},
		change: runInputs("gcr.io/image:2"),
	},
	{
		token:  "gcp:artifactregistry/repository:Repository",
		inputs: map[string]any{"repositoryId": "images", "format": "DOCKER"},
		id:     "projects/p1/locations/europe-west1/repositories/images",
		want:   map[string]string{"name": "images", "location": "europe-west1", "mode": "STANDARD_REPOSITORY"},
		change: map[string]any{"description": "more"},
	},
	{
		token:  "gcp:serviceaccount/account:Account",
		inputs: map[string]any{"accountId": "runner", "displayName": "Runner"},
		id:     "projects/p1/serviceAccounts/runner@p1.iam.gserviceaccount.com",
		want: map[string]string{
			"email":  "runner@p1.iam.gserviceaccount.com",
			"member": "serviceAccount:runner@p1.iam.gserviceaccount.com", "project": "p1", "accountId": "runner",
		},
		change: map[string]any{"displayName": "Walker", "disabled": true},
	},
	{
		token:  "gcp:projects/service:Service",
		inputs: map[string]any{"service": "run.googleapis.com", "disableOnDestroy": true},
		id:     "p1/run.googleapis.com",
		want:   map[string]string{"project": "p1", "service": "run.googleapis.com"},
		change: map[string]any{"disableDependentServices": true},
	},
	{
		token:  "gcp:projects/serviceIdentity:ServiceIdentity",
		inputs: map[string]any{"service": "pubsub.googleapis.com"},
		id:     "projects/p1/services/pubsub.googleapis.com",
		want:   map[string]string{"member": "serviceAccount:service-1@gcp-sa-pubsub.iam.gserviceaccount.com"},
	},
	{
		token:  "gcp:serviceaccount/key:Key",
		inputs: map[string]any{"serviceAccountId": "projects/p1/serviceAccounts/runner@p1.iam.gserviceaccount.com"},
		want: map[string]string{
			"publicKey": "cHVi", "keyAlgorithm": "KEY_ALG_RSA_2048", "validAfter": "2026-01-02T03:04:05Z",
			"privateKey": "eyJ0eXBlIjoic2VydmljZV9hY2NvdW50In0=",
		},
	},
	{
		token:  "gcp:storage/bucketObject:BucketObject",
		inputs: map[string]any{"bucket": "b1", "name": "dir/a.txt", "content": "hello"},
		id:     "b1-dir/a.txt",
		want:   map[string]string{"outputName": "dir/a.txt", "md5hash": "md5==", "bucket": "b1"},
		change: map[string]any{"content": "bye"},
	},
	{
		token:  "gcp:storage/bucketIAMMember:BucketIAMMember",
		inputs: member(map[string]any{"bucket": "b1"}),
		id:     "b/b1/roles/viewer/serviceAccount:a@p1.iam.gserviceaccount.com",
		want:   map[string]string{"bucket": "b/b1", "member": "serviceAccount:a@p1.iam.gserviceaccount.com"},
	},
	{
		token:  "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
		inputs: member(map[string]any{"cryptoKeyId": "projects/p1/locations/l/keyRings/r/cryptoKeys/k"}),
		id:     "projects/p1/locations/l/keyRings/r/cryptoKeys/k/roles/viewer/serviceAccount:a@p1.iam.gserviceaccount.com",
		want:   map[string]string{"cryptoKeyId": "projects/p1/locations/l/keyRings/r/cryptoKeys/k"},
	},
	{
		token:  "gcp:cloudrunv2/serviceIamMember:ServiceIamMember",
		inputs: member(map[string]any{"name": "convert", "location": "us-central1"}),
		id:     "projects/p1/locations/us-central1/services/convert/roles/viewer/serviceAccount:a@p1.iam.gserviceaccount.com",
		want:   map[string]string{"name": "projects/p1/locations/us-central1/services/convert", "location": "us-central1"},
	},
	{
		token:  "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember",
		inputs: member(map[string]any{"repository": "images"}),
		id:     "projects/p1/locations/europe-west1/repositories/images/roles/viewer/serviceAccount:a@p1.iam.gserviceaccount.com",
		want:   map[string]string{"repository": "projects/p1/locations/europe-west1/repositories/images"},
	},
	{
		token:  "gcp:serviceaccount/iAMMember:IAMMember",
		inputs: member(map[string]any{"serviceAccountId": "projects/p1/serviceAccounts/x@p1.iam.gserviceaccount.com"}),
		id: "projects/p1/serviceAccounts/x@p1.iam.gserviceaccount.com/roles/viewer/" +
			"serviceAccount:a@p1.iam.gserviceaccount.com",
		want: map[string]string{"role": "roles/viewer"},
	},
	{
		token:  "gcp:projects/iAMMember:IAMMember",
		inputs: member(map[string]any{"project": "p1"}),
		id:     "p1/roles/viewer/serviceAccount:a@p1.iam.gserviceaccount.com",
		want:   map[string]string{"project": "p1"},
	},
	{
		token: "gcp:storage/notification:Notification",
		inputs: map[string]any{"bucket": "b1", "topic": "projects/p1/topics/t", "payloadFormat": "JSON_API_V1",
			"eventTypes": []any{"OBJECT_FINALIZE"}},
		id:   "b1/notificationConfigs/1",
		want: map[string]string{"topic": "//pubsub.googleapis.com/projects/p1/topics/t", "notificationId": "1"},
	},
	{
		token:  "gcp:pubsub/topic:Topic",
		inputs: map[string]any{"name": "t", "labels": map[string]any{"team": "a"}},
		id:     "projects/p1/topics/t",
		want:   map[string]string{"name": "t", "project": "p1", "kmsKeyName": ""},
		change: map[string]any{"messageRetentionDuration": "86600s", "labels": map[string]any{"team": "b"}},
	},
	{
		token: "gcp:pubsub/subscription:Subscription",
		inputs: map[string]any{
			"name": "s", "topic": "t", "ackDeadlineSeconds": 20, "retryPolicy": map[string]any{"minimumBackoff": "10s"},
			"pushConfig": map[string]any{
				"pushEndpoint": "http://127.0.0.1:1",
				"oidcToken":    map[string]any{"serviceAccountEmail": "a@p1.iam.gserviceaccount.com"},
			},
		},
		id: "projects/p1/subscriptions/s",
		want: map[string]string{"topic": "projects/p1/topics/t", "messageRetentionDuration": "604800s",
			"ackDeadlineSeconds": "20"},
		change: map[string]any{"ackDeadlineSeconds": 30},
	},
	{
		token:  "gcp:pubsub/topicIAMMember:TopicIAMMember",
		inputs: member(map[string]any{"topic": "t"}),
		id:     "projects/p1/topics/t/roles/viewer/serviceAccount:a@p1.iam.gserviceaccount.com",
		want:   map[string]string{"topic": "projects/p1/topics/t"},
	},
	{
		token:  "gcp:pubsub/subscriptionIAMMember:SubscriptionIAMMember",
		inputs: member(map[string]any{"subscription": "s"}),
		id:     "projects/p1/subscriptions/s/roles/viewer/serviceAccount:a@p1.iam.gserviceaccount.com",
		want:   map[string]string{"subscription": "s"},
	},
	{
		token: "gcp:monitoring/alertPolicy:AlertPolicy",
		inputs: map[string]any{
			"displayName": "dead letters", "combiner": "OR", "conditions": []any{map[string]any{
				"displayName": "any", "conditionThreshold": map[string]any{
					"comparison": "COMPARISON_GT", "duration": "0s", "filter": "x",
					"aggregations": []any{map[string]any{"alignmentPeriod": "60s"}},
				},
			}},
		},
		id:     "projects/p1/alertPolicies/1",
		want:   map[string]string{"name": "projects/p1/alertPolicies/1", "enabled": "true", "project": "p1"},
		change: map[string]any{"enabled": false},
	},
	{
		token: "gcp:monitoring/notificationChannel:NotificationChannel",
		inputs: map[string]any{"type": "email", "displayName": "on call",
			"labels": map[string]any{"email_address": "a@example.com"}},
		id:     "projects/p1/notificationChannels/1",
		want:   map[string]string{"name": "projects/p1/notificationChannels/1", "type": "email"},
		change: map[string]any{"labels": map[string]any{"email_address": "b@example.com"}},
	},
	{
		token:  "gcp:monitoring/dashboard:Dashboard",
		inputs: map[string]any{"dashboardJson": `{"displayName":"Converter"}`},
		id:     "projects/p1/dashboards/1",
		want: map[string]string{"project": "p1",
			"dashboardJson": `{"displayName":"Converter","name":"projects/p1/dashboards/1"}`},
		change: map[string]any{"dashboardJson": `{"displayName":"Other"}`},
	},
	{
		token: "gcp:billing/budget:Budget",
		inputs: map[string]any{"billingAccount": "0-1", "displayName": "letters",
			"amount":         map[string]any{"specifiedAmount": map[string]any{"currencyCode": "USD", "units": "50"}},
			"thresholdRules": []any{map[string]any{"thresholdPercent": 0.5}},
			"budgetFilter": map[string]any{"projects": []any{"projects/1"}, "calendarPeriod": "MONTH",
				"labels": map[string]any{"stack": "dev"}},
			"allUpdatesRule": map[string]any{"monitoringNotificationChannels": []any{"projects/p1/notificationChannels/1"}}},
		id:     "billingAccounts/0-1/budgets/1",
		want:   map[string]string{"name": "1", "billingAccount": "0-1", "displayName": "letters"},
		change: map[string]any{"amount": map[string]any{"specifiedAmount": map[string]any{"units": "60"}}},
	},
	{
		token:  "gcp:logging/projectBucketConfig:ProjectBucketConfig",
		inputs: map[string]any{"project": "p1", "location": "global", "bucketId": "letters", "retentionDays": 7},
		id:     "projects/p1/locations/global/buckets/letters",
		want:   map[string]string{"name": "projects/p1/locations/global/buckets/letters", "retentionDays": "7"},
		change: map[string]any{"retentionDays": 8},
	},
	{
		token: "gcp:logging/projectSink:ProjectSink",
		inputs: map[string]any{"name": "letters", "filter": `severity>=ERROR`,
			"destination": "logging.googleapis.com/projects/p1/locations/global/buckets/letters"},
		id:     "projects/p1/sinks/letters",
		want:   map[string]string{"name": "letters", "project": "p1", "uniqueWriterIdentity": "true"},
		change: map[string]any{"filter": `severity>=INFO`},
	},
	{
		token:  "gcp:logging/projectExclusion:ProjectExclusion",
		inputs: map[string]any{"name": "letters", "filter": `severity>=ERROR`},
		id:     "projects/p1/exclusions/letters",
		want:   map[string]string{"name": "letters", "project": "p1"},
		change: map[string]any{"filter": `severity>=INFO`},
	},
}
