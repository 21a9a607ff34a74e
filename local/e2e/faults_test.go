package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFaults is the main job in a cloud where calls are refused, slow or lost
// now and then, grants take their time, and messages come twice.
func TestFaults(t *testing.T) {
	m := newMachine(t, "-faults", "local/machinery/fault/faults.json")
	m.up()
	m.clientConverts()
	m.retriesSoon(100)
	m.upload("dropped.docx", "demo.docx")
	pdf := filepath.Join(t.TempDir(), "dropped.pdf")
	if err := os.WriteFile(pdf, m.appears("dropped.pdf"), 0o600); err != nil {
		t.Fatal(err)
	}
	m.looksAtDemo(pdf)
	m.up("memory=4Gi")
	m.clientConverts()
	m.destroy()
}

// TestForbiddenKeys deploys where the organisation forbids keys of service accounts: it says so before it begins.
func TestForbiddenKeys(t *testing.T) {
	const constraint = "iam.disableServiceAccountKeyCreation"
	plan := filepath.Join(t.TempDir(), "faults.json")
	if err := os.WriteFile(plan, []byte(`{"enforced":["constraints/`+constraint+`"]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	m := newMachine(t, "-faults", plan)
	preview := []string{"preview", "--stack", "local", "--non-interactive"}
	out, err := m.try("pulumi", preview...)
	if err == nil || !strings.Contains(out, constraint) || !strings.Contains(out, "createKey false") {
		t.Errorf("where keys are forbidden: %v\n%s", err, out)
	}
	m.run("pulumi", append(preview, "--config", "createKey=false")...)
}
