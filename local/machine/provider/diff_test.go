package provider_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

func with(inputs map[string]any, name string, value any) map[string]any {
	inputs = maps.Clone(inputs)
	if inputs[name] = value; value == nil {
		delete(inputs, name)
	}
	return inputs
}

func TestDiff(t *testing.T) {
	bucket := map[string]any{"name": "b1", "location": "EU", "labels": map[string]any{"team": "a"}}
	autonamed := map[string]any{"location": "EU"}
	grant := member(map[string]any{"bucket": "b1"})
	for _, test := range []struct {
		about    string
		token    string
		old, new map[string]any
		want     map[string]pulumirpc.PropertyDiff_Kind
		dbr      bool // delete before replace
	}{
		{"nothing", "gcp:storage/bucket:Bucket", bucket, bucket, nil, false},
		{"add", "gcp:storage/bucket:Bucket", bucket, with(bucket, "requesterPays", true),
			map[string]pulumirpc.PropertyDiff_Kind{"requesterPays": pulumirpc.PropertyDiff_ADD}, false},
		{"delete", "gcp:storage/bucket:Bucket", bucket, with(bucket, "labels", nil),
			map[string]pulumirpc.PropertyDiff_Kind{"labels": pulumirpc.PropertyDiff_DELETE}, false},
		{"nested", "gcp:storage/bucket:Bucket", bucket, with(bucket, "labels", map[string]any{"team": "b"}),
			map[string]pulumirpc.PropertyDiff_Kind{"labels.team": pulumirpc.PropertyDiff_UPDATE}, false},
		{"a computed input is kept", "gcp:storage/bucket:Bucket", with(bucket, "versioning", map[string]any{"enabled": true}),
			bucket, nil, false},
		{"other case of the location", "gcp:storage/bucket:Bucket", bucket, with(bucket, "location", "eu"), nil, false},
		{"an empty list is no list", "gcp:storage/bucket:Bucket", bucket, with(bucket, "cors", []any{}), nil, false},
		{"replace a named bucket", "gcp:storage/bucket:Bucket", bucket, with(bucket, "location", "US"),
			map[string]pulumirpc.PropertyDiff_Kind{"location": pulumirpc.PropertyDiff_UPDATE_REPLACE}, true},
		{"replace a bucket with a made-up name", "gcp:storage/bucket:Bucket", autonamed, with(autonamed, "location", "US"),
			map[string]pulumirpc.PropertyDiff_Kind{"location": pulumirpc.PropertyDiff_UPDATE_REPLACE}, false},
		{"rename a bucket", "gcp:storage/bucket:Bucket", bucket, with(bucket, "name", "b2"),
			map[string]pulumirpc.PropertyDiff_Kind{"name": pulumirpc.PropertyDiff_UPDATE_REPLACE}, true},
		{"other case of a member", "gcp:storage/bucketIAMMember:BucketIAMMember", grant,
			with(grant, "member", "serviceAccount:a@p1.iam.gserviceaccount.com"), nil, false},
		{"other member", "gcp:storage/bucketIAMMember:BucketIAMMember", grant, with(grant, "member", "allUsers"),
			map[string]pulumirpc.PropertyDiff_Kind{"member": pulumirpc.PropertyDiff_UPDATE_REPLACE}, false},
		{"full name of the same service", "gcp:cloudrunv2/serviceIamMember:ServiceIamMember",
			member(map[string]any{"name": "convert", "location": "l"}),
			member(map[string]any{"name": "projects/p1/locations/l/services/convert", "location": "l"}), nil, false},
		{"new image", "gcp:cloudrunv2/service:Service", runInputs("i:1"), runInputs("i:2"),
			map[string]pulumirpc.PropertyDiff_Kind{"template.containers[0].image": pulumirpc.PropertyDiff_UPDATE}, false},
		{"new region", "gcp:cloudrunv2/service:Service", runInputs("i"), with(runInputs("i"), "location", "us-central1"),
			map[string]pulumirpc.PropertyDiff_Kind{"location": pulumirpc.PropertyDiff_UPDATE_REPLACE}, true},
		{"new keepers", "gcp:serviceaccount/key:Key",
			map[string]any{"serviceAccountId": "projects/p1/serviceAccounts/a@p1.iam.gserviceaccount.com",
				"keepers": map[string]any{"rotation": "1"}},
			map[string]any{"serviceAccountId": "projects/p1/serviceAccounts/a@p1.iam.gserviceaccount.com",
				"keepers": map[string]any{"rotation": "2"}},
			map[string]pulumirpc.PropertyDiff_Kind{"keepers.rotation": pulumirpc.PropertyDiff_UPDATE_REPLACE}, false},
		{"repository of another format", "gcp:artifactregistry/repository:Repository",
			map[string]any{"repositoryId": "r", "format": "DOCKER"}, map[string]any{"repositoryId": "r", "format": "MAVEN"},
			map[string]pulumirpc.PropertyDiff_Kind{"format": pulumirpc.PropertyDiff_UPDATE_REPLACE}, false},
		{"topic by its full name", "gcp:pubsub/subscription:Subscription",
			map[string]any{"name": "s", "topic": "t"}, map[string]any{"name": "s", "topic": "projects/p1/topics/t"}, nil, false},
		{"a dashboard laid out differently", "gcp:monitoring/dashboard:Dashboard",
			map[string]any{"dashboardJson": `{"a":1,"b":2}`}, map[string]any{"dashboardJson": `{ "b": 2, "a": 1 }`}, nil, false},
	} {
		t.Run(test.about, func(t *testing.T) {
			d := attach(t, newStandIn(t).URL, stack).up(test.token, props(test.old))
			res := d.diff(props(test.new))
			got := map[string]pulumirpc.PropertyDiff_Kind{}
			replaces := false
			for at, change := range res.DetailedDiff {
				got[at] = change.Kind
				replaces = replaces || change.Kind%2 == 1
			}
			if len(got) != len(test.want) || !maps.Equal(got, test.want) && len(got) > 0 {
				t.Errorf("diff = %v, want %v", got, test.want)
			}
			if (len(res.Replaces) > 0) != replaces {
				t.Errorf("replaces = %q for %v", res.Replaces, got)
			}
			if res.DeleteBeforeReplace != test.dbr {
				t.Errorf("delete before replace = %t, want %t", res.DeleteBeforeReplace, test.dbr)
			}
		})
	}
}

