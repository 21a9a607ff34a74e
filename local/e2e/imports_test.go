package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// notImported are the types that have no import in the official provider either: an object's id does not say where its
// bucket ends, a key's secret is told once, and an agent's identity is made again by asking for it.
var notImported = []string{
	"gcp:storage/bucketObject:BucketObject", "gcp:serviceaccount/key:Key", "gcp:projects/serviceIdentity:ServiceIdentity",
}

// imports takes all resources of the stack into another one by their ids, with what that needs to know of them, and
// forgets that stack again.
func (m *machine) imports() {
	m.up("alertEmail=me@example.com") // for the types that only alerts have
	var state struct {
		Deployment struct {
			Resources []struct {
				URN, Type, ID string
				Custom        bool
			}
		}
	}
	if err := json.Unmarshal([]byte(m.run("pulumi", "stack", "export", "--stack", "local")), &state); err != nil {
		m.t.Fatal(err)
	}
	type imported struct {
		Type string `json:"type"`
		Name string `json:"name"`
		ID   string `json:"id"`
	}
	var resources []imported
	for _, r := range state.Deployment.Resources {
		if !r.Custom || !strings.HasPrefix(r.Type, "gcp:") || slices.Contains(notImported, r.Type) {
			continue
		}
		name := r.URN[strings.LastIndex(r.URN, "::")+2:]
		if on, grant, ok := strings.Cut(r.ID, "/roles/"); ok { // grants are imported as "RESOURCE ROLE MEMBER"
			role, member, _ := strings.Cut(grant, "/")
			r.ID = on + " roles/" + role + " " + member
		}
		resources = append(resources, imported{r.Type, name, r.ID})
	}
	file := filepath.Join(m.t.TempDir(), "import.json")
	content, err := json.Marshal(map[string]any{"resources": resources})
	if err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(file, content, 0o600); err != nil {
		m.t.Fatal(err)
	}
	m.run("pulumi", "stack", "init", "imported", "--copy-config-from", "local", "--no-select", "--non-interactive")
	out := m.run("pulumi", "import", "--stack", "imported", "--file", file, "--generate-code=false", "--protect=false",
		"--yes", "--skip-preview", "--non-interactive")
	if !strings.Contains(out, fmt.Sprintf("= %d imported", len(resources))) ||
		strings.Contains(out, "failed to validate") {
		m.t.Errorf("importing %d resources:\n%s", len(resources), out)
	}
	m.run("pulumi", "stack", "rm", "imported", "--force", "--yes", "--non-interactive") // the cloud keeps all
	m.unchanged()
	m.up("alertEmail=")
}
