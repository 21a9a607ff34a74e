package provider_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

func runRecorded(value string, maxInstances int) map[string]any {
	return map[string]any{
		"name": "runservice-1w5ax8rh1otic", "location": "us-central1", "ingress": "INGRESS_TRAFFIC_ALL", "launchStage": "GA",
		"labels": map[string]any{"cnrm-test": "true", "managed-by-cnrm": "true"},
		"template": map[string]any{
			"scaling": map[string]any{"maxInstanceCount": maxInstances},
			"containers": []any{map[string]any{
				"image": "gcr.io/cloudrun/hello", "envs": []any{map[string]any{"name": "FOO", "value": value}},
			}},
		},
		"traffics": []any{map[string]any{"percent": 100, "type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"}},
	}
}

func repositoryRecorded(description string) map[string]any {
	return map[string]any{
		"repositoryId": "arrepository-1xauxp2uke0mr", "location": "us-west1", "format": "DOCKER",
		"mode":        "VIRTUAL_REPOSITORY",
		"description": description,
		"labels":      map[string]any{"cnrm-test": "true", "label-one": "value-one", "managed-by-cnrm": "true"},
		"virtualRepositoryConfig": map[string]any{"upstreamPolicies": []any{map[string]any{
			"id": "upstream-repo", "priority": 1,
			"repository": "projects/example-project/locations/us-west1/repositories/arrepository-1xauxp2uke0mr-2",
		}}},
	}
}

func bucketRecorded(labels map[string]any) map[string]any {
	return map[string]any{
		"name": "storagebucket-acdefault-u1", "location": "US", "labels": labels,
		"autoclass": map[string]any{"enabled": true}, "uniformBucketLevelAccess": true,
	}
}

func subscriptionRecorded(account, endpoint, audience string, ack, attempts int, ttl, retention, minimum,
	maximum string) map[string]any {
	return map[string]any{
		"name": "pubsubsubscription-u1", "topic": "projects/example-project/topics/pubsubtopic-u1",
		"labels":             map[string]any{"cnrm-test": "true", "managed-by-cnrm": "true"},
		"ackDeadlineSeconds": ack, "messageRetentionDuration": retention,
		"retainAckedMessages": true, "enableMessageOrdering": true, "filter": `attributes.type = "key"`,
		"expirationPolicy": map[string]any{"ttl": ttl},
		"retryPolicy":      map[string]any{"minimumBackoff": minimum, "maximumBackoff": maximum},
		"deadLetterPolicy": map[string]any{
			"deadLetterTopic": "projects/example-project/topics/pubsubtopic-u1", "maxDeliveryAttempts": attempts,
		},
		"pushConfig": map[string]any{
			"pushEndpoint": endpoint, "noWrapper": map[string]any{"writeMetadata": true},
			"oidcToken": map[string]any{
				"audience": audience, "serviceAccountEmail": account + "@example-project.iam.gserviceaccount.com",
			},
		},
	}
}

