package docx2pdf

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// serviceThere is a Cloud Run service as Google shows it.
func serviceThere(app, stack, ready, traffic string) string {
	return fmt.Sprintf(`{"name":"projects/test-project/locations/us-central1/services/docx2pdf","labels":{"app":%q,"stack":%q},
		"latestReadyRevision":%q,"traffic":[%s]}`, app, stack, ready, traffic)
}

const (
	onLatest = `{"type":"TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST","percent":100}`
	onOlder  = `{"type":"TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION","revision":"docx2pdf-00001-abc","percent":100}`
	ready    = "projects/test-project/locations/us-central1/services/docx2pdf/revisions/docx2pdf-00002-abc"
)

// TestServiceOfAnother: what is not this stack's is named, and left alone.
func TestServiceOfAnother(t *testing.T) {
	for there, want := range map[string]string{
		serviceThere("docx2pdf", "prod", ready,
			onLatest): "belongs to the stack prod: give this stack another: pulumi config set serviceName docx2pdf-test",
		serviceThere("shop", "test", ready, onLatest): "is not of this program: give this stack another",
	} {
		r, err := program{there: there}.run(t)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %q", err, want)
		}
		if len(r.resources) != 0 || len(r.calls) != 0 {
			t.Errorf("%d resources were asked for, and %v changed", len(r.resources), r.calls)
		}
	}
	r, err := program{there: serviceThere("docx2pdf", "test", ready, onLatest)}.run(t)
	if err != nil || len(r.calls) != 0 {
		t.Errorf("the stack's own service: %v, changes %v", err, r.calls)
	}
	// Two people may call their stacks dev, each with a state of their own.
	r, err = program{begins: true, there: serviceThere("docx2pdf", "test", ready, onLatest)}.run(t)
	if err == nil || !strings.Contains(err.Error(), "a stack that is called test as well") || len(r.resources) != 0 {
		t.Errorf("a stack of the same name with another state: %v, and %d resources", err, len(r.resources))
	}
	if _, err = (program{begins: true, there: serviceThere("docx2pdf", "test", "", onLatest)}).run(t); err != nil {
		t.Errorf("a service that never served: %v", err)
	}
}

// TestRollbackEnds: after a rollback in the console the next update sends all requests to the latest revision again,
// and a preview changes nothing.
func TestRollbackEnds(t *testing.T) {
	rolledBack := serviceThere("docx2pdf", "test", ready, onOlder)
	r, err := program{there: rolledBack, built: true}.run(t)
	if err != nil {
		t.Fatal(err)
	}
	want := `PATCH /v2/projects/test-project/locations/us-central1/services/docx2pdf?updateMask=traffic {"traffic":[` +
		`{"type":"TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST","percent":100}]}`
	if !slices.Equal(r.calls, []string{want}) {
		t.Errorf("changes %v, want %s", r.calls, want)
	}
	if said := strings.Join(r.warnings(), " "); !strings.Contains(said, "docx2pdf-00001-abc (100 %)") ||
		!strings.Contains(said, "to the latest revision again") {
		t.Errorf("the program says %q", said)
	}
	if traffic := fmt.Sprint(r.service(t)["traffics"]); !strings.Contains(traffic, "TYPE_LATEST") {
		t.Errorf("the service's traffic is %s", traffic)
	}
	if r, err = (program{there: rolledBack, built: true, dryRun: true}).run(t); err != nil || len(r.calls) != 0 {
		t.Errorf("the preview: %v, changes %v", err, r.calls)
	}
}

// TestServiceThatNeverServed: what a deployment left that failed when it made the service is out of the way of the
// next.
func TestServiceThatNeverServed(t *testing.T) {
	left := serviceThere("docx2pdf", "test", "", onLatest)
	r, err := program{there: left}.run(t)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.calls) != 1 || !strings.HasPrefix(r.calls[0],
		"DELETE /v2/projects/test-project/locations/us-central1/services/docx2pdf ") {
		t.Errorf("changes %v, want the service deleted", r.calls)
	}
	if r, err = (program{there: left, fails: true}).run(t); err == nil || len(r.calls) != 0 {
		t.Errorf("with a build that fails: %v, changes %v", err, r.calls)
	}
	if r, err = (program{there: left, dryRun: true}).run(t); err != nil || len(r.calls) != 0 {
		t.Errorf("the preview: %v, changes %v", err, r.calls)
	}
}

