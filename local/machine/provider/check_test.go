package provider_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

func TestCheckFillsInDefaults(t *testing.T) {
	e := attach(t, "http://127.0.0.1:1", stack)
	probe := func(extra map[string]any) []any {
		fields := map[string]any{"image": "i"}
		for k, v := range extra {
			fields[k] = v
		}
		return []any{fields}
	}
	for _, test := range []struct {
		token        string
		inputs, want map[string]any
	}{
		{
			"gcp:storage/bucket:Bucket",
			map[string]any{"name": "b", "location": "US"},
			map[string]any{"name": "b", "location": "US", "forceDestroy": false, "storageClass": "STANDARD"},
		},
		{
			"gcp:storage/bucket:Bucket",
			map[string]any{"name": "b", "location": "US", "forceDestroy": true, "storageClass": "NEARLINE"},
			map[string]any{"name": "b", "location": "US", "forceDestroy": true, "storageClass": "NEARLINE"},
		},
		{
			"gcp:projects/service:Service",
			map[string]any{"service": "run.googleapis.com"},
			map[string]any{"service": "run.googleapis.com", "disableOnDestroy": true, "checkIfServiceHasUsageOnDestroy": false},
		},
		{
			"gcp:serviceaccount/key:Key",
			map[string]any{"serviceAccountId": "x"},
			map[string]any{
				"serviceAccountId": "x", "keyAlgorithm": "KEY_ALG_RSA_2048",
				"privateKeyType": "TYPE_GOOGLE_CREDENTIALS_FILE", "publicKeyType": "TYPE_X509_PEM_FILE",
			},
		},
		{
			"gcp:artifactregistry/repository:Repository",
			map[string]any{"repositoryId": "r", "format": "DOCKER", "cleanupPolicies": []any{
				map[string]any{"id": "old", "action": "DELETE", "condition": map[string]any{"olderThan": "2592000s"}}}},
			map[string]any{"repositoryId": "r", "format": "DOCKER", "mode": "STANDARD_REPOSITORY", "cleanupPolicies": []any{
				map[string]any{"id": "old", "action": "DELETE", "condition": map[string]any{"olderThan": "2592000s",
					"tagState": "ANY"}}}},
		},
		{
			"gcp:cloudrunv2/service:Service",
			map[string]any{"name": "s", "location": "l", "template": map[string]any{"containers": probe(
				map[string]any{"startupProbe": map[string]any{"httpGet": map[string]any{"port": 8080}, "periodSeconds": "3"}})}},
			map[string]any{"name": "s", "location": "l", "template": map[string]any{"containers": probe(
				map[string]any{"startupProbe": map[string]any{
					"httpGet": map[string]any{"port": 8080, "path": "/"}, "periodSeconds": 3,
					"initialDelaySeconds": 0, "timeoutSeconds": 1, "failureThreshold": 3,
				}})}},
		},
		{
			"gcp:pubsub/subscription:Subscription",
			map[string]any{"name": "s", "topic": "t"},
			map[string]any{"name": "s", "topic": "t", "messageRetentionDuration": "604800s"},
		},
	} {
		got, failures := e.check(test.token, nil, props(test.inputs))
		got = props(withoutDefaults(got.Mappable()).(map[string]any))
		if failures != nil || !got.DeepEquals(props(test.want)) {
			t.Errorf("check of %s %v = %v, failures %q; want %v", test.token, test.inputs, got, failures, test.want)
		}
	}
}

