package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNew makes a project of one's own from the repository, as pulumi new does
// with its address.
func TestNew(t *testing.T) {
	m := newMachine(t)
	template := m.dir
	if err := os.RemoveAll(filepath.Join(template, ".local", "bin")); err != nil {
		t.Fatal(err)
	}
	m.dir = t.TempDir()
	m.run("pulumi", "new", template, "--yes", "--force", "--name", "letters", "--stack", "own", "--config",
		"gcp:project=docx2pdf-local")
	config, err := os.ReadFile(filepath.Join(m.dir, "Pulumi.own.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"gcp:project: docx2pdf-local", "gcp:region: us-central1"} {
		if !strings.Contains(string(config), want) {
			t.Errorf("the new stack's configuration lacks %q:\n%s", want, config)
		}
	}
	preview := m.run("pulumi", "preview", "--stack", "own", "--non-interactive")
	if !strings.Contains(preview, "cloudrunv2:Service") {
		t.Errorf("the new project's preview has no service:\n%s", preview)
	}
}
