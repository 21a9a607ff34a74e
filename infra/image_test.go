package main

import (
	"strings"
	"testing"
)

func TestImageIsBuiltOnceAndNeverInAPreview(t *testing.T) {
	for name, test := range map[string]struct {
		program
		builds int
	}{
		"not in the registry":            {program{}, 1},
		"in the registry":                {program{built: true}, 0},
		"preview, not in the registry":   {program{dryRun: true}, 0},
		"preview, in the registry":       {program{dryRun: true, built: true}, 0},
		"ready-made":                     {program{config: map[string]string{"image": readyMade}}, 0},
		"ready-made, in another preview": {program{dryRun: true, config: map[string]string{"image": readyMade}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := test.run(t)
			if err != nil {
				t.Fatal(err)
			}
			if len(r.builds) != test.builds {
				t.Errorf("%d builds, want %d: %v", len(r.builds), test.builds, r.builds)
			}
		})
	}
}

// TestPreviewTellsTheTruth previews with and without the image in the registry:
// only without it is the service's image unknown, and so a change.
func TestPreviewTellsTheTruth(t *testing.T) {
	for _, built := range []bool{true, false} {
		r, err := program{dryRun: true, built: built}.run(t)
		if err != nil {
			t.Fatal(err)
		}
		image := r.serviceImage(t)
		if built != strings.HasSuffix(image, "@"+testDigest) {
			t.Errorf("with built = %v the preview shows the image %q", built, image)
		}
		if !built && image != "" {
			t.Errorf("the preview of a build shows the image %q, want it unknown", image)
		}
	}
}

// service is the recorded Cloud Run service's inputs.
func (r *recording) service(t *testing.T) map[string]any {
	t.Helper()
	for _, resource := range r.resources {
		if resource.Type == "gcp:cloudrunv2/service:Service" {
			return resource.Inputs
		}
	}
	t.Fatal("no Cloud Run service was recorded")
	return nil
}

// serviceImage is the image that the recorded Cloud Run service runs, "" when it
// is not known yet.
func (r *recording) serviceImage(t *testing.T) string {
	t.Helper()
	template := r.service(t)["template"].(map[string]any)
	image, _ := template["containers"].([]any)[0].(map[string]any)["image"].(string)
	return image
}

func TestFailedBuildSaysWhy(t *testing.T) {
	r, err := program{fails: true}.run(t)
	if err == nil {
		t.Fatal("a failed build did not fail the deployment")
	}
	for _, want := range []string{
		"build-1 ended as FAILURE", `step "gcr.io/cloud-builders/docker build" exited with 1`,
		"undefined: convert", "https://console.cloud.google.com/cloud-build/builds/build-1",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q:\n%v", want, err)
		}
	}
	for _, resource := range r.resources {
		if resource.Type == "gcp:cloudrunv2/service:Service" {
			t.Error("the service was deployed although its image failed to build")
		}
	}
}

// TestFreshGrantsAreWaitedFor: right after APIs were enabled and roles granted,
// Google refuses the look-up, the build, and the build's reading of its source.
func TestFreshGrantsAreWaitedFor(t *testing.T) {
	r, err := program{slow: true}.run(t)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.builds) != 2 {
		t.Errorf("%d builds, want the one that could not read its source and another", len(r.builds))
	}
	if !strings.HasSuffix(r.serviceImage(t), "@"+testDigest) {
		t.Errorf("the service runs %q", r.serviceImage(t))
	}
}
