package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestActionsArePinned: what the workflows run of others is named by its commit, which nobody can change.
func TestActionsArePinned(t *testing.T) {
	files, err := filepath.Glob("../../.github/workflows/*.yml")
	if err != nil || len(files) < 2 {
		t.Fatalf("the workflows are %v: %v", files, err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all := strings.Count(string(content), "uses:")
		pinned := regexp.MustCompile(`uses: \S+@[0-9a-f]{40} # v\d`).FindAllString(string(content), -1)
		if len(pinned) != all || all == 0 {
			t.Errorf("%s uses %d actions, of which by their commit: %v", filepath.Base(file), all, pinned)
		}
	}
}

// TestPullRequestsAreOnlyPreviewed: with an account that may look, and only those of the repository itself. Pushes to
// main deploy.
func TestPullRequestsAreOnlyPreviewed(t *testing.T) {
	content, err := os.ReadFile("../../.github/workflows/deploy.yml")
	if err != nil {
		t.Fatal(err)
	}
	workflow := string(content)
	for _, want := range []string{
		"push:\n    branches: [main]\n",
		"(github.event_name == 'push' || github.event.pull_request.head.repo.full_name == github.repository)",
		"service_account: ${{ github.event_name == 'push' && vars.DEPLOYER || vars.PREVIEWER }}\n",
		"command: ${{ github.event_name == 'push' && 'up' || 'preview' }}\n",
		"workload_identity_provider: ${{ vars.WORKLOAD_IDENTITY_PROVIDER }}\n",
	} {
		if !strings.Contains(workflow, want) {
			t.Errorf("the workflow lacks %q", want)
		}
	}
	if strings.Contains(workflow, "credentials_json") || strings.Contains(workflow, "pull_request_target") {
		t.Error("the workflow has a key, or gives the repository's identity to anybody's code")
	}
}
