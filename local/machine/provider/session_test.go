package provider_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"docx2pdf/local/machine/provider"
)

// TestStacksSideBySide attaches two engines with different projects to one provider.
func TestStacksSideBySide(t *testing.T) {
	cloud := newStandIn(t)
	port, err := provider.Serve(t.Context(), provider.Options{Endpoint: cloud.URL + "/", AccessToken: "owner"})
	if err != nil {
		t.Fatal(err)
	}
	one := connect(t, port, props(map[string]any{"project": "one"}))
	two := connect(t, port, props(map[string]any{"project": "two", "zone": "europe-west1-b"}))
	if d := one.up("gcp:pubsub/topic:Topic", props(map[string]any{"name": "t"})); d.id != "projects/one/topics/t" {
		t.Errorf("id = %q", d.id)
	}
	if d := two.up("gcp:pubsub/topic:Topic", props(map[string]any{"name": "t"})); d.id != "projects/two/topics/t" {
		t.Errorf("id = %q", d.id)
	}
	r := two.up("gcp:artifactregistry/repository:Repository",
		props(map[string]any{"repositoryId": "r", "format": "DOCKER"}))
	if r.text("location") != "europe-west1" {
		t.Errorf("location = %q, want the zone's region", r.text("location"))
	}
	_, err = one.tryUp("gcp:artifactregistry/repository:Repository",
		props(map[string]any{"repositoryId": "r", "format": "DOCKER"}))
	if err == nil || !strings.Contains(err.Error(), "cannot determine location") {
		t.Errorf("without region and zone: %v", err)
	}
}

// TestEnvironment leaves the configuration to the variables that the official provider reads.
func TestEnvironment(t *testing.T) {
	t.Setenv("GOOGLE_PROJECT", "")
	t.Setenv("CLOUDSDK_CORE_PROJECT", "from-env")
	t.Setenv("GOOGLE_REGION", "us-west1")
	r := attach(t, newStandIn(t).URL, nil).up("gcp:artifactregistry/repository:Repository",
		props(map[string]any{"repositoryId": "r", "format": "DOCKER"}))
	if r.id != "projects/from-env/locations/us-west1/repositories/r" {
		t.Errorf("id = %q", r.id)
	}
}

func TestConfiguration(t *testing.T) {
	e := attach(t, "http://127.0.0.1:1", stack)
	for config, want := range map[string]string{
		"impersonateServiceAccount": "gcp:impersonateServiceAccount does not work with the local cloud's built-in provider",
		"credentials":               "gcp:credentials does not work with the local cloud's built-in provider",
		"defaultLabels":             "gcp:defaultLabels is not a map of strings",
		"skipRegionValidation":      "",
	} {
		news := resource.PropertyMap{resource.PropertyKey(config): resource.NewProperty("true")}
		res, err := e.client.CheckConfig(t.Context(), &pulumirpc.CheckRequest{News: e.marshal(news)})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if len(res.Failures) > 0 {
			got = res.Failures[0].Reason
		}
		if !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("gcp:%s fails with %q, want %q", config, got, want)
		}
	}
}

func TestFunctions(t *testing.T) {
	cloud := newStandIn(t)
	config := stack.Copy()
	config["accessToken"] = secret("owner")
	e := attach(t, cloud.URL, config)
	for _, test := range []struct {
		token      string
		args, want map[string]any
	}{
		{"gcp:organizations/getClientConfig:getClientConfig", nil,
			map[string]any{"project": "p1", "region": "europe-west1", "zone": "", "accessToken": "owner"}},
		{"gcp:organizations/getProject:getProject", nil,
			map[string]any{"projectId": "p1", "number": "1", "name": "P One", "id": "projects/p1"}},
		{"gcp:storage/getProjectServiceAccount:getProjectServiceAccount", map[string]any{"project": "p1"},
			map[string]any{"emailAddress": "service-1@gs-project-accounts.iam.gserviceaccount.com",
				"member": "serviceAccount:service-1@gs-project-accounts.iam.gserviceaccount.com", "project": "p1"}},
	} {
		res, err := e.client.Invoke(t.Context(), &pulumirpc.InvokeRequest{Tok: test.token, Args: e.marshal(props(test.args))})
		if err != nil {
			t.Errorf("%s: %v", test.token, err)
			continue
		}
		got := e.unmarshal(res.Return)
		for name, want := range props(test.want) {
			if !got[name].DeepEquals(want) {
				t.Errorf("%s: %s = %v, want %v", test.token, name, got[name], want)
			}
		}
	}
	res, err := e.client.Invoke(t.Context(), &pulumirpc.InvokeRequest{
		Tok: "gcp:organizations/getProject:getProject", Args: e.marshal(props(map[string]any{"colour": "red"}))})
	if err != nil || len(res.Failures) != 1 {
		t.Errorf("an unknown argument: %v, %v", res, err)
	}
}

