package e2e

import (
	"os"
	"path/filepath"
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
