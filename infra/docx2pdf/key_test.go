package docx2pdf

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

const (
	testKey     = "projects/p/locations/us-central1/keyRings/r/cryptoKeys/k"
	keyPath     = "/v1/" + testKey
	keyEnabled  = `{"purpose":"ENCRYPT_DECRYPT","primary":{"name":"` + testKey + `/cryptoKeyVersions/1","state":"ENABLED"}}`
	mayGrantKey = `{"permissions":["cloudkms.cryptoKeys.getIamPolicy","cloudkms.cryptoKeys.setIamPolicy"]}`
	agentsMay   = `{"bindings":[{"role":"roles/cloudkms.cryptoKeyEncrypterDecrypter","members":[
		"serviceAccount:service-123456789012@gs-project-accounts.iam.gserviceaccount.com",
		"serviceAccount:service-123456789012@serverless-robot-prod.iam.gserviceaccount.com",
		"serviceAccount:service-123456789012@gcp-sa-artifactregistry.iam.gserviceaccount.com",
		"serviceAccount:service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com"]}]}`
)

// keys are the answers about a key that is there and that whoever deploys may let others use; the trials of it are
// noted.
func (r *recording) keys(mux *http.ServeMux) {
	const keys = "/v1/projects/{project}/locations/{location}/keyRings/{ring}/cryptoKeys/{key}"
	mux.HandleFunc("GET "+keys, func(w http.ResponseWriter, req *http.Request) {
		if strings.HasSuffix(req.URL.Path, ":getIamPolicy") {
			io.WriteString(w, `{}`)
			return
		}
		io.WriteString(w, keyEnabled)
	})
	mux.HandleFunc("POST "+keys, answer(mayGrantKey))
	tried := func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.trials = append(r.trials, req.Method+" "+req.URL.Path+" "+string(body))
		io.WriteString(w, `{}`)
	}
	mux.HandleFunc("POST /v1/b", tried)
	mux.HandleFunc("DELETE /v1/b/{bucket}", tried)
	mux.HandleFunc("PUT /v1/projects/{project}/topics/{topic}", tried)
	mux.HandleFunc("DELETE /v1/projects/{project}/topics/{topic}", tried)
	mux.HandleFunc("POST /v1/projects/{project}/locations/{location}/repositories", tried)
	mux.HandleFunc("DELETE /v1/projects/{project}/locations/{location}/repositories/{repository}", tried)
}

// keyGrantsOf are the grants on the key that a run asks for, by name.
func (r *recording) keyGrantsOf() []string {
	var names []string
	for _, resource := range r.resources {
		if resource.Type == "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember" {
			names = append(names, resource.Name)
		}
	}
	slices.Sort(names)
	return names
}

