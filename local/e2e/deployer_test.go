package e2e

import (
	"encoding/base64"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestDeployerRoles deploys and destroys as an account that has the roles which
// the README lists, and no others.
func TestDeployerRoles(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	roles := regexp.MustCompile(`(?m)^roles/\S+$`).FindAllString(string(readme), -1)
	if len(roles) < 8 {
		t.Fatalf("the README lists the roles %v", roles)
	}
	m := newMachine(t, "-v")
	m.project("my-project")
	// Making the deployer's account takes the IAM API; the program enables the rest.
	m.asOwner("POST", m.variable("GOOGLE_SERVICE_USAGE_CUSTOM_ENDPOINT")+
		"v1/projects/my-project/services/iam.googleapis.com:enable", map[string]any{}, nil)
	accounts := m.variable("GOOGLE_IAM_CUSTOM_ENDPOINT") + "v1/projects/my-project/serviceAccounts"
	var account struct{ Email string }
	m.asOwner("POST", accounts, map[string]any{"accountId": "deployer"}, &account)
	m.grant("my-project", "serviceAccount:"+account.Email, roles)
	var key struct{ PrivateKeyData string }
	m.asOwner("POST", accounts+"/"+account.Email+"/keys", map[string]any{}, &key)
	file, err := base64.StdEncoding.DecodeString(key.PrivateKeyData)
	if err != nil {
		t.Fatal(err)
	}
	token := m.accessTokenFor(string(file), "https://www.googleapis.com/auth/cloud-platform")

	m.up("gcp:project=my-project", "gcp:accessToken="+token)
	m.clientConverts()
	m.previewsAsViewer(accounts)
	m.alertsWith("serviceAccount:"+account.Email, token, roles)
	m.run("pulumi", "destroy", "--stack", "local", "--yes", "--skip-preview", "--non-interactive")
	m.needsEachAPI("my-project")
	m.needsEach(account.Email, token, roles)
}

// alertsWith sees that the alerts take one more role, as alertEmail says.
func (m *machine) alertsWith(deployer, token string, roles []string) {
	m.t.Helper()
	m.run("pulumi", "config", "set", "alertEmail", "me@example.com", "--stack", "local")
	out, err := m.try("pulumi", "up", "--stack", "local", "--yes", "--skip-preview", "--non-interactive", "--config",
		"gcp:accessToken="+token)
	if err == nil || !strings.Contains(out, "AlertPolicy") || !strings.Contains(out, "does not have permission") {
		m.t.Errorf("without the role for alerts from log lines: %v\n%s", err, out)
	}
	m.grant("my-project", deployer, append(slices.Clone(roles), "roles/logging.configWriter"))
	m.up("gcp:accessToken=" + token)
	m.up("gcp:accessToken="+token, "alertEmail=")
	m.grant("my-project", deployer, roles)
}

// previewsAsViewer previews as an account that may look and change nothing, as CI does for pull requests.
func (m *machine) previewsAsViewer(accounts string) {
	m.t.Helper()
	var account struct{ Email string }
	m.asOwner("POST", accounts, map[string]any{"accountId": "previewer"}, &account)
	m.grant("my-project", "serviceAccount:"+account.Email, []string{"roles/viewer"})
	var key struct{ PrivateKeyData string }
	m.asOwner("POST", accounts+"/"+account.Email+"/keys", map[string]any{}, &key)
	file, err := base64.StdEncoding.DecodeString(key.PrivateKeyData)
	if err != nil {
		m.t.Fatal(err)
	}
	token := m.accessTokenFor(string(file), "https://www.googleapis.com/auth/cloud-platform")
	m.run("pulumi", "preview", "--stack", "local", "--expect-no-changes", "--non-interactive", "--config",
		"gcp:accessToken="+token)
	if out, err := m.try("pulumi", "up", "--stack", "local", "--yes", "--skip-preview", "--non-interactive", "--config",
		"memory=4Gi"); err == nil {
		m.t.Errorf("an account that may only look has deployed:\n%s", out)
	}
	m.run("pulumi", "config", "rm", "memory", "--stack", "local")
}
