package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	keyRing = "projects/key-project/locations/us-central1/keyRings/ring"
	keyName = keyRing + "/cryptoKeys/key"
)

// slowKeyGrants are rights to use a key that take a moment to count.
const slowKeyGrants = `{"grantDelays": {"roles/cloudkms.cryptoKeyEncrypterDecrypter": "3s"}}`

// TestKey deploys under a key of another project, with no more than the roles that the README names, converts, and
// takes the key away and gives it back. In the end the key is there, and nobody may use it.
func TestKey(t *testing.T) {
	faults := filepath.Join(t.TempDir(), "faults.json")
	if err := os.WriteFile(faults, []byte(slowKeyGrants), 0o600); err != nil {
		t.Fatal(err)
	}
	m := newMachine(t, "-faults", faults)
	m.project("my-project")
	m.asOwner(http.MethodPost, m.variable("GOOGLE_SERVICE_USAGE_CUSTOM_ENDPOINT")+
		"v1/projects/my-project/services/iam.googleapis.com:enable", map[string]any{}, nil)
	email, token := m.robot("my-project", "deployer", deployerRoles(t))
	m.run("pulumi", "config", "set", "gcp:project", "my-project", "--stack", "local")
	m.run("pulumi", "config", "set", "kmsKey", keyName, "--stack", "local")
	m.run("pulumi", "config", "set", "gcp:accessToken", token, "--plaintext", "--stack", "local")
	m.makesKey()
	for _, step := range []struct {
		roles []string
		says  string
	}{
		{nil, "roles/cloudkms.viewer is enough"},
		{[]string{"roles/cloudkms.viewer"}, "gcloud kms keys add-iam-policy-binding key --keyring ring"},
	} {
		m.setKeyPolicy(step.roles, "serviceAccount:"+email)
		out := m.fails("pulumi", "up", "--stack", "local", "--yes", "--skip-preview", "--non-interactive")
		if made := m.made(); !strings.Contains(out, step.says) || made != "" {
			t.Errorf("with the roles %v on the key there is made:\n%s\nand said:\n%s", step.roles, made, out)
		}
	}
	m.setKeyPolicy([]string{"roles/cloudkms.admin"}, "serviceAccount:"+email)
	m.up()
	m.unchanged()
	m.isUnderKey()
	m.clientConverts()
	m.upload("sealed.docx", "demo.docx")
	m.appears("sealed.pdf")
	for object, version := range map[string]string{"inputBucket": "sealed.docx", "outputBucket": "sealed.pdf"} {
		m.keyOf(object, version)
	}

	out := m.fails("pulumi", "preview", "--stack", "local", "--non-interactive", "--config", "kmsKey=")
	if !strings.Contains(out, "--clear-encryption-key") {
		t.Errorf("without the key, while documents are under it, the preview says:\n%s", out)
	}
	m.run("pulumi", "config", "set", "kmsKey", keyName, "--stack", "local")

	m.keyState("DISABLED")
	out = m.fails("go", "run", "./client", "-stack", "local", "-object", "sealed.docx")
	if !strings.Contains(out, "cannot use the encryption key") || !strings.Contains(out, "DISABLED") {
		t.Errorf("with the key disabled a call says:\n%s", out)
	}
	out = m.fails("pulumi", "up", "--stack", "local", "--yes", "--skip-preview", "--non-interactive")
	if !strings.Contains(out, "gcloud kms keys versions enable 1") {
		t.Errorf("with the key disabled the update says:\n%s", out)
	}
	m.keyState("ENABLED")

	// Without its right Pub/Sub delivers nothing, and loses nothing.
	m.revokeKey("gcp-sa-pubsub")
	m.upload("waits.docx", "demo.docx")
	m.waitFor("Pub/Sub to ask for the key in vain", func() bool {
		_, log := m.call(http.MethodGet, m.address()+"/requests", nil)
		return strings.Contains(log, "no role of serviceAccount:service-") && strings.Contains(log, "pubsub.topics (key)")
	})
	if _, err := m.read("waits.pdf"); err == nil {
		t.Error("the document is converted all the same")
	}
	if out = m.fails("pulumi", "up", "--stack", "local", "--yes", "--skip-preview", "--non-interactive"); !strings.Contains(
		out, "pulumi refresh") {
		t.Errorf("with a grant taken away the update says:\n%s", out)
	}
	m.run("pulumi", "refresh", "--stack", "local", "--yes", "--skip-preview", "--non-interactive")
	m.up()
	m.appears("waits.pdf")

	m.run("pulumi", "destroy", "--stack", "local", "--yes", "--skip-preview", "--non-interactive")
	if left := m.made(); left != "" {
		t.Errorf("besides the key there is left:\n%s", left)
	}
	m.asOwner(http.MethodGet, m.kmsURL()+keyName, nil, nil)
}

