package provider_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

func member(parent map[string]any) map[string]any {
	inputs := map[string]any{"role": "roles/viewer", "member": "serviceAccount:A@p1.iam.gserviceaccount.com"}
	maps.Copy(inputs, parent)
	return inputs
}

func runInputs(image string) map[string]any {
	return map[string]any{
		"name": "convert", "location": "europe-west1",
		"template": map[string]any{
			"serviceAccount": "runner@p1.iam.gserviceaccount.com",
			"containers": []any{map[string]any{
				"image": image,
				"envs":  []any{map[string]any{"name": "OUTPUT_BUCKET", "value": "b1"}},
			}},
		},
	}
}

// TestLifecycle takes one resource of each type from nothing to nothing.
func TestLifecycle(t *testing.T) {
	for _, test := range lifecycles {
		t.Run(test.token, func(t *testing.T) {
			cloud := newStandIn(t)
			d := attach(t, cloud.URL, stack).up(test.token, props(test.inputs))
			conforms(t, d)
			if test.id != "" && d.id != test.id {
				t.Errorf("id = %q, want %q", d.id, test.id)
			}
			for name, want := range test.want {
				if got := d.text(name); got != want {
					t.Errorf("output %s = %q, want %q", name, got, want)
				}
			}
			if res := d.diff(props(test.inputs)); res.Changes != pulumirpc.DiffResponse_DIFF_NONE {
				t.Errorf("the same program again: diff %v, want none", res.DetailedDiff)
			}
			before := d.inputs.Copy()
			if !d.refresh() {
				t.Fatal("refresh: gone")
			}
			if !d.inputs.DeepEquals(before) {
				t.Errorf("refresh changed the inputs from %v to %v", before, d.inputs)
			}
			conforms(t, d)
			if test.change != nil {
				changed := maps.Clone(test.inputs)
				maps.Copy(changed, test.change)
				if res := d.diff(props(changed)); res.Changes != pulumirpc.DiffResponse_DIFF_SOME || len(res.Replaces) > 0 {
					t.Errorf("changed inputs: diff %v replaces %v, want an update", res.DetailedDiff, res.Replaces)
				}
				d.update(props(changed))
				conforms(t, d)
				if res := d.diff(props(changed)); res.Changes != pulumirpc.DiffResponse_DIFF_NONE {
					t.Errorf("after the update: diff %v, want none", res.DetailedDiff)
				}
			}
			if err := d.destroy(); err != nil {
				t.Fatal(err)
			}
			if err := d.destroy(); err != nil {
				t.Errorf("deleting what is gone: %v", err)
			}
			if test.token != "gcp:projects/serviceIdentity:ServiceIdentity" && d.refresh() {
				t.Error("refresh finds it after its deletion")
			}
		})
	}
}

func TestRunServiceOnTheWire(t *testing.T) {
	cloud := newStandIn(t)
	attach(t, cloud.URL, stack).up("gcp:cloudrunv2/service:Service", props(runInputs("gcr.io/i@sha256:1")))
	body := resource.NewPropertyMapFromMap(cloud.bodies["POST /run/v2/projects/p1/locations/europe-west1/services"])
	want := props(map[string]any{
		"labels": map[string]any{},
		"template": map[string]any{
			"serviceAccount": "runner@p1.iam.gserviceaccount.com",
			"containers": []any{map[string]any{
				"image": "gcr.io/i@sha256:1",
				"env":   []any{map[string]any{"name": "OUTPUT_BUCKET", "value": "b1"}},
			}},
		},
	})
	if !body.DeepEquals(want) {
		t.Errorf("request body = %v, want %v", body, want)
	}
	if !slices.Contains(cloud.calls, "POST /run/v2/projects/p1/locations/europe-west1/services?serviceId=convert") {
		t.Errorf("calls = %q", cloud.calls)
	}
}
