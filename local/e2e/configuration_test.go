package e2e

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/api/idtoken"
	"google.golang.org/api/option"
)

// TestConfiguration changes a running stack in the ways that its configuration
// allows, and uses it after each.
func TestConfiguration(t *testing.T) {
	m := newMachine(t)
	m.up()
	for _, step := range []struct {
		name string
		does func(*machine)
	}{
		{"a dropped document is converted", (*machine).dropConverts},
		{"a failed build leaves the service as it was", (*machine).failedBuild},
		{"the image goes from one stack to another", (*machine).promotes},
		{"the key is rotated", (*machine).rotates},
		{"project-wide invoker", (*machine).invokesProjectWide},
		{"everything else", (*machine).changesTheRest},
		{"no key", (*machine).withoutKey},
		{"another region", (*machine).moves},
		{"no events", (*machine).withoutEvents},
	} {
		if !t.Run(step.name, func(t *testing.T) { step.does(m.in(t)) }) {
			t.FailNow()
		}
	}
	m.unchanged()
	m.destroy()
}

// dropConverts drops a document into the input bucket, and something that is
// none.
func (m *machine) dropConverts() {
	m.upload("notes/readme.txt", "README.md")
	m.upload("dropped/demo.docx", "demo.docx")
	pdf := filepath.Join(m.t.TempDir(), "dropped.pdf")
	if err := os.WriteFile(pdf, m.appears("dropped/demo.pdf"), 0o600); err != nil {
		m.t.Fatal(err)
	}
	m.looksAtDemo(pdf)
}

// failedBuild breaks the source. The deployment fails and says where; the
// service goes on, and mending the source needs no new build.
func (m *machine) failedBuild() {
	image := m.outputs()["image"]
	broken := filepath.Join(m.dir, "service", "broken.go")
	if err := os.WriteFile(broken, []byte("package main\n\nvar _ = notDefined\n"), 0o644); err != nil {
		m.t.Fatal(err)
	}
	out, err := m.try("pulumi", "up", "--stack", "local", "--yes", "--skip-preview", "--non-interactive")
	if err == nil {
		m.t.Fatalf("source that does not compile was deployed:\n%s", out)
	}
	for _, want := range []string{"ended as FAILURE", "undefined: notDefined", "the whole log: "} {
		if !strings.Contains(out, want) {
			m.t.Errorf("the failed deployment does not say %q:\n%s", want, out)
		}
	}
	m.clientConverts()
	if err := os.Remove(broken); err != nil {
		m.t.Fatal(err)
	}
	m.up()
	if now := m.outputs()["image"]; now != image {
		m.t.Errorf("the same source made another image: %s, then %s", image, now)
	}
}

// promotes deploys a second stack into another region of the same project, with
// the first one's image.
func (m *machine) promotes() {
	image := m.outputs()["image"]
	m.run("pulumi", "stack", "init", "prod", "--no-select")
	for _, setting := range []string{
		"gcp:project=docx2pdf-local", "gcp:region=europe-west1", "image=" + image, "callerName=cr-test-eu", "forceDestroy=true",
	} {
		key, value, _ := strings.Cut(setting, "=")
		m.run("pulumi", "config", "set", "--stack", "prod", key, value)
	}
	m.run("pulumi", "up", "--stack", "prod", "--yes", "--skip-preview", "--non-interactive")
	pdf := filepath.Join(m.t.TempDir(), "demo.pdf")
	m.run("go", "run", "./client", "-stack", "prod", "-o", pdf, "demo.docx")
	m.looksAtDemo(pdf)
	m.run("pulumi", "destroy", "--stack", "prod", "--yes", "--skip-preview", "--non-interactive", "--remove")
	m.clientConverts()
}

// rotates replaces the key: the new one is made first, and the old one stops
// working.
func (m *machine) rotates() {
	old := m.outputs()["key"]
	out := m.up("keyRotation=2026-11")
	made, deleted := strings.Index(out, "caller-key creating replacement"), strings.Index(out, "caller-key deleting original")
	if made < 0 || deleted < 0 || made > deleted {
		m.t.Errorf("the new key was not made before the old one was deleted:\n%s", out)
	}
	if key := m.outputs()["key"]; key == old {
		m.t.Error("the key is still the old one")
	}
	m.signInFails(old)
	m.clientConverts()
}

func (m *machine) invokesProjectWide() {
	m.up("invokerScope=project")
	m.clientConverts()
	m.up("invokerScope=service")
	m.clientConverts()
}

// changesTheRest changes what the service and the buckets are made of, and back.
func (m *machine) changesTheRest() {
	m.up("cpu=4", "minInstances=1", "maxInstances=3", "timeoutSeconds=60",
		"retentionDays=7", "versioning=true", "alertEmail=me@example.com")
	m.unchanged()
	m.clientConverts()
	m.up("cpu=2", "memory=", "concurrency=0", "minInstances=0", "maxInstances=0", "timeoutSeconds=300",
		"retentionDays=0", "versioning=false", "alertEmail=")
	m.unchanged()
	m.clientConverts()
}

func (m *machine) withoutKey() {
	old := m.outputs()["key"]
	m.up("createKey=false")
	if key, there := m.outputs()["key"]; there {
		m.t.Errorf("there is still a key of %d bytes among the outputs", len(key))
	}
	m.signInFails(old)
	m.up("createKey=true")
}

// moves replaces everything that has a region, and whatever is bound to it.
func (m *machine) moves() {
	m.up("gcp:region=europe-west1")
	inventory := m.run(".local/bin/local", "inventory")
	if strings.Contains(inventory, "us-central1") || !strings.Contains(inventory, "locations/europe-west1/services/docx2pdf") {
		m.t.Errorf("after the move there is still something in the old region, or nothing in the new one:\n%s", inventory)
	}
	m.clientConverts()
}

func (m *machine) withoutEvents() {
	m.up("events=false")
	inventory := m.run(".local/bin/local", "inventory")
	if strings.Contains(inventory, "/topics/") || strings.Contains(inventory, "/subscriptions/") {
		m.t.Errorf("without events there are still topics or subscriptions:\n%s", inventory)
	}
	m.clientConverts()
}

// signInFails asserts that a key is good for nothing any more.
func (m *machine) signInFails(key string) {
	m.t.Helper()
	source, err := idtoken.NewTokenSource(context.Background(), m.outputs()["url"],
		option.WithAuthCredentialsJSON(option.ServiceAccount, []byte(key)))
	if err == nil {
		_, err = source.Token()
	}
	if err == nil || !strings.Contains(err.Error(), "invalid_grant") {
		m.t.Errorf("signing in with a deleted key: %v, want invalid_grant", err)
	}
}
