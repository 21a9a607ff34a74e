package e2e

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// TestTwoStacksAtOnce makes two stacks of one project at the same time, in two regions: each has its image built. Both
// convert, and one goes without a trace in the other.
func TestTwoStacksAtOnce(t *testing.T) {
	m := newMachine(t)
	m.run("pulumi", "stack", "init", "eu", "--no-select")
	for _, setting := range [][2]string{{"gcp:project", "docx2pdf-local"}, {"gcp:region", "europe-west1"},
		{"callerName", "cr-test-eu"}, {"forceDestroy", "true"}} {
		m.run("pulumi", "config", "set", "--stack", "eu", setting[0], setting[1])
	}
	var both sync.WaitGroup
	for _, stack := range []string{"local", "eu"} {
		both.Go(func() {
			out, err := m.try("pulumi", "up", "--stack", stack, "--yes", "--skip-preview", "--non-interactive")
			if err != nil {
				t.Errorf("%s: %v\n%s", stack, err, out)
			}
		})
	}
	both.Wait()
	if t.Failed() {
		return
	}
	m.buildsAre("SUCCESS", "SUCCESS")
	pdf := filepath.Join(t.TempDir(), "demo.pdf")
	m.run("go", "run", "./client", "-stack", "eu", "-o", pdf, "demo.docx")
	m.looksAtDemo(pdf)
	m.clientConverts()
	m.run("pulumi", "destroy", "--stack", "eu", "--yes", "--skip-preview", "--non-interactive", "--remove")
	m.unchanged()
	m.clientConverts()
	m.destroy()
}

// TestExample deploys the program that has two converters among its resources.
func TestExample(t *testing.T) {
	m := newMachine(t)
	m.project("my-project")
	example := func(command ...string) string {
		return m.run("pulumi", append(append([]string{"-C", "infra/example"}, command...), "--non-interactive")...)
	}
	example("stack", "init", "example")
	example("up", "--stack", "example", "--yes", "--skip-preview")
	for _, name := range []string{"lettersURL", "billsURL"} {
		url := strings.TrimSpace(example("stack", "output", "--stack", "example", name))
		if status, body := m.get(url, ""); status != http.StatusForbidden {
			t.Errorf("%s: without a token %d %s, want it refused", name, status, body)
		}
	}
	inventory := m.run(".local/bin/local", "inventory")
	for service, region := range map[string]string{"letters": "us-central1", "bills": "europe-west1"} {
		want := fmt.Sprintf("projects/my-project/locations/%s/services/%s", region, service)
		if !strings.Contains(inventory, want) {
			t.Errorf("there is no %s:\n%s", want, inventory)
		}
	}
	example("up", "--stack", "example", "--yes", "--skip-preview", "--expect-no-changes")
	example("destroy", "--stack", "example", "--yes", "--skip-preview")
	if left := m.run(".local/bin/local", "inventory"); left != "" {
		t.Errorf("left in the cloud:\n%s", left)
	}
}