// TestKeysOverlap: each rotation renews one of two keys, and the stack's key is the new one.
func TestKeysOverlap(t *testing.T) {
	for rotation, want := range map[string]map[string]string{
		"1": {"caller-key": "1"},
		"2": {"caller-key": "1", "caller-key-even": "2"},
		"3": {"caller-key": "3", "caller-key-even": "2"},
		"4": {"caller-key": "3", "caller-key-even": "4"},
	} {
		r, err := program{config: map[string]string{"keyRotation": rotation}, built: true}.run(t)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, resource := range r.resources {
			if resource.Type == "gcp:serviceaccount/key:Key" {
				got[resource.Name] = resource.Inputs["keepers"].(map[string]any)["rotation"].(string)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("keyRotation %s: the keys are %v, want %v", rotation, got, want)
		}
	}
}

// TestOldKeyEnds by a decision, without the new one being renewed.
func TestOldKeyEnds(t *testing.T) {
	r, err := program{config: map[string]string{"keyRotation": "2", "keepOldKey": "false"}, built: true}.run(t)
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, resource := range r.resources {
		if resource.Type == "gcp:serviceaccount/key:Key" {
			keys = append(keys, resource.Name)
		}
	}
	if !slices.Equal(keys, []string{"caller-key-even"}) {
		t.Errorf("the keys are %v", keys)
	}
}

// TestAccountMadeAnewMakesARevision: the service's revision depends on the id of its account, not just on its email.
func TestAccountMadeAnewMakesARevision(t *testing.T) {
	r, err := program{built: true}.run(t)
	if err != nil {
		t.Fatal(err)
	}
	if labels := r.service(t)["template"].(map[string]any)["labels"].(map[string]any); labels["account"] != "100000000000000000001" {
		t.Errorf("the revision's labels are %v, want the account's id among them", labels)
	}
}

// TestMove to another region or project: documents are not lost in silence, nor is the stack left in two places.
func TestMove(t *testing.T) {
	const documents, none = `{"items":[{"name":"a.docx"}]}`, `{}`
	for name, test := range map[string]struct {
		project, region string
		force, holds    string
		refused         string // what the error says
		moves, lost     string // what the warnings say
	}{
		"documents": {region: "europe-west1", force: "false", holds: documents,
			refused: "gcp:region changes from us-central1 to europe-west1"},
		"documents that may go": {region: "europe-west1", force: "true", holds: documents,
			moves: "from us-central1 to europe-west1", lost: "docx2pdf-input-1 are deleted"},
		"no documents": {region: "europe-west1", force: "false", holds: none,
			moves: "from us-central1 to europe-west1"},
		"no move": {force: "false", holds: documents},
		"documents, another project": {project: "other-project", force: "false", holds: documents,
			refused: "gcp:project changes from test-project to other-project"},
		"another project": {project: "other-project", force: "true", holds: documents,
			moves: "from test-project to other-project", lost: "docx2pdf-input-1 are deleted"},
	} {
		config := map[string]string{"gcp:region": cmp.Or(test.region, "us-central1"),
			"gcp:project": cmp.Or(test.project, "test-project"), "forceDestroy": test.force}
		r, err := program{dryRun: true, built: true,
			state: []deployedBucket{{"docx2pdf-input-1", "test-project", "us-central1", ""},
				{"docx2pdf-source-1", "test-project", "us-central1", ""}}, config: config,
			says: map[string]string{"/v1/b/docx2pdf-input-1/o": test.holds, "/v1/b/docx2pdf-source-1/o": documents}}.run(t)
		if test.refused == "" && err != nil || test.refused != "" && (err == nil ||
			!strings.Contains(err.Error(), test.refused) || !strings.Contains(err.Error(), "gcloud storage cp")) {
			t.Errorf("%s: %v", name, err)
		}
		said := strings.Join(r.warnings(), " ")
		for _, want := range []string{test.moves, test.lost} {
			if !strings.Contains(said, want) || want == "" && test.moves == "" && said != "" {
				t.Errorf("%s: the program says %q, want %q", name, said, want)
			}
		}
	}
}

// TestCallerOfAnother: an account that another stack made is named, and left alone.
func TestCallerOfAnother(t *testing.T) {
	const account = `{"email":"cr-test@test-project.iam.gserviceaccount.com","description":%q}`
	for description, refused := range map[string]bool{
		describedAs + "prod": true, describedAs + "test": false, "": false, "somebody's": false,
	} {
		r, err := program{caller: fmt.Sprintf(account, description)}.run(t)
		if refused != (err != nil) || refused && (len(r.resources) != 0 ||
			!strings.Contains(err.Error(), "belongs to the stack prod: give this stack another: pulumi config set "+
				"callerName cr-test")) {
			t.Errorf("an account described as %q: %v, %d resources", description, err, len(r.resources))
		}
	}
	r, err := program{}.run(t)
	if err != nil {
		t.Fatal(err)
	}
	for _, resource := range r.resources {
		if resource.Type == "gcp:serviceaccount/account:Account" && resource.Inputs["description"] != describedAs+"test" {
			t.Errorf("%s is described as %v", resource.Name, resource.Inputs["description"])
		}
	}
}

// TestNothingIsDroppedOnTheWay: what delivers comes after what it delivers to, and so goes before it.
func TestNothingIsDroppedOnTheWay(t *testing.T) {
	r, err := program{built: true}.run(t)
	if err != nil {
		t.Fatal(err)
	}
	for name, needed := range map[string][]string{
		"events-notification": {"docx2pdf-push", "events-storage-publishes"},
		"docx2pdf-push": {"docx2pdf-dead-letters", "events-pubsub-publishes", "events-pubsub-signs", "events-invoker",
			"converter-service"},
		"converter-service": {"converter-reads-input", "converter-writes-output"},
	} {
		for _, resource := range r.resources {
			if resource.Name != name || !resource.custom {
				continue
			}
			for _, other := range needed {
				if !slices.Contains(resource.needs, other) {
					t.Errorf("%s does not wait for %s, but for %v", name, other, resource.needs)
				}
			}
		}
	}
}
