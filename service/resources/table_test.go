package resources_test

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"docx2pdf/service/resources"
)

// row is a line of README.md's table of resources, without thousands' commas.
var row = regexp.MustCompile(`(?m)^\| (\d), (\d+) (MiB|GiB), (\d+) s[^|]*\| (\d+) \| (\d+) MiB \| (\d+) MiB \| (\d+) MiB \| (\d+) s \|$`)

func TestREADMEsTableIsTrue(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := row.FindAllStringSubmatch(regexp.MustCompile(`(\d),(\d{3})`).ReplaceAllString(string(readme), "$1$2"), -1)
	if len(rows) != 5 {
		t.Fatalf("%d rows, want 5", len(rows))
	}
	for _, r := range rows {
		n := make([]int, len(r))
		for i, text := range r {
			n[i], _ = strconv.Atoi(text)
		}
		memory := int64(n[2]) << 20
		if r[3] == "GiB" {
			memory <<= 10
		}
		c := resources.Container{CPUs: n[1], Memory: memory, FilesAreMemory: true,
			RequestTimeout: time.Duration(n[4]) * time.Second}
		p := c.Default()
		got := fmt.Sprintf("%d, %d, %d, %d, %d", p.Concurrency, p.Memory>>20, p.Document>>20, p.PDF>>20,
			int(p.Timeout.Seconds()))
		if want := strings.Join(r[5:], ", "); got != want {
			t.Errorf("%s: it is %s", r[0], got)
		}
	}
}
