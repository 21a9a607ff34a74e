package kms_test

import (
	"strings"
	"testing"

	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/google/kms"
	"docx2pdf/local/google/servicetest"
	"docx2pdf/local/machinery/status"
)

const (
	ring     = "projects/" + servicetest.Project + "/locations/us-central1/keyRings/ring"
	key      = ring + "/cryptoKeys/key"
	api      = "/cloudkms/v1/"
	versions = api + key + "/cryptoKeyVersions"
	use      = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
	agent    = "agent@example.iam.gserviceaccount.com"
)

func open(t *testing.T, dir string) *servicetest.World {
	t.Helper()
	w := servicetest.Start(t, dir)
	w.Serve(nil, w.Keys.API())
	return w
}

// withKey is a world with a key that the agent is known in.
func withKey(t *testing.T) *servicetest.World {
	t.Helper()
	w := open(t, t.TempDir())
	w.Call("POST", api+strings.TrimSuffix(ring, "/ring")+"?keyRingId=ring", map[string]any{}).Want(200)
	w.Call("POST", api+ring+"/cryptoKeys?cryptoKeyId=key", map[string]any{"purpose": "ENCRYPT_DECRYPT",
		"destroyScheduledDuration": "86400s"}).Want(200)
	if _, err := w.Accounts.Agent(servicetest.Project, "storage.googleapis.com", agent); err != nil {
		t.Fatal(err)
	}
	return w
}

type cryptoKey struct {
	Name, Purpose, DestroyScheduledDuration string
	Labels                                  map[string]string
	Primary                                 struct{ Name, State string }
}

func TestAKeyIsThereAfterARestart(t *testing.T) {
	dir := t.TempDir()
	w := open(t, dir)
	rings := api + strings.TrimSuffix(ring, "/ring")
	w.Call("POST", rings+"?keyRingId=ring", map[string]any{}).Want(200)
	w.Call("POST", rings+"?keyRingId=ring", map[string]any{}).Want(409)
	w.Call("POST", api+ring+"/cryptoKeys?cryptoKeyId=key", map[string]any{"purpose": "ENCRYPT_DECRYPT"}).Want(200)
	w.Call("POST", api+ring+"/cryptoKeys?cryptoKeyId=key", map[string]any{"purpose": "ENCRYPT_DECRYPT"}).Want(409)
	w.Call("POST", api+strings.Replace(ring, "/ring", "/none", 1)+"/cryptoKeys?cryptoKeyId=key",
		map[string]any{"purpose": "ENCRYPT_DECRYPT"}).Want(404)
	w.Call("PATCH", api+key+"?updateMask=labels", map[string]any{"labels": map[string]string{"a": "b"}}).Want(200)
	w.Stop()

	w = open(t, dir)
	var k cryptoKey
	w.Call("GET", api+key, nil).Want(200).Into(&k)
	if k.Name != key || k.Labels["a"] != "b" || k.Primary.Name != key+"/cryptoKeyVersions/1" ||
		k.Primary.State != "ENABLED" || k.DestroyScheduledDuration != "2592000s" {
		t.Errorf("%+v", k)
	}
	var listed struct {
		CryptoKeys []cryptoKey
		TotalSize  int
	}
	if w.Call("GET", api+ring+"/cryptoKeys", nil).Want(200).Into(&listed); len(listed.CryptoKeys) != 1 {
		t.Errorf("%+v", listed)
	}
	w.Call("GET", api+ring, nil).Want(200)
	w.Call("GET", api+ring+"/cryptoKeys/none", nil).Want(404)
	w.Call("GET", versions+"/2", nil).Want(404)
	w.Call("GET", versions+"/01", nil).Want(404)
	w.Call("GET", versions+"/x", nil).Want(404)
}

