package docx2pdf

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestREADMEListsEveryKey: the README's table of configuration is what
// Pulumi.yaml says. go test ./infra/docx2pdf -update writes it.
func TestREADMEListsEveryKey(t *testing.T) {
	const file, begin, end = "../README.md", "<!-- config: written by go test ./infra/docx2pdf -update -->\n",
		"<!-- /config -->"
	readme, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(readme), begin)
	_, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("%s lacks the lines %q and %q", file, begin, end)
	}
	want := before + begin + configTable(t) + end + after
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(readme) != want {
		t.Error("the README's table of configuration is not what Pulumi.yaml says; write it with: go test " +
			"./infra/docx2pdf -update")
	}
}

func configTable(t *testing.T) string {
	t.Helper()
	schema := schemaOf(t)
	var table strings.Builder
	table.WriteString("| key | default | what it is |\n| --- | --- | --- |\n")
	table.WriteString("| `gcp:project` | none | The Google Cloud project to deploy into. |\n")
	table.WriteString("| `gcp:region` | `us-central1` | The region to deploy into. |\n")
	for _, key := range slices.Sorted(maps.Keys(schema)) {
		if strings.Contains(key, ":") {
			continue
		}
		value := fmt.Sprint(schema[key].Default)
		if value == "" {
			value = "empty"
		} else {
			value = "`" + value + "`"
		}
		fmt.Fprintf(&table, "| `%s` | %s | %s |\n", key, value, schema[key].Description)
	}
	return table.String()
}