func TestCheckRefuses(t *testing.T) {
	e := attach(t, "http://127.0.0.1:1", stack)
	for _, test := range []struct {
		token  string
		inputs map[string]any
		want   string // the beginning of a failure
	}{
		{"gcp:storage/bucket:Bucket", map[string]any{"name": "b"}, "location: missing required property 'location'"},
		{"gcp:storage/bucket:Bucket", map[string]any{"location": "US", "colour": "red"},
			`colour: there is no property "colour"`},
		{"gcp:storage/bucket:Bucket", map[string]any{"location": []any{"US"}}, "location: want string, got []"},
		{"gcp:storage/bucket:Bucket", map[string]any{"location": "US", "forceDestroy": "perhaps"},
			"forceDestroy: want boolean, got string"},
		{"gcp:storage/bucket:Bucket", map[string]any{"location": "US", "versioning": true},
			"versioning: want object, got bool"},
		{"gcp:storage/bucket:Bucket", map[string]any{"location": "US", "versioning": map[string]any{}},
			"versioning.enabled: missing required property"},
		{"gcp:storage/bucket:Bucket", map[string]any{"location": "US", "cors": []any{map[string]any{"maxAgeSeconds": 1.5}}},
			"cors[0].maxAgeSeconds: want integer, got number"},
		{"gcp:storage/notification:Notification", map[string]any{"bucket": "b", "topic": "t", "payloadFormat": "XML"},
			`payloadFormat: "XML" is not one of JSON_API_V1, NONE`},
		{"gcp:storage/bucket:Bucket", map[string]any{"location": "US", "lifecycleRules": []any{map[string]any{
			"action": map[string]any{"type": "Delete"}, "condition": map[string]any{"withState": "DEAD"}}}},
			`lifecycleRules[0].condition.withState: "DEAD" is not one of LIVE, ARCHIVED, ANY`},
		{"gcp:storage/bucketObject:BucketObject", map[string]any{"bucket": "b", "source": "file.txt"},
			"source: want file or archive, got string"},
		{"gcp:serviceaccount/account:Account", map[string]any{"accountId": "X"}, `accountId: "X" is not 6 to 30`},
		{"gcp:projects/iAMMember:IAMMember", map[string]any{"project": "p", "role": "r", "member": "me"},
			`member: "me" is not an IAM member`},
		{"gcp:cloudrunv2/serviceIamMember:ServiceIamMember", map[string]any{"role": "r", "member": "allUsers"},
			"name: missing required property"},
	} {
		_, failures := e.check(test.token, nil, props(test.inputs))
		if !slices.ContainsFunc(failures, func(f string) bool { return strings.HasPrefix(f, test.want) }) {
			t.Errorf("check of %s %v fails with %q, want %q", test.token, test.inputs, failures, test.want)
		}
	}
}

func TestAutonaming(t *testing.T) {
	e := attach(t, "http://127.0.0.1:1", stack)
	name := func(token, logical string, olds map[string]any) (string, string) {
		t.Helper()
		news := resource.PropertyMap{"location": resource.NewProperty("US")}
		if strings.Contains(token, "pubsub") {
			news = resource.PropertyMap{}
		}
		res, err := e.client.Check(t.Context(), &pulumirpc.CheckRequest{
			Urn: urnOf(token, logical), News: e.marshal(news), Olds: e.marshal(props(olds)),
			RandomSeed: []byte("seed"),
		})
		if err != nil {
			t.Fatal(err)
		}
		var failure string
		if len(res.Failures) > 0 {
			failure = res.Failures[0].Reason
		}
		return res.Inputs.Fields["name"].GetStringValue(), failure
	}
	const bucket = "gcp:storage/bucket:Bucket"
	first, _ := name(bucket, "Input", nil)
	if prefix, digits, _ := strings.Cut(first, "-"); prefix != "input" || len(digits) != 7 ||
		strings.Trim(digits, "0123456789abcdef") != "" {
		t.Errorf("name = %q, want input- and seven hex digits", first)
	}
	if again, _ := name(bucket, "Input", nil); again != first {
		t.Errorf("the same seed gives %q, then %q", first, again)
	}
	madeUp := map[string]any{"name": "input-0000000", "__defaults": []any{"name"}}
	if kept, _ := name(bucket, "Input", madeUp); kept != "input-0000000" {
		t.Errorf("name = %q, want the one made up before", kept)
	}
	if kept, _ := name(bucket, "Input", map[string]any{"name": "given", "__defaults": []any{}}); kept != "given" {
		t.Errorf("name = %q, want the one that the program gave before", kept)
	}
	if topic, _ := name("gcp:pubsub/topic:Topic", "Events", nil); !strings.HasPrefix(topic, "events-") {
		t.Errorf("name = %q, want events-…", topic)
	}
	if _, failure := name(bucket, strings.Repeat("long", 20), nil); !strings.Contains(failure, "set a name") {
		t.Errorf("a name that is too long fails with %q", failure)
	}
}

func TestUnknownTypeAndFunction(t *testing.T) {
	e := attach(t, "http://127.0.0.1:1", stack)
	_, err := e.client.Check(t.Context(), &pulumirpc.CheckRequest{Urn: urnOf("gcp:compute/instance:Instance", "x")})
	if err == nil || !strings.Contains(err.Error(), "no resource type gcp:compute/instance:Instance") {
		t.Errorf("error = %v, want a word on the type", err)
	}
	_, err = e.client.Invoke(t.Context(), &pulumirpc.InvokeRequest{Tok: "gcp:compute/getImage:getImage"})
	if err == nil || !strings.Contains(err.Error(), "no function gcp:compute/getImage:getImage") {
		t.Errorf("error = %v, want a word on the function", err)
	}
}