// TestComputedInputsAreKept changes something else after the program stopped
// setting inputs that Google fills in.
func TestComputedInputsAreKept(t *testing.T) {
	cloud := newStandIn(t)
	inputs := runInputs("i:1")
	container := inputs["template"].(map[string]any)["containers"].([]any)[0].(map[string]any)
	container["resources"] = map[string]any{"limits": map[string]any{"memory": "1Gi"}}
	inputs["ingress"] = "INGRESS_TRAFFIC_INTERNAL_ONLY"
	d := attach(t, cloud.URL, stack).up("gcp:cloudrunv2/service:Service", props(inputs))
	d.update(props(runInputs("i:2")))
	service := cloud.objects["run/v2/projects/p1/locations/europe-west1/services/convert"]
	if got := props(service)["template"].ObjectValue()["containers"].ArrayValue()[0].ObjectValue()["resources"].ObjectValue()["limits"]; !got.DeepEquals(
		resource.NewProperty(props(map[string]any{"memory": "1Gi"}))) ||
		service["ingress"] != "INGRESS_TRAFFIC_INTERNAL_ONLY" {
		t.Errorf("limits = %v, ingress = %v; want what they were", got, service["ingress"])
	}
}

func TestDiffOfUnknownValue(t *testing.T) {
	d := attach(t, newStandIn(t).URL, stack).up("gcp:storage/bucketIAMMember:BucketIAMMember",
		props(member(map[string]any{"bucket": "b1"})))
	news := props(member(map[string]any{"bucket": "b1"}))
	news["member"] = resource.MakeComputed(resource.NewProperty(""))
	res := d.diff(news)
	if !slices.Equal(res.Replaces, []string{"member"}) {
		t.Errorf("replaces = %q, want member", res.Replaces)
	}
}

