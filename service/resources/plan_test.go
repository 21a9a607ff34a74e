package resources_test

import (
	"strings"
	"testing"
	"time"

	"docx2pdf/service/resources"
)

const mebi = 1 << 20

// Whatever a container has, its own plan works in it, or is refused with what it takes.
func TestADefaultPlanFitsItsContainer(t *testing.T) {
	for _, cpus := range []int{1, 2, 4, 8} {
		for memory := int64(512); memory <= 32<<10; memory *= 2 {
			for _, timeout := range []time.Duration{0, time.Second, 30 * time.Second, 5 * time.Minute, time.Hour} {
				c := resources.Container{CPUs: cpus, Memory: memory * mebi, FilesAreMemory: true, RequestTimeout: timeout}
				p := c.Default()
				if err := c.Check(p); err != nil && timeout != time.Second {
					t.Errorf("%d CPUs and %d MiB: %v", cpus, memory, err)
				}
				if timeout > time.Second && p.Timeout >= timeout {
					t.Errorf("a conversion may take %v of a request's %v", p.Timeout, timeout)
				}
			}
		}
	}
}

func TestPlansThatCannotWork(t *testing.T) {
	c := resources.Container{CPUs: 2, Memory: 1024 * mebi, FilesAreMemory: true, RequestTimeout: 30 * time.Second}
	for name, test := range map[string]struct {
		change func(*resources.Plan)
		says   []string
	}{
		"too much memory": {func(p *resources.Plan) { p.Memory = 512 * mebi }, []string{"MAX_MEMORY_BYTES", "1024"}},
		"too large a PDF": {func(p *resources.Plan) { p.PDF = 512 * mebi }, []string{"MAX_PDF_BYTES"}},
		"too long": {func(p *resources.Plan) { p.Timeout = time.Minute },
			[]string{"TIMEOUT", "REQUEST_TIMEOUT", "24"}},
		"a large document": {func(p *resources.Plan) { p.Document = 400 * mebi }, []string{"MAX_DOCUMENT_BYTES"}},
	} {
		p := c.Default()
		test.change(&p)
		err := c.Check(p)
		for _, says := range test.says {
			if err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("%s: %v, want an error with %q", name, err, says)
			}
		}
	}
	tiny := resources.Container{CPUs: 1, Memory: 256 * mebi, FilesAreMemory: true}
	if err := tiny.Check(tiny.Default()); err == nil || !strings.Contains(err.Error(), "404 MiB") {
		t.Errorf("256 MiB: %v, want an error with what it takes", err)
	}
}

func TestTheContainerIsWhatTheDeploymentSays(t *testing.T) {
	env := map[string]string{"MEMORY": "512Mi", "REQUEST_TIMEOUT": "30", "K_SERVICE": "docx2pdf"}
	c, err := resources.Here(func(name string) string { return env[name] }, t.TempDir())
	if err != nil || c.Memory != 512*mebi || c.RequestTimeout != 30*time.Second || !c.FilesAreMemory {
		t.Errorf("%+v (%v), want what the environment says", c, err)
	}
	for name, value := range map[string]string{"MEMORY": "lots", "REQUEST_TIMEOUT": "soon"} {
		if _, err := resources.Here(func(n string) string { return map[string]string{name: value}[n] },
			t.TempDir()); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s=%s: %v, want an error that names it", name, value, err)
		}
	}
	if c, err := resources.Here(func(string) string { return "" }, t.TempDir()); err != nil || c.Memory <= 0 ||
		c.CPUs <= 0 {
		t.Errorf("%+v (%v), want what the kernel says", c, err)
	}
}