func TestImport(t *testing.T) {
	for _, test := range []struct {
		token, id string
		made      map[string]any // by somebody else
		inputs    map[string]any // that the import finds
	}{
		{"gcp:storage/bucket:Bucket", "b1", map[string]any{"name": "b1", "location": "EU",
			"labels": map[string]any{"a": "1"}},
			map[string]any{"name": "b1", "location": "EU", "storageClass": "STANDARD", "labels": map[string]any{"a": "1"}}},
		{"gcp:pubsub/topic:Topic", "p1/t", map[string]any{"name": "t"}, map[string]any{"name": "t"}},
		{"gcp:artifactregistry/repository:Repository", "europe-west1/r",
			map[string]any{"repositoryId": "r", "format": "DOCKER"},
			map[string]any{"repositoryId": "r", "format": "DOCKER", "mode": "STANDARD_REPOSITORY"}},
		{"gcp:storage/bucketIAMMember:BucketIAMMember", "b/b1 roles/viewer serviceAccount:a@p1.iam.gserviceaccount.com",
			member(map[string]any{"bucket": "b1"}),
			map[string]any{"bucket": "b/b1", "role": "roles/viewer", "member": "serviceAccount:a@p1.iam.gserviceaccount.com"}},
		{"gcp:projects/iAMMember:IAMMember", "p1 roles/viewer serviceAccount:a@p1.iam.gserviceaccount.com",
			member(map[string]any{"project": "p1"}),
			map[string]any{"project": "p1", "role": "roles/viewer", "member": "serviceAccount:a@p1.iam.gserviceaccount.com"}},
		{"gcp:pubsub/subscriptionIAMMember:SubscriptionIAMMember",
			"projects/p1/subscriptions/s roles/viewer serviceAccount:a@p1.iam.gserviceaccount.com",
			member(map[string]any{"subscription": "s"}), map[string]any{"subscription": "projects/p1/subscriptions/s",
				"role": "roles/viewer", "member": "serviceAccount:a@p1.iam.gserviceaccount.com"}},
		{"gcp:serviceaccount/account:Account", "runner@p1.iam.gserviceaccount.com", map[string]any{"accountId": "runner"},
			map[string]any{"accountId": "runner", "project": "p1"}},
	} {
		t.Run(test.token, func(t *testing.T) {
			e := attach(t, newStandIn(t).URL, stack)
			made := e.up(test.token, props(test.made))
			res, err := e.client.Read(t.Context(), &pulumirpc.ReadRequest{Id: test.id, Urn: made.urn})
			if err != nil {
				t.Fatal(err)
			}
			if res.Id != made.id {
				t.Errorf("id = %q, want %q", res.Id, made.id)
			}
			if got := e.unmarshal(res.Inputs); !got.DeepEquals(props(test.inputs)) {
				t.Errorf("inputs = %v, want %v", got, test.inputs)
			}
		})
	}
	e := attach(t, newStandIn(t).URL, stack)
	_, err := e.client.Read(t.Context(), &pulumirpc.ReadRequest{Id: "a/b/c/d", Urn: urnOf("gcp:pubsub/topic:Topic", "t")})
	if err == nil || !strings.Contains(err.Error(), "not of any of the forms") {
		t.Errorf("a wrong id: %v", err)
	}
}
