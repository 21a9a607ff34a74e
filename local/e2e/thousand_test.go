package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// faultsOfCalls are what a client meets on a bad day: a service without room, answers that get lost on the way.
const faultsOfCalls = `{"rules": [
	{"call": "run.routes.invoke", "every": 53, "status": 429},
	{"call": "run.routes.invoke", "every": 71, "lose": true},
	{"call": "run.routes.invoke", "every": 97, "status": 503}
]}`

// TestThousandDocuments converts a folder with a client that is killed three times, while answers are refused and lost.
// In the end each PDF is of its own document.
func TestThousandDocuments(t *testing.T) {
	const n = 1000
	faults := filepath.Join(t.TempDir(), "faults.json")
	if err := os.WriteFile(faults, []byte(faultsOfCalls), 0o600); err != nil {
		t.Fatal(err)
	}
	m := newMachine(t, "-faults", faults)
	m.up()
	m.savesClient()
	letters, pdfs := filepath.Join(t.TempDir(), "letters"), t.TempDir()
	name := func(i int) string { return filepath.Join(fmt.Sprint(i%10), fmt.Sprintf("letter %d", i)) }
	for i := range n {
		m.text(filepath.Join(letters, name(i)+".docx"), fmt.Sprintf("Letter number %d", i))
	}
	there := func() int {
		made, _ := filepath.Glob(filepath.Join(pdfs, "*", "*.pdf"))
		return len(made)
	}
	for range 3 {
		run, before := m.client("convert", letters, "--out", pdfs), there()
		if err := run.Start(); err != nil {
			t.Fatal(err)
		}
		m.waitFor("a few PDFs", func() bool { return there() >= before+50 })
		_ = run.Process.Kill()
		_ = run.Wait()
	}
	killed := there()
	if killed == n {
		t.Errorf("all %d documents were converted before the client was killed", n)
	}
	last := m.client("convert", letters, "--out", pdfs, "--attempts", "20")
	out, err := last.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if said := strings.Join(strings.Fields(string(out)), " "); !strings.Contains(said,
		fmt.Sprintf("unchanged %d", killed)) {
		t.Errorf("after %d PDFs the client did not go on from there:\n%s", killed, out)
	}
	usage := last.ProcessState.SysUsage().(*syscall.Rusage)
	t.Logf("%d documents in %.1f s of the client's CPU and %d MiB", n-killed, last.ProcessState.UserTime().Seconds(),
		usage.Maxrss>>10)
	if usage.Maxrss > 200<<10 {
		t.Errorf("the client took %d MiB", usage.Maxrss>>10)
	}
	var group sync.WaitGroup
	for worker := range 4 {
		group.Go(func() {
			for i := worker; i < n; i += 4 {
				m.says(filepath.Join(pdfs, name(i)+".pdf"), fmt.Sprintf("Letter number %d", i))
			}
		})
	}
	group.Wait()
	m.destroy()
}