// A version goes from state to state as Google lets it, and what it may be used for follows.
func TestTheStatesOfAVersion(t *testing.T) {
	w := withKey(t)
	if err := w.Policies.Grant(key, use, "serviceAccount:"+agent); err != nil {
		t.Fatal(err)
	}
	usable := func() error {
		_, err := w.Keys.Encrypt(w.Door.Errand("test", policy.Principal{Email: agent}), key)
		return err
	}
	state := func(call servicetest.Answer, want string) {
		t.Helper()
		var v struct{ State, DestroyTime string }
		if call.Want(200).Into(&v); v.State != want || (v.DestroyTime != "") != (want == "DESTROY_SCHEDULED") {
			t.Errorf("%+v, want %s", v, want)
		}
		if err := usable(); (err == nil) != (want == "ENABLED") ||
			err != nil && !strings.HasSuffix(err.Error(), "current state is: "+want+".") {
			t.Errorf("in the state %s: %v", want, err)
		}
	}
	become := func(to string) servicetest.Answer {
		return w.Call("PATCH", versions+"/1?updateMask=state", map[string]any{"state": to})
	}
	state(become("DISABLED"), "DISABLED")
	state(become("ENABLED"), "ENABLED")
	state(w.Call("POST", versions+"/1:destroy", map[string]any{}), "DESTROY_SCHEDULED")
	become("ENABLED").Want(400)
	w.Call("POST", versions+"/1:destroy", map[string]any{}).Want(400)
	state(w.Call("POST", versions+"/1:restore", map[string]any{}), "DISABLED")
	w.Call("POST", versions+"/1:restore", map[string]any{}).Want(400)
	state(become("ENABLED"), "ENABLED")
}

// Who may use a key is said by its policy, that of its ring and that of its project. A key that is not there is refused
// with the same words.
func TestWhoMayUseAKey(t *testing.T) {
	w := withKey(t)
	encrypts := func(name string) error {
		_, err := w.Keys.Encrypt(w.Door.Errand("test", policy.Principal{Email: agent}), name)
		return err
	}
	member := "serviceAccount:" + agent
	for _, on := range []string{key, ring, "projects/" + servicetest.Project} {
		if err := encrypts(key); !status.Is(err, status.PermissionDenied) || err.Error() !=
			"Permission 'cloudkms.cryptoKeyVersions.useToEncrypt' denied on resource '"+key+"' (or it may not exist)." {
			t.Fatalf("without a grant: %v", err)
		}
		if err := w.Policies.Grant(on, use, member); err != nil {
			t.Fatal(err)
		}
		if err := encrypts(key); err != nil {
			t.Errorf("with the role on %s: %v", on, err)
		}
		if err := w.Keys.Decrypt(w.Door.Errand("test", policy.Principal{Email: agent}),
			key+"/cryptoKeyVersions/1"); err != nil {
			t.Error(err)
		}
		for _, missing := range []string{ring + "/cryptoKeys/none", "nonsense", "", "projects/p", key + "/x/y"} {
			if err := encrypts(missing); !status.Is(err, status.PermissionDenied) {
				t.Errorf("%q: %v", missing, err)
			}
		}
		if on == key || on == ring { // a policy that is replaced
			w.Call("POST", api+on+":setIamPolicy", map[string]any{"policy": map[string]any{}}).Want(200)
		}
	}
	if number, _ := w.Projects.Number(servicetest.Project); encrypts(strings.Replace(key, servicetest.Project, number,
		1)) != nil {
		t.Error("a key cannot be named by its project's number")
	}
	if kms.Location(key) != "us-central1" || kms.Location("x") != "" {
		t.Error("the location of a key is not read from its name")
	}
	w.Call("POST", api+key+":setIamPolicy", map[string]any{"policy": map[string]any{"bindings": []any{
		map[string]any{"role": "roles/storage.admin", "members": []string{member}}}}}).Want(400)
	var held struct{ Permissions []string }
	w.Call("POST", api+key+":testIamPermissions", map[string]any{"permissions": []string{
		"cloudkms.cryptoKeys.setIamPolicy", "cloudkms.cryptoKeyVersions.useToEncrypt"}}).Want(200).Into(&held)
	if len(held.Permissions) != 2 {
		t.Errorf("an owner holds %v", held.Permissions)
	}
}