// TestRecorded makes, changes and deletes what the recordings of real Google
// Cloud do, with the same requests.
func TestRecorded(t *testing.T) {
	labels := map[string]any{"cnrm-test": "true", "label-one": "value-one", "managed-by-cnrm": "true"}
	push := subscriptionRecorded("gsa-1-u1", "https://example.com/push", "https://example.com/push",
		600, 100, "2592000s", "604800s", "10s", "600s")
	pushChanged := with(subscriptionRecorded("gsa-2-u1", "https://updated.example.com/push",
		"https://updated.example.com/push-audience",
		300, 50, "1296000s", "302400s", "5s", "300s"), "retainAckedMessages", nil)
	pushChanged["pushConfig"].(map[string]any)["noWrapper"] = map[string]any{"writeMetadata": false}
	pushChanged["pushConfig"].(map[string]any)["attributes"] = map[string]any{"new-attr": "new-val"}
	for _, test := range []struct {
		recording, token string
		inputs, change   map[string]any
		want             map[string]string // outputs after the change
	}{
		{"run-v2-service-create-poll-patch-delete", "gcp:cloudrunv2/service:Service",
			runRecorded("bar]", 2), runRecorded("[barbar", 3),
			map[string]string{"generation": "2", "uri": "https://runservice-1w5ax8rh1otic-lrpj2oh4mq-uc.a.run.app"}},
		{"artifactregistry-repository-create-patch-delete", "gcp:artifactregistry/repository:Repository",
			repositoryRecorded("test repository description"), repositoryRecorded("test repository description 2"),
			map[string]string{"description": "test repository description 2", "createTime": "2024-04-25T01:18:03.577229Z"}},
		{"iam-serviceaccount-full-update", "gcp:serviceaccount/account:Account",
			map[string]any{"accountId": "gsa-u1", "displayName": "Test Service Account Full",
				"description": "A test service account with all fields. This tests the description field."},
			map[string]any{"accountId": "gsa-u1", "displayName": "Test Service Account Full Updated",
				"description": "Updated description for the test service account. This tests the description field update."},
			map[string]string{"displayName": "Test Service Account Full Updated", "uniqueId": "111111111111111111111"}},
		{"storage-bucket-create-patch-delete-2026", "gcp:storage/bucket:Bucket",
			bucketRecorded(labels), bucketRecorded(with(labels, "label-two", "value-two")),
			map[string]string{"rpo": "DEFAULT", "projectNumber": "1.23456789e+08", "publicAccessPrevention": "inherited"}},
		{"pubsub-push-subscription-oidc-deadletter", "gcp:pubsub/subscription:Subscription",
			push, pushChanged,
			map[string]string{"ackDeadlineSeconds": "300", "messageRetentionDuration": "302400s"}},
	} {
		t.Run(test.recording, func(t *testing.T) {
			config := props(map[string]any{"project": "example-project"})
			d := attach(t, newReplay(t, test.recording).URL, config).up(test.token, props(test.inputs))
			conforms(t, d)
			if res := d.diff(props(test.inputs)); res.Changes != pulumirpc.DiffResponse_DIFF_NONE {
				t.Errorf("the same program again: %v", res.DetailedDiff)
			}
			before := d.inputs.Copy()
			if !d.refresh() || !d.inputs.DeepEquals(before) {
				t.Errorf("refresh changed the inputs to %v", d.inputs)
			}
			d.update(props(test.change))
			conforms(t, d)
			for name, want := range test.want {
				if got := d.text(name); got != want {
					t.Errorf("%s = %q, want %q", name, got, want)
				}
			}
			if err := d.destroy(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestOutputsOfTheOfficialProvider deploys resources that the official provider
// deployed to Google Cloud once, and compares the outputs' names.
func TestOutputsOfTheOfficialProvider(t *testing.T) {
	text, err := os.ReadFile("testdata/recordings/pulumi-state-run-topic-bucket-iam.json")
	if err != nil {
		t.Fatal(err)
	}
	var recording struct {
		Resources []struct {
			Type, ID        string
			Inputs, Outputs map[string]any
		}
	}
	if err := json.Unmarshal(text, &recording); err != nil {
		t.Fatal(err)
	}
	for _, official := range recording.Resources {
		if strings.Contains(official.Type, "CustomRole") {
			continue // the program has none
		}
		t.Run(official.Type, func(t *testing.T) {
			if _, isAsset := official.Inputs["source"]; isAsset {
				delete(official.Inputs, "source") // its file is not in the recording
				delete(official.Outputs, "source")
				official.Inputs["content"] = "text"
			}
			project, _ := official.Outputs["project"].(string)
			if project == "" {
				project = "pulumi-development"
			}
			cloud := newStandIn(t)
			d := attach(t, cloud.URL, props(map[string]any{"project": project})).up(official.Type,
				props(withoutDefaults(official.Inputs).(map[string]any)))
			if want := strings.ReplaceAll(official.ID, "pulumi-development.iam", "p1.iam"); strings.ReplaceAll(d.id,
				"pulumi-development.iam", "p1.iam") != want {
				t.Errorf("id = %q, the official provider's is %q", d.id, official.ID)
			}
			for name, want := range official.Outputs {
				got, ok := d.outputs[resource.PropertyKey(name)]
				if !ok && name != "id" {
					t.Errorf("output %s is missing, it is %v with the official provider", name, want)
				}
				if sent, isInput := official.Inputs[name]; isInput && !got.ContainsSecrets() {
					if _, isText := sent.(string); isText && got.V != want && name != "detectMd5hash" {
						t.Errorf("output %s = %v, it is %v with the official provider", name, got, want)
					}
				}
			}
		})
	}
}

// withoutDefaults removes the notes of the official provider's bridge from inputs.
func withoutDefaults(v any) any {
	switch v := v.(type) {
	case map[string]any:
		delete(v, "__defaults")
		for key, e := range v {
			v[key] = withoutDefaults(e)
		}
	case []any:
		for i, e := range v {
			v[i] = withoutDefaults(e)
		}
	}
	return v
}
