package cloud_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"docx2pdf/local/cloud"
)

// With a Docker engine the Dockerfile's image is built and pushed as the build's account. The engine here is a script
// that writes down how it is called.
func TestBuildWithADockerEngine(t *testing.T) {
	dir := t.TempDir()
	calls := filepath.Join(dir, "calls")
	digest := "sha256:" + strings.Repeat("ab", 32)
	script := `#!/bin/sh
echo "$@" >> ` + calls + `
case "$*" in
*inspect*) echo "registry/name@` + digest + `" ;;
*build*) cat "$2/config.json" >> ` + calls + `; ls app/Dockerfile ;;
esac
`
	if err := os.WriteFile(filepath.Join(dir, "docker"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	w := start(t, func(o *cloud.Options) { o.Docker = true })
	w.prepareBuild()
	b := w.build(source(t, nil), "v1")
	if b.text("status") != "SUCCESS" || b.text("results", "images", 0, "digest") != digest {
		t.Fatalf("build: %s", b.body)
	}
	log, err := os.ReadFile(calls)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"build --file app/Dockerfile --tag " + w.address + "/" + imageName + ":v1 .", "push " + w.address + "/" + imageName + ":v1", `"auths":{"` + w.address + `"`} {
		if !strings.Contains(string(log), want) {
			t.Errorf("docker was called as\n%s\nwant %q", log, want)
		}
	}
	if strings.Contains(w.buildLog(b.text("id")), "There is no Docker engine") {
		t.Error("the log says that there is no Docker engine")
	}
	if !strings.Contains(w.buildLog(b.text("id")), "app/Dockerfile") {
		t.Errorf("the step's output is not in the log:\n%s", w.buildLog(b.text("id")))
	}
}
