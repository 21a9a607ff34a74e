package docx2pdf

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
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

// TestBuildThatRunsIsWaitedFor: after Ctrl-C a build goes on at Google, and the next update takes its image. One that
// fails is followed by another.
func TestBuildThatRunsIsWaitedFor(t *testing.T) {
	for ends, builds := range map[string]int{"SUCCESS": 0, "CANCELLED": 1} {
		r, err := program{begun: ends}.run(t)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.builds) != builds || !strings.HasSuffix(r.serviceImage(t), "@"+testDigest) {
			t.Errorf("with a build that ends as %s, %d were begun and the service runs %s", ends, len(r.builds),
				r.serviceImage(t))
		}
	}
}

// TestBuildOfADestroyedStackIsCancelled: it would hold up the next update, and can push nothing.
func TestBuildOfADestroyedStackIsCancelled(t *testing.T) {
	r, err := program{begun: "FAILURE", left: true}.run(t)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.builds) != 1 || !strings.HasSuffix(r.serviceImage(t), "@"+testDigest) {
		t.Errorf("%d builds were begun and the service runs %s", len(r.builds), r.serviceImage(t))
	}
	if !slices.ContainsFunc(r.calls, func(call string) bool { return strings.Contains(call, "/builds/other:cancel") }) {
		t.Errorf("the build was not cancelled: %v", r.calls)
	}
}

// TestImageIsOfTheSourceThatIsUploaded: an update of other targets leaves an older one there. To build that under the tag
// of the new one would keep the new one from ever being built.
func TestImageIsOfTheSourceThatIsUploaded(t *testing.T) {
	older := strings.Repeat("0123456789abcdef", 4)
	r, err := program{older: "source-" + older + ".zip"}.run(t)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.builds) != 1 || !strings.HasSuffix(r.builds[0], "/docx2pdf:"+older) {
		t.Errorf("the builds are %v, want the image of %s", r.builds, older)
	}
}

// TestBaseImages come from a mirror that answers however often it is asked, and from their own registry when it lacks
// them.
func TestBaseImages(t *testing.T) {
	for lacks, want := range map[bool][]string{false: {"MIRROR=mirror.gcr.io/library/"},
		true: {"MIRROR=mirror.gcr.io/library/", "MIRROR="}} {
		r, err := program{bases: lacks}.run(t)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.buildArgs) != len(want) {
			t.Fatalf("%d builds, want %d", len(r.buildArgs), len(want))
		}
		for i, args := range r.buildArgs {
			if !slices.Contains(args, want[i]) || !slices.Contains(args, "SNAPSHOT=no") {
				t.Errorf("build %d has the arguments %v, want %s and the newest packages", i, args, want[i])
			}
		}
	}
}

// TestImageIsBuiltAnewOnPurpose: the same source gives another image where the configuration says so, and only there.
func TestImageIsBuiltAnewOnPurpose(t *testing.T) {
	tags := map[string]string{}
	for name, config := range map[string]map[string]string{
		"as is": nil, "again": {"imageMaxAgeDays": "5"}, "revision": {"imageRevision": "2026-11-28"},
		"snapshot":          {"imageSnapshot": "true"},
		"newer LibreOffice": {"libreOffice": "backports"},
		"both":              {"imageSnapshot": "true", "imageRevision": "2026-11-28"},
	} {
		r, err := program{config: config}.run(t)
		if err != nil {
			t.Fatal(err)
		}
		tags[name] = r.builds[0]
		if wanted := config["imageSnapshot"] == "true"; wanted != slices.Contains(r.buildArgs[0], "SNAPSHOT=yes") {
			t.Errorf("%s: the build has the arguments %v", name, r.buildArgs[0])
		}
		if wanted := "LIBREOFFICE=" + cmp.Or(config["libreOffice"], "stable"); !slices.Contains(r.buildArgs[0], wanted) {
			t.Errorf("%s: the build has the arguments %v, want %s", name, r.buildArgs[0], wanted)
		}
		for _, tag := range r.buildTags {
			if !buildTag.MatchString(tag) {
				t.Errorf("Cloud Build takes no tag such as %s", tag)
			}
		}
	}
	if tags["as is"] != tags["again"] {
		t.Errorf("the same image has the tags %s and %s", tags["as is"], tags["again"])
	}
	delete(tags, "again")
	different := map[string]bool{}
	for _, tag := range tags {
		different[tag] = true
	}
	if len(different) != len(tags) {
		t.Errorf("the tags are %v, want all different", tags)
	}
}

// buildTag is what Cloud Build takes as a build's tag.
// https://cloud.google.com/build/docs/view-build-results
var buildTag = regexp.MustCompile(`^[\w][\w.-]{0,127}$`)

// TestOldImageIsTold, with how to have it built anew.
func TestOldImageIsTold(t *testing.T) {
	days := func(n int) string { return time.Now().AddDate(0, 0, -n).UTC().Format(time.RFC3339Nano) }
	for name, test := range map[string]struct {
		made string
		max  string
		told bool
	}{
		"new": {days(2), "30", false}, "old": {days(45), "30", true}, "old for a careful team": {days(10), "7", true},
		"never told": {days(400), "0", false}, "not known": {"", "30", false},
	} {
		r, err := program{built: true, made: test.made, config: map[string]string{"imageMaxAgeDays": test.max}}.run(t)
		if err != nil {
			t.Fatal(err)
		}
		told := slices.ContainsFunc(r.warnings(), func(said string) bool {
			return strings.Contains(said, "days ago") && strings.Contains(said, "pulumi config set imageRevision 20")
		})
		if told != test.told {
			t.Errorf("%s: told %v: %v", name, told, r.warnings())
		}
	}
}
