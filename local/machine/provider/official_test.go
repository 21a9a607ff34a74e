package provider_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// The program's resources as pulumi-resource-gcp 7.38.0 left them in a stack's
// state, and what it answers to each change of them: "make official" compares
// both with the installed plug-in, and UPDATE=1 make official writes them.
const (
	officialState   = "testdata/official/state.json"
	officialAnswers = "testdata/official/answers.txt"
)

// refused is the answer to inputs that the provider does not take.
const refused = "refused"

// differently are questions to which this provider has an answer of its own.
var differently = map[string]string{
	// The official one makes up a service's name, which then does not exist.
	"gcp:cloudrunv2/serviceIamMember:ServiceIamMember, without name": refused,
}

// TestAnswersOfTheOfficialProvider changes each input of the program's resources
// and compares what the provider makes of it with what the official one does.
func TestAnswersOfTheOfficialProvider(t *testing.T) {
	text, err := os.ReadFile(officialAnswers)
	if err != nil {
		t.Fatal(err)
	}
	e := attach(t, "http://127.0.0.1:1", props(map[string]any{"project": "docx2pdf-local", "region": "us-central1"}))
	got := e.answers()
	want := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	if len(got) != len(want) {
		t.Fatalf("%d answers, the official provider has %d", len(got), len(want))
	}
	for i := range want {
		question, answer, _ := strings.Cut(string(want[i]), ": ")
		if own, ok := differently[question]; ok {
			answer = own
		}
		// What the official provider refuses at once, Google's API may refuse later.
		if mine := strings.TrimPrefix(got[i], question+": "); mine != answer && answer != refused {
			t.Errorf("%s: %s, the official provider: %s", question, mine, answer)
		}
	}
}

// recorded is a resource in a stack's state.
type recorded struct {
	Type, ID        string
	Inputs, Outputs map[string]any
}

func readOfficialState(t *testing.T) (all []recorded) {
	t.Helper()
	text, err := os.ReadFile(officialState)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// answers asks for every change of every resource of the official state, one
// line for each.
func (e *engine) answers() (lines []string) {
	e.t.Helper()
	schema := officialSchema(attach(e.t, "http://127.0.0.1:1", stack))
	for _, r := range readOfficialState(e.t) {
		given := withoutFilled(r.Inputs).(map[string]any)
		ask := func(change string, inputs map[string]any) {
			lines = append(lines, fmt.Sprintf("%s, %s: %s", r.Type, change, e.answer(r, inputs)))
		}
		ask("no change", given)
		lines = append(lines, fmt.Sprintf("%s, defaults: %s", r.Type, e.defaults(r, given)))
		schema.changes(given, nil, schema.Resources[r.Type].InputProperties, ask)
	}
	return lines
}

// defaults are the inputs that the provider fills in.
func (e *engine) defaults(r recorded, inputs map[string]any) string {
	e.t.Helper()
	filled := filledIn("", e.unmarshal(e.checkAgain(r, inputs).Inputs).Mappable())
	slices.Sort(filled)
	return strings.Join(filled, ", ")
}

func (e *engine) checkAgain(r recorded, inputs map[string]any) *pulumirpc.CheckResponse {
	e.t.Helper()
	res, err := e.client.Check(e.t.Context(), &pulumirpc.CheckRequest{
		Urn: urnOf(r.Type, "Thing"), Olds: e.marshal(props(r.Inputs)), News: e.marshal(props(inputs)),
		RandomSeed: []byte(strings.Repeat("seed", 8)),
	})
	if err != nil {
		e.t.Fatal(err)
	}
	return res
}

// answer checks the inputs and compares them with the state, in words.
func (e *engine) answer(r recorded, inputs map[string]any) string {
	e.t.Helper()
	checked := e.checkAgain(r, inputs)
	if len(checked.Failures) > 0 {
		return refused
	}
	diff, err := e.client.Diff(e.t.Context(), &pulumirpc.DiffRequest{
		Id: r.ID, Urn: urnOf(r.Type, "Thing"), Olds: e.marshal(props(r.Outputs)),
		OldInputs: e.marshal(props(r.Inputs)), News: checked.Inputs})
	if err != nil {
		e.t.Fatal(err)
	}
	if diff.Changes == pulumirpc.DiffResponse_DIFF_NONE {
		return "nothing"
	}
	words := "changes " + roots(slices.Collect(maps.Keys(diff.DetailedDiff)))
	if len(diff.Replaces) > 0 {
		words += ", replaces because of " + roots(diff.Replaces)
		if diff.DeleteBeforeReplace {
			words += ", deletes first"
		}
	}
	return words
}