// TestKeysThatCannotWork: a key that is not there, elsewhere, disabled or not to be shared is refused before anything
// is made, with the next step.
func TestKeysThatCannotWork(t *testing.T) {
	at := "--keyring r --location us-central1 --project p"
	for name, test := range map[string]struct {
		key  string
		says map[string]string
		want []string
	}{
		"elsewhere": {strings.Replace(testKey, "us-central1", "europe-west1", 1), nil, []string{
			"kmsKey must be in us-central1 (gcp:region), and is in europe-west1",
			"gcloud kms keyrings create r --location us-central1 --project p"}},
		"missing": {testKey, map[string]string{keyPath: `{"error":{"code":404,"message":"CryptoKey not found."}}`},
			[]string{"there is no key " + testKey, "gcloud kms keys create k " + at + " --purpose encryption"}},
		"not to be seen": {testKey, map[string]string{keyPath: denied},
			[]string{"does not exist, or whoever deploys may not look at it", "roles/cloudkms.viewer",
				"gcloud kms keys describe k " + at}},
		"of a project without the API": {testKey, map[string]string{keyPath: disabled("cloudkms", "Cloud KMS")},
			[]string{"gcloud services enable cloudkms.googleapis.com --project p"}},
		"for signing": {testKey, map[string]string{keyPath: `{"purpose":"ASYMMETRIC_SIGN"}`},
			[]string{"has the purpose ASYMMETRIC_SIGN", "--purpose encryption"}},
		"disabled": {testKey, map[string]string{keyPath: strings.Replace(keyEnabled, "ENABLED", "DISABLED", 1)},
			[]string{"the primary version 1 of the key", "is disabled",
				"gcloud kms keys versions enable 1 --key k " + at}},
		"to be destroyed": {testKey, map[string]string{keyPath: strings.Replace(keyEnabled, "ENABLED", "DESTROY_SCHEDULED",
			1)}, []string{"the primary version of the key " + testKey + " is DESTROY_SCHEDULED",
			"gcloud kms keys versions list --key k " + at, "--primary-version"}},
		"without a version": {testKey, map[string]string{keyPath: `{"purpose":"ENCRYPT_DECRYPT"}`},
			[]string{"is missing", "--primary-version"}},
		"another's": {testKey, map[string]string{keyPath + ":testIamPermissions": `{}`, keyPath + ":getIamPolicy": denied},
			[]string{"whoever deploys may not let others use the key", "roles/cloudkms.admin",
				"service-123456789012@gs-project-accounts.iam.gserviceaccount.com",
				"service-123456789012@serverless-robot-prod.iam.gserviceaccount.com",
				"service-123456789012@gcp-sa-artifactregistry.iam.gserviceaccount.com",
				"service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com",
				"gcloud kms keys add-iam-policy-binding k " + at + " --role roles/cloudkms.cryptoKeyEncrypterDecrypter"}},
	} {
		t.Run(name, func(t *testing.T) {
			says := map[string]string{projectPath: `{"projectNumber":"123456789012"}`}
			for path, said := range test.says {
				says[path] = said
			}
			r, err := program{config: map[string]string{"kmsKey": test.key}, says: says}.run(t)
			if err == nil {
				t.Fatal("deployed")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error lacks %q:\n%v", want, err)
				}
			}
			if len(r.resources)+len(r.trials) != 0 {
				t.Errorf("%d resources and %d trials before the error:\n%v", len(r.resources), len(r.trials), err)
			}
		})
	}
}

// TestWhoMayUseTheKey: each service that keeps something under the key gets a grant of its own, but where somebody else
// granted that already, and each is tried before what needs it is made.
func TestWhoMayUseTheKey(t *testing.T) {
	number := map[string]string{projectPath: `{"projectNumber":"123456789012"}`}
	serves := `{"labels":{"app":"docx2pdf","stack":"test"},"latestReadyRevision":"r","template":{"encryptionKey":"` +
		testKey + `"}}`
	all := []string{"key-artifactregistry", "key-pubsub", "key-run", "key-storage"}
	for name, test := range map[string]struct {
		program program
		grants  []string
		trials  int // of two calls each
	}{
		"all": {program{}, all, 3},
		"no events, no building": {program{config: map[string]string{"events": "false", "image": readyMade}},
			[]string{"key-run", "key-storage"}, 1},
		"granted by others": {program{says: map[string]string{keyPath + ":getIamPolicy": agentsMay}}, nil, 3},
		"granted by others alone": {program{says: map[string]string{
			keyPath + ":getIamPolicy": agentsMay, keyPath + ":testIamPermissions": `{}`}}, nil, 3},
		"granted on the ring": {program{says: map[string]string{"/v1/projects/p/locations/us-central1/keyRings/r:getIamPolicy": agentsMay,
			keyPath + ":testIamPermissions": `{}`}}, nil, 3},
		"in use already": {program{there: serves, keyGrants: all,
			says: map[string]string{keyPath + ":getIamPolicy": agentsMay}}, all, 0},
		"a preview": {program{dryRun: true, says: map[string]string{keyPath + ":testIamPermissions": `{}`}}, all, 0},
		"a preview by who may see nothing": {program{dryRun: true, says: map[string]string{keyPath: denied,
			keyPath + ":testIamPermissions": `{}`, keyPath + ":getIamPolicy": denied}}, all, 0},
	} {
		t.Run(name, func(t *testing.T) {
			p := test.program
			says := map[string]string{}
			for _, answers := range []map[string]string{number, p.says} {
				for path, said := range answers {
					says[path] = said
				}
			}
			config := map[string]string{"kmsKey": testKey}
			for key, value := range p.config {
				config[key] = value
			}
			p.says, p.config, p.built = says, config, true
			r, err := p.run(t)
			if err != nil {
				t.Fatal(err)
			}
			if got := r.keyGrantsOf(); !slices.Equal(got, test.grants) {
				t.Errorf("the stack has the grants %v, want %v", got, test.grants)
			}
			if len(r.trials) != 2*test.trials {
				t.Errorf("the key was tried by %q, want %d trials", r.trials, test.trials)
			}
			if enabled := slices.ContainsFunc(r.resources, func(resource recorded) bool {
				return resource.Inputs["service"] == "cloudkms.googleapis.com"
			}); enabled {
				t.Error("the key is another project's, and its API is enabled in this one")
			}
		})
	}
}

