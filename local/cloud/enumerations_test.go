package cloud_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var fromDiscovery = regexp.MustCompile(`^discovery document of (\w+) (\w+)`)

// TestEnumerationsAreGoogles: an enumeration that a table has from a discovery document is one of that document.
func TestEnumerationsAreGoogles(t *testing.T) {
	module, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "google.golang.org/api").Output()
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for service, table := range refusalTables {
		for _, row := range table {
			from := fromDiscovery.FindStringSubmatch(row.Source)
			names, isEnumeration := strings.CutPrefix(row.Rule, "one of ")
			if from == nil || !isEnumeration {
				continue
			}
			checked++
			file := filepath.Join(strings.TrimSpace(string(module)), from[1], from[2], from[1]+"-api.json")
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var document any
			if err := json.Unmarshal(content, &document); err != nil {
				t.Fatal(err)
			}
			if !hasEnumeration(document, strings.Fields(names)) {
				t.Errorf("%s %s %s: %s has no enumeration of %s", service, row.Resource, row.Field, file, names)
			}
		}
	}
	if checked == 0 {
		t.Error("no row names a discovery document")
	}
}

// hasEnumeration says whether anything in a discovery document may be just these names.
func hasEnumeration(value any, names []string) bool {
	switch v := value.(type) {
	case []any:
		return slices.ContainsFunc(v, func(item any) bool { return hasEnumeration(item, names) })
	case map[string]any:
		var enum []string
		items, _ := v["enum"].([]any)
		for _, item := range items {
			name, _ := item.(string)
			enum = append(enum, name)
		}
		slices.Sort(enum)
		if slices.Sort(names); len(enum) > 0 && slices.Equal(enum, names) {
			return true
		}
		for _, item := range v {
			if hasEnumeration(item, names) {
				return true
			}
		}
	}
	return false
}