// TestDrift changes resources behind the program's back.
func TestDrift(t *testing.T) {
	for _, test := range []struct {
		about  string
		token  string
		inputs map[string]any
		path   string // of the resource
		change func(map[string]any)
		want   []string
	}{
		{"a changed field", "gcp:storage/bucket:Bucket", map[string]any{"name": "b1", "location": "EU"}, "storage/v1/b/b1",
			func(o map[string]any) { o["storageClass"] = "COLDLINE" }, []string{"storageClass"}},
		{"a field that the program left to Google", "gcp:storage/bucket:Bucket",
			map[string]any{"name": "b1", "location": "EU"}, "storage/v1/b/b1",
			func(o map[string]any) { o["rpo"] = "DEFAULT" }, nil},
		{"a field that the program does not set", "gcp:storage/bucket:Bucket", map[string]any{"name": "b1", "location": "EU"},
			"storage/v1/b/b1",
			func(o map[string]any) { o["billing"] = map[string]any{"requesterPays": true} }, []string{"requesterPays"}},
		{"somebody else's label", "gcp:storage/bucket:Bucket", map[string]any{"name": "b1", "location": "EU",
			"labels": map[string]any{"a": "1"}}, "storage/v1/b/b1",
			func(o map[string]any) { o["labels"] = map[string]any{"a": "1", "b": "2"} }, nil},
		{"a lost label", "gcp:storage/bucket:Bucket", map[string]any{"name": "b1", "location": "EU",
			"labels": map[string]any{"a": "1"}}, "storage/v1/b/b1",
			func(o map[string]any) { delete(o, "labels") }, []string{"labels"}},
		{"another image", "gcp:cloudrunv2/service:Service", runInputs("i:1"),
			"run/v2/projects/p1/locations/europe-west1/services/convert",
			func(o map[string]any) {
				o["template"] = map[string]any{"serviceAccount": "runner@p1.iam.gserviceaccount.com", "containers": []any{
					map[string]any{"image": "i:2", "env": []any{map[string]any{"name": "OUTPUT_BUCKET", "value": "b1"}}}}}
			}, []string{"template"}},
		{"memory that the program left to Google", "gcp:cloudrunv2/service:Service", runInputs("i:1"),
			"run/v2/projects/p1/locations/europe-west1/services/convert",
			func(o map[string]any) {
				container := o["template"].(map[string]any)["containers"].([]any)[0].(map[string]any)
				container["resources"] = map[string]any{"limits": map[string]any{"memory": "1Gi"}}
			}, nil},
		{"a new revision", "gcp:cloudrunv2/service:Service", runInputs("i:1"),
			"run/v2/projects/p1/locations/europe-west1/services/convert",
			func(o map[string]any) { o["latestReadyRevision"], o["etag"] = "r2", "e2" }, nil},
		{"a disabled account", "gcp:serviceaccount/account:Account", map[string]any{"accountId": "runner"},
			"iam/v1/projects/p1/serviceAccounts/runner@p1.iam.gserviceaccount.com",
			func(o map[string]any) { o["disabled"] = true }, []string{"disabled"}},
	} {
		t.Run(test.about, func(t *testing.T) {
			cloud := newStandIn(t)
			d := attach(t, cloud.URL, stack).up(test.token, props(test.inputs))
			cloud.mu.Lock()
			test.change(cloud.objects[test.path])
			cloud.mu.Unlock()
			if !d.refresh() {
				t.Fatal("gone")
			}
			if got := d.diff(props(test.inputs)).Diffs; !slices.Equal(got, test.want) {
				t.Errorf("diff after the refresh = %q, want %q", got, test.want)
			}
			d.update(props(test.inputs))
			if got := d.diff(props(test.inputs)).Diffs; got != nil {
				t.Errorf("diff after the repair = %q, want none", got)
			}
		})
	}
}

func TestRefreshOfWhatIsGone(t *testing.T) {
	cloud := newStandIn(t)
	e := attach(t, cloud.URL, stack)
	grant := e.up("gcp:storage/bucketIAMMember:BucketIAMMember", props(member(map[string]any{"bucket": "b1"})))
	bucket := e.up("gcp:storage/bucket:Bucket", props(map[string]any{"name": "b1", "location": "EU"}))
	cloud.mu.Lock()
	clear(cloud.objects)
	cloud.mu.Unlock()
	if bucket.refresh() || grant.refresh() {
		t.Error("refresh finds what is gone")
	}
}

// TestOtherProject changes gcp:project: what is there stays in its project.
func TestOtherProject(t *testing.T) {
	topic := map[string]any{"name": "t"}
	d := attach(t, newStandIn(t).URL, stack).up("gcp:pubsub/topic:Topic", props(topic))
	d.e = attach(t, newStandIn(t).URL, props(map[string]any{"project": "p2"}))
	if got := d.diff(props(topic)); len(got.Diffs) > 0 {
		t.Errorf("diff = %q, want none", got.Diffs)
	}
	if got := d.diff(props(with(topic, "project", "p2"))); !slices.Equal(got.Replaces, []string{"project"}) {
		t.Errorf("replaces %q for a project of its own, want project", got.Replaces)
	}
}

// TestDefaultLabels changes gcp:defaultLabels under a resource that stays the same.
func TestDefaultLabels(t *testing.T) {
	cloud := newStandIn(t)
	labelled := func(value string) resource.PropertyMap {
		config := stack.Copy()
		config["defaultLabels"] = resource.NewProperty(`{"env":"` + value + `"}`)
		return config
	}
	inputs := props(map[string]any{"name": "b1", "location": "EU", "labels": map[string]any{"team": "a"}})
	d := attach(t, cloud.URL, labelled("dev")).up("gcp:storage/bucket:Bucket", inputs)
	if got := d.text("pulumiLabels"); got != "map[env:{dev} team:{a}]" {
		t.Errorf("pulumiLabels = %s", got)
	}
	if got := d.text("labels"); got != "map[team:{a}]" {
		t.Errorf("labels = %s", got)
	}
	d.e = attach(t, cloud.URL, labelled("prod"))
	if got := d.diff(inputs).Diffs; !slices.Equal(got, []string{"pulumiLabels"}) {
		t.Errorf("diff = %q, want pulumiLabels", got)
	}
	d.update(inputs)
	if got := cloud.objects["storage/v1/b/b1"]["labels"]; !maps.Equal(got.(map[string]any),
		map[string]any{"env": "prod", "team": "a"}) {
		t.Errorf("labels at Google's = %v", got)
	}
	d.update(props(map[string]any{"name": "b1", "location": "EU"}))
	if got := cloud.objects["storage/v1/b/b1"]["labels"]; !maps.Equal(got.(map[string]any),
		map[string]any{"env": "prod"}) {
		t.Errorf("labels at Google's without the program's own = %v", got)
	}
}
