package provider_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"docx2pdf/local/machine/provider"
)

// TestPulumi runs the real engine and language host on a small program.
func TestPulumi(t *testing.T) {
	// The engine writes into the project's folder, so the program moves out of the
	// repository; with the repository's go.mod it needs no other modules.
	project := t.TempDir()
	for from, to := range map[string]string{
		"testdata/stack/main.go": "main.go", "../../../go.mod": "go.mod", "../../../go.sum": "go.sum",
	} {
		text, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(project, to), text)
	}
	write(t, filepath.Join(project, "Pulumi.yaml"), []byte("name: provider-test\nruntime: go\n"))
	write(t, filepath.Join(project, "relative.txt"), []byte("a file beside the program"))
	cloud := newStandIn(t)
	port, err := provider.Serve(t.Context(), provider.Options{Endpoint: cloud.URL, AccessToken: "owner", WorkDir: project})
	if err != nil {
		t.Fatal(err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", os.Getenv("PATH")+":"+filepath.Join(cache, "docx2pdf", "pulumi-v3.250.0"))
	home := t.TempDir()
	pulumi := func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "pulumi", append(args, "--cwd", project, "--stack", "test")...)
		cmd.Env = append(os.Environ(),
			fmt.Sprintf("PULUMI_DEBUG_PROVIDERS=gcp:%d", port),
			"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true", "PULUMI_SKIP_UPDATE_CHECK=1",
			"PULUMI_BACKEND_URL=file://"+home, "PULUMI_HOME="+home, "PULUMI_CONFIG_PASSPHRASE=test")
		text, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("pulumi %s: %v\n%s", strings.Join(args, " "), err, text)
		}
		return string(text)
	}
	up := []string{"up", "--yes", "--skip-preview", "--non-interactive"}
	pulumi("stack", "init", "--non-interactive")
	for key, value := range map[string]string{"gcp:project": "p1", "gcp:region": "europe-west1", "text": "one"} {
		pulumi("config", "set", key, value)
	}

	if text := pulumi(up...); !strings.Contains(text, "+ 6 created") {
		t.Errorf("first up:\n%s", text)
	}
	var outputs map[string]string
	if err := json.Unmarshal([]byte(pulumi("stack", "output", "--json")), &outputs); err != nil {
		t.Fatal(err)
	}
	if outputs["place"] != "p1/europe-west1" || !strings.HasPrefix(outputs["bucket"], "source-") ||
		outputs["key"] != "[secret]" {
		t.Errorf("outputs = %v", outputs)
	}
	if text := pulumi(append(up, "--expect-no-changes", "--refresh")...); !strings.Contains(text, "6 unchanged") {
		t.Errorf("second up:\n%s", text)
	}
	pulumi("config", "set", "text", "two")
	if text := pulumi(up...); !strings.Contains(text, "+-1 replaced") {
		t.Errorf("up with another archive:\n%s", text)
	}
	pulumi("destroy", "--yes", "--skip-preview", "--non-interactive")
	for path, object := range cloud.objects {
		if bindings, isPolicy := object["bindings"].([]any); !isPolicy || len(bindings) > 0 {
			t.Errorf("left over: %s %v", path, object)
		}
	}
}

func write(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}
