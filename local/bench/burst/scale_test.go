package burst_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"docx2pdf/local/bench/burst"
)

// TestSCALEsTableIsTrue: the page's figures are the simulation's.
func TestSCALEsTableIsTrue(t *testing.T) {
	page, err := os.ReadFile("../../../infra/SCALE.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*burst.Config){
		"1 instance of 2 CPUs":                       func(c *burst.Config) { c.Instances = 1 },
		"5 of 2 CPUs, the default":                   func(*burst.Config) {},
		"5 of 2 CPUs, all warm":                      func(c *burst.Config) { c.Warm = 5 },
		"10 of 2 CPUs, all of a new project's quota": func(c *burst.Config) { c.Instances = 10 },
		"50 of 2 CPUs":                               func(c *burst.Config) { c.Instances = 50 },
		"200 of 2 CPUs":                              func(c *burst.Config) { c.Instances = 200 },
	} {
		c := usual()
		change(&c)
		r := burst.Run(c)
		seconds := func(d time.Duration) string { return fmt.Sprintf("%.0f s", d.Seconds()) }
		row := fmt.Sprintf("| %s | %s | %s | %s | %d | %d | %.0f |", name, seconds(r.Percentile(50)),
			seconds(r.Percentile(95)), seconds(r.Ended),
			r.Refused, r.DeadLetters, r.Busy.Seconds())
		if !strings.Contains(string(page), row) {
			t.Errorf("the page lacks the row\n%s", row)
		}
	}
}
