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
	roles := deployerRoles(t)
	m := newMachine(t, "-v")
	m.project("my-project")
	// Making the deployer's account takes the IAM API; the program enables the rest.
	m.asOwner("POST", m.variable("GOOGLE_SERVICE_USAGE_CUSTOM_ENDPOINT")+
		"v1/projects/my-project/services/iam.googleapis.com:enable", map[string]any{}, nil)
	deployer, token := m.robot("my-project", "deployer", roles)

	m.up("gcp:project=my-project", "gcp:accessToken="+token)
	m.clientConverts()
	m.previewsAsViewer()
	m.previewsFromElsewhere(roles)
	m.alertsWith("serviceAccount:"+deployer, token, roles)
	m.run("pulumi", "destroy", "--stack", "local", "--yes", "--skip-preview", "--non-interactive")
	m.needsEachAPI("my-project")
	m.needsEach(deployer, token, roles)
}

// deployerRoles are those that the README lists for whoever deploys.
func deployerRoles(t *testing.T) []string {
	t.Helper()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	roles := regexp.MustCompile(`(?m)^roles/\S+$`).FindAllString(string(readme), -1)
	if len(roles) < 8 {
		t.Fatalf("the README lists the roles %v", roles)
	}
	return roles
}

// previewsFromElsewhere previews as an account of another project, which must have the APIs on that manage projects.
func (m *machine) previewsFromElsewhere(roles []string) {
	m.t.Helper()
	m.project("my-robots")
	enable := func(api string) {
		m.asOwner("POST", m.variable("GOOGLE_SERVICE_USAGE_CUSTOM_ENDPOINT")+"v1/projects/my-robots/services/"+api+":enable",
			map[string]any{}, nil)
	}
	enable("iam.googleapis.com")
	_, token := m.robot("my-robots", "deployer", roles)
	preview := []string{"preview", "--stack", "local", "--expect-no-changes", "--non-interactive", "--config",
		"gcp:accessToken=" + token}
	out, err := m.try("pulumi", preview...)
	if err == nil || !strings.Contains(out, "an API is off in the project") ||
		!strings.Contains(out, "gcloud services enable cloudresourcemanager.googleapis.com") {
		m.t.Errorf("as an account of a project that lacks the APIs: %v\n%s", err, out)
	}
	enable("cloudresourcemanager.googleapis.com")
	m.run("pulumi", preview...)
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

// robot makes a service account in a project, with roles in my-project, and signs in as it.
func (m *machine) robot(project, id string, roles []string) (email, token string) {
	m.t.Helper()
	accounts := m.variable("GOOGLE_IAM_CUSTOM_ENDPOINT") + "v1/projects/" + project + "/serviceAccounts"
	var account struct{ Email string }
	m.asOwner("POST", accounts, map[string]any{"accountId": id}, &account)
	m.grant("my-project", "serviceAccount:"+account.Email, roles)
	var key struct{ PrivateKeyData string }
	m.asOwner("POST", accounts+"/"+account.Email+"/keys", map[string]any{}, &key)
	file, err := base64.StdEncoding.DecodeString(key.PrivateKeyData)
	if err != nil {
		m.t.Fatal(err)
	}
	return account.Email, m.accessTokenFor(string(file), "https://www.googleapis.com/auth/cloud-platform")
}

// previewsAsViewer previews as an account that may look and change nothing, as CI does for pull requests.
func (m *machine) previewsAsViewer() {
	m.t.Helper()
	_, token := m.robot("my-project", "previewer", []string{"roles/viewer"})
	m.run("pulumi", "preview", "--stack", "local", "--expect-no-changes", "--non-interactive", "--config",
		"gcp:accessToken="+token)
	if out, err := m.try("pulumi", "up", "--stack", "local", "--yes", "--skip-preview", "--non-interactive", "--config",
		"memory=4Gi"); err == nil {
		m.t.Errorf("an account that may only look has deployed:\n%s", out)
	}
	m.run("pulumi", "config", "rm", "memory", "--stack", "local")
}
