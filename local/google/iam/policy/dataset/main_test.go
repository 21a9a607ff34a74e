package main

import (
	"os"
	"path/filepath"
	"testing"
)

// A checkout becomes the three files: the roles that were there keep their place, with what they hold now of the
// services that are known.
func TestACheckoutBecomesTheFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	for file, content := range map[string]string{
		filepath.Join(folder, "roles.txt"): "# a comment\nroles/run.invoker\n\trun.routes old\nroles/owner\n",
		"checkout/gcp/roles/owner.json": `{"name": "roles/owner",
			"includedPermissions": ["storage.buckets.list", "compute.instances.get", "storage.buckets.create"]}`,
		"checkout/gcp/roles/run.invoker.json": `{"name": "roles/run.invoker",
			"includedPermissions": ["run.routes.invoke", "run.jobs.run"]}`,
		"checkout/gcp/roles/pubsub.viewer.json": `{"name": "roles/pubsub.viewer",
			"includedPermissions": ["pubsub.topics.get"]}`,
	} {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := write("checkout"); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"roles.txt": "# a comment\nroles/run.invoker\n\trun.jobs run\n\trun.routes invoke\n" +
			"roles/owner\n\tstorage.buckets create list\n",
		"permissions.txt": "pubsub.topics get\nrun.jobs run\nrun.routes invoke\nstorage.buckets create list\n",
		"names.txt":       "- owner\npubsub viewer\nrun invoker\n",
	} {
		have, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil || string(have) != want {
			t.Errorf("%s: %q, %v, want %q", name, have, err, want)
		}
	}
	if err := write("elsewhere"); err == nil {
		t.Error("a folder without roles is taken")
	}
}