// TestAGrantOnTheKeyWasTakenAway: the stack's state has it still, so that the update would wait for it in vain.
func TestAGrantOnTheKeyWasTakenAway(t *testing.T) {
	p := program{built: true, config: map[string]string{"kmsKey": testKey}, keyGrants: []string{"key-pubsub"}}
	_, err := p.run(t)
	if err == nil || !strings.Contains(err.Error(), "gcp-sa-pubsub") || !strings.Contains(err.Error(), "pulumi refresh") {
		t.Errorf("the update says %v", err)
	}
	p.dryRun = true
	if _, err := p.run(t); err != nil {
		t.Errorf("the preview, whose state is as old: %v", err)
	}
}

// TestAnotherKeyWaitsForTheDocuments: what is under the old key could not be read once the stack has no right to it.
func TestAnotherKeyWaitsForTheDocuments(t *testing.T) {
	const other = "projects/p/locations/us-central1/keyRings/r/cryptoKeys/other"
	page := func(key string) string { return `{"items":[{},{"kmsKeyName":"` + key + `/cryptoKeyVersions/3"}]}` }
	for name, test := range map[string]struct {
		key, objects string
		refused      bool
	}{
		"another key":                {other, page(testKey), true},
		"no key":                     {"", page(testKey), true},
		"the same key":               {testKey, page(testKey), false},
		"another key, no documents":  {other, `{}`, false},
		"another key, moved already": {other, page(other), false},
		"not to be listed":           {other, denied, false},
	} {
		_, err := program{built: true, dryRun: true, config: map[string]string{"kmsKey": test.key},
			state: []deployedBucket{{"docx2pdf-input-1", "test-project", "us-central1", testKey}},
			says:  map[string]string{"/v1/b/docx2pdf-input-1/o": test.objects}}.run(t)
		if (err != nil) != test.refused || err != nil &&
			(!strings.Contains(err.Error(), "gcloud storage objects update gs://docx2pdf-input-1/** --clear-encryption-key") ||
				!strings.Contains(err.Error(), testKey)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTheKeysOwnProject: where the key is in the stack's own project, the program enables its API, before it looks.
func TestTheKeysOwnProject(t *testing.T) {
	own := strings.Replace(testKey, "projects/p/", "projects/test-project/", 1)
	r, err := program{built: true, config: map[string]string{"kmsKey": own}}.run(t)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(r.resources, func(resource recorded) bool {
		return resource.Inputs["service"] == "cloudkms.googleapis.com"
	}) {
		t.Error("its API is not enabled")
	}
	off := map[string]string{"/v1/" + own: disabled("cloudkms", "Cloud KMS")}
	if _, err := (program{built: true, dryRun: true, config: map[string]string{"kmsKey": own}, says: off}).run(t); err != nil {
		t.Errorf("the preview before its API is on: %v", err)
	}
	r, err = program{config: map[string]string{"kmsKey": own}, says: off}.run(t)
	if err == nil || !slices.Contains(r.enabled, "cloudkms.googleapis.com:enable") {
		t.Errorf("the update has enabled %v: %v", r.enabled, err)
	}
}
