//go:build official

package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// With this build tag (make official) all tests here run with the installed
// pulumi-resource-gcp.
func init() { provider = "official" }

// TestProvidersAgree deploys with the official and with the built-in provider,
// and compares what comes of it, what each change of the configuration would do,
// and whether each carries on with the other's stack.
func TestProvidersAgree(t *testing.T) {
	official, builtin := newMachine(t), newMachine(t, "-provider", "builtin")
	for _, m := range []*machine{official, builtin} {
		m.up("alertEmail=me@example.com", "retentionDays=7", "versioning=true")
		m.unchanged()
		m.clientConverts()
		m.up() // A refresh writes what it read into the inputs.
	}
	if os.Getenv("UPDATE") != "" {
		official.record()
	}
	compare(t, "outputs", slices.Sorted(maps.Keys(official.outputs())), slices.Sorted(maps.Keys(builtin.outputs())))
	compare(t, "inventory", official.inventory(), builtin.inventory())
	compare(t, "resources", official.resources(), builtin.resources())
	for _, change := range []string{
		"gcp:region=europe-west1", "gcp:defaultLabels.team=a", "serviceName=other", "callerName=cr-other",
		"image=us-central1-docker.pkg.dev/docx2pdf-local/r/docx2pdf@sha256:" + strings.Repeat("0", 64),
		"cpu=4 memory=4Gi concurrency=8 minInstances=1 maxInstances=3 timeoutSeconds=60", "minInstances=1",
		"keyRotation=2", "createKey=false", "invokerScope=project", "invokers[0]=group:staff@example.com", "events=false",
		"retentionDays=0", "versioning=false", "forceDestroy=false", "alertEmail=you@example.com", "alertEmail=",
		"kmsKey=projects/p/locations/us-central1/keyRings/r/cryptoKeys/k",
	} {
		compare(t, change, official.plan(change), builtin.plan(change))
	}
	for _, m := range []*machine{official, builtin} {
		m.up("cpu=4", "memory=4Gi", "concurrency=8", "minInstances=1", "maxInstances=3", "timeoutSeconds=60",
			"retentionDays=0",
			"versioning=false", "alertEmail=you@example.com", "keyRotation=2", "invokerScope=project")
	}
	compare(t, "resources after an update", official.resources(), builtin.resources())
	official.stop()
	builtin.stop()
	official.serve("-provider", "builtin")
	builtin.serve("-provider", "official")
	for _, m := range []*machine{official, builtin} {
		m.unchanged()
		m.clientConverts()
		m.destroy()
	}
}

// compare tells what only one of the providers gave.
func compare(t *testing.T, what string, official, builtin []string) {
	t.Helper()
	for _, line := range official {
		if !slices.Contains(builtin, line) {
			t.Errorf("%s: only with the official provider: %s", what, line)
		}
	}
	for _, line := range builtin {
		if !slices.Contains(official, line) {
			t.Errorf("%s: only with the built-in provider: %s", what, line)
		}
	}
}

func (m *machine) inventory() []string {
	m.t.Helper()
	return strings.Split(alike(strings.TrimSpace(m.run(".local/bin/local", "inventory"))), "\n")
}

// resources are the inputs and outputs of the stack's resources, one to a line.
// What is empty is left out, and what the providers note for themselves.
func (m *machine) resources() []string {
	m.t.Helper()
	var state struct {
		Deployment struct {
			Resources []struct {
				URN             string
				Inputs, Outputs map[string]any
			}
		}
	}
	exported := m.run("pulumi", "stack", "export", "--stack", "local", "--show-secrets")
	if err := json.Unmarshal([]byte(exported), &state); err != nil {
		m.t.Fatal(err)
	}
	var lines []string
	for _, resource := range state.Deployment.Resources {
		name := resource.URN[strings.LastIndex(resource.URN, "::")+2:]
		delete(resource.Outputs, "id")
		for kind, values := range map[string]map[string]any{"input": resource.Inputs, "output": resource.Outputs} {
			flatten("", inPlain(values), func(path string, value any) {
				if !peculiar.MatchString(path) {
					lines = append(lines, alike(fmt.Sprintf("%s: %s %s = %v", name, kind, path, value)))
				}
			})
		}
	}
	return lines
}

// peculiar are values that no two clouds share, the notes of a provider, and
// the files of an archive.
var peculiar = regexp.MustCompile(`(?i)etag|uid|uniqueId|time$|generation|projectNumber|(private|public)Key$|latest.*Revision|` +
	`^key$|__meta|__defaults|^source|valid(After|Before)`)

// flatten visits the values that are not empty.
func flatten(path string, value any, visit func(path string, value any)) {
	switch value := value.(type) {
	case map[string]any:
		for name, v := range value {
			flatten(strings.TrimPrefix(path+"."+name, "."), v, visit)
		}
	case []any:
		for i, v := range value {
			flatten(fmt.Sprintf("%s[%d]", path, i), v, visit)
		}
	case nil:
	default:
		if value != "" && value != false && value != 0.0 {
			visit(path, value)
		}
	}
}

// madeUp are the parts of names that are made up anew in each stack and cloud.
var madeUp = regexp.MustCompile(`-[0-9a-f]{7}\b|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{40}\b|127\.0\.0\.1:\d+|` +
	`\d{4}-\d\d-\d\dT[\d:.]+Z|\d{10,}|"etag":"[^"]*"`)

func alike(text string) string { return madeUp.ReplaceAllString(text, "*") }

// plan is what a preview of changed configuration says it would do to each resource.
func (m *machine) plan(config string) []string {
	m.t.Helper()
	file := filepath.Join(m.dir, "Pulumi.local.yaml")
	before, err := os.ReadFile(file)
	if err != nil {
		m.t.Fatal(err)
	}
	defer os.WriteFile(file, before, 0o644)
	for setting := range strings.FieldsSeq(config) {
		key, value, _ := strings.Cut(setting, "=")
		m.run("pulumi", "config", "set", "--stack", "local", "--path", key, value)
	}
	var preview struct {
		Steps []struct {
			Op, URN        string
			DetailedDiff   map[string]any
			ReplaceReasons []string
		}
	}
	if err := json.Unmarshal([]byte(m.run("pulumi", "preview", "--stack", "local", "--json", "--non-interactive")),
		&preview); err != nil {
		m.t.Fatal(err)
	}
	var lines []string
	for _, step := range preview.Steps {
		if step.Op != "same" {
			lines = append(lines, fmt.Sprintf("%s %s: %v because of %v", step.Op, step.URN[strings.LastIndex(step.URN, "::")+2:],
				roots(slices.Collect(maps.Keys(step.DetailedDiff))), roots(step.ReplaceReasons)))
		}
	}
	return lines
}

// roots are the names of the properties that the paths are in. The labels that
// the official provider derives from others are left out.
func roots(paths []string) []string {
	var names []string
	for _, path := range paths {
		name := path[:strings.IndexAny(path+".", ".[")]
		if name != "effectiveLabels" && name != "pulumiLabels" && name != "effectiveAnnotations" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