// made is what there is beside the key, the deployer and what belongs to it.
func (m *machine) made() string {
	m.t.Helper()
	var lines []string
	for line := range strings.Lines(m.run(".local/bin/local", "inventory")) {
		own := strings.Contains(line, "deployer@") || strings.Contains(line, "key-project owner")
		if name := strings.TrimSpace(line); !own && !strings.HasSuffix(name, keyName) && !strings.HasSuffix(name, keyRing) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

// kmsURL is where Cloud KMS is.
func (m *machine) kmsURL() string { return m.variable("GOOGLE_KMS_CUSTOM_ENDPOINT") + "v1/" }

// makesKey makes the key as the README shows with gcloud.
func (m *machine) makesKey() {
	m.t.Helper()
	m.project("key-project")
	m.asOwner(http.MethodPost, m.variable("GOOGLE_SERVICE_USAGE_CUSTOM_ENDPOINT")+
		"v1/projects/key-project/services/cloudkms.googleapis.com:enable", map[string]any{}, nil)
	m.asOwner(http.MethodPost, m.kmsURL()+strings.TrimSuffix(keyRing, "/ring")+"?keyRingId=ring", map[string]any{}, nil)
	m.asOwner(http.MethodPost, m.kmsURL()+keyRing+"/cryptoKeys?cryptoKeyId=key",
		map[string]any{"purpose": "ENCRYPT_DECRYPT"}, nil)
}

// setKeyPolicy gives a member roles on the key, and nobody else any.
func (m *machine) setKeyPolicy(roles []string, member string) {
	m.t.Helper()
	bindings := []binding{}
	for _, role := range roles {
		bindings = append(bindings, binding{role, []string{member}})
	}
	m.asOwner(http.MethodPost, m.kmsURL()+keyName+":setIamPolicy",
		map[string]any{"policy": map[string]any{"bindings": bindings}}, nil)
}

// isUnderKey looks at all that can have the key.
func (m *machine) isUnderKey() {
	m.t.Helper()
	resources := map[string][]string{
		"gcp:storage/bucket:Bucket":                  {"docx2pdf-input", "docx2pdf-output", "docx2pdf-source"},
		"gcp:pubsub/topic:Topic":                     {"docx2pdf-uploads", "docx2pdf-dead-letters"},
		"gcp:artifactregistry/repository:Repository": {"image-repository"},
		"gcp:cloudrunv2/service:Service":             {"converter-service"},
	}
	for kind, names := range resources {
		for _, name := range names {
			if state := inJSON(m.resource(kind, name)); !strings.Contains(state, keyName) {
				m.t.Errorf("%s is not under the key: %s", name, state)
			}
		}
	}
	source := m.resource("gcp:storage/bucketObject:BucketObject", "image-source")
	if version, _ := source["kmsKeyName"].(string); version != keyName+"/cryptoKeyVersions/1" {
		m.t.Errorf("the image's source is under %q", version)
	}
}

// keyOf looks at the key of an object in the bucket that an output names.
func (m *machine) keyOf(bucket, object string) {
	m.t.Helper()
	var found struct{ KmsKeyName string }
	m.asOwner(http.MethodGet, m.variable("GOOGLE_STORAGE_CUSTOM_ENDPOINT")+"b/"+m.outputs()[bucket]+"/o/"+object, nil,
		&found)
	if found.KmsKeyName != keyName+"/cryptoKeyVersions/1" {
		m.t.Errorf("%s is under %q", object, found.KmsKeyName)
	}
}

func (m *machine) keyState(state string) {
	m.t.Helper()
	m.asOwner(http.MethodPatch, m.kmsURL()+keyName+"/cryptoKeyVersions/1?updateMask=state",
		map[string]any{"state": state}, nil)
}

// revokeKey takes the right to use the key from a service's agent.
func (m *machine) revokeKey(domain string) {
	m.t.Helper()
	var p policy
	m.asOwner(http.MethodGet, m.kmsURL()+keyName+":getIamPolicy", nil, &p)
	for i := range p.Bindings {
		p.Bindings[i].Members = slices.DeleteFunc(p.Bindings[i].Members, func(member string) bool {
			return strings.Contains(member, domain)
		})
	}
	m.asOwner(http.MethodPost, m.kmsURL()+keyName+":setIamPolicy", map[string]any{"policy": p}, nil)
}
