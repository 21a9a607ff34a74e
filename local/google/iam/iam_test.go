package iam_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"docx2pdf/local/google/servicetest"
)

const accounts = "/iam/v1/projects/" + servicetest.Project + "/serviceAccounts"

func start(t *testing.T, dir string) *servicetest.World {
	t.Helper()
	w := servicetest.Start(t, dir)
	w.Serve(nil, w.Accounts.API(), w.Accounts.CredentialsAPI())
	return w
}

type account struct {
	Name, Email, UniqueID, DisplayName, Etag string
	Disabled                                 bool
}

func made(w *servicetest.World, id string) (a account) {
	w.Call("POST", accounts, map[string]any{"accountId": id}).Want(200).Into(&a)
	return a
}

func TestAnAccountThatIsMadeAgainIsAnother(t *testing.T) {
	w := start(t, t.TempDir())
	first := made(w, "reader")
	w.Call("POST", accounts, map[string]any{"accountId": "reader"}).Want(409)
	w.Call("GET", accounts+"/"+first.UniqueID, nil).Want(200) // an account has two names
	w.Call("DELETE", accounts+"/"+first.Email, nil).Want(200)
	w.Call("GET", accounts+"/"+first.Email, nil).Want(404)
	if again := made(w, "reader"); again.Email != first.Email || again.UniqueID == first.UniqueID {
		t.Errorf("%+v, and before %+v", again, first)
	}
}

func TestAChangeIsOfWhatTheMaskNames(t *testing.T) {
	w := start(t, t.TempDir())
	a := made(w, "reader")
	w.Call("PATCH", accounts+"/"+a.Email, map[string]any{"updateMask": "displayName",
		"serviceAccount": map[string]any{"displayName": "Reader", "description": "left out"}}).Want(200)
	w.Call("POST", accounts+"/"+a.Email+":disable", map[string]any{}).Want(200)
	var read struct {
		account
		Description string
	}
	w.Call("GET", accounts+"/"+a.Email, nil).Want(200).Into(&read)
	if read.DisplayName != "Reader" || read.Description != "" || !read.Disabled || read.Etag == a.Etag {
		t.Errorf("%+v", read)
	}
}

// A key's secret is told once; its public half can be read as long as it is there, also after a restart.
func TestAKeysSecretIsToldOnce(t *testing.T) {
	dir := t.TempDir()
	w := start(t, dir)
	a := made(w, "reader")
	var key struct{ Name, PrivateKeyData string }
	w.Call("POST", accounts+"/"+a.Email+"/keys", map[string]any{}).Want(200).Into(&key)
	secret, err := base64.StdEncoding.DecodeString(key.PrivateKeyData)
	var file map[string]string
	if err != nil || json.Unmarshal(secret, &file) != nil || file["client_email"] != a.Email ||
		!strings.HasPrefix(file["private_key"], "-----BEGIN PRIVATE KEY-----") {
		t.Errorf("the key file: %v %s", err, secret)
	}
	w.Stop()
	w = start(t, dir)
	read := string(w.Call("GET", "/iam/v1/"+key.Name+"?publicKeyType=TYPE_X509_PEM_FILE", nil).Want(200).Body)
	if strings.Contains(read, "privateKeyData") || !strings.Contains(read, "publicKeyData") {
		t.Errorf("a read tells %s", read)
	}
	if keys := w.Accounts.PublicKeys(a.Email); len(keys) != 1 {
		t.Errorf("%d keys are in force", len(keys))
	}
	w.Call("POST", "/iam/v1/"+key.Name+":disable", map[string]any{}).Want(200)
	if keys := w.Accounts.PublicKeys(a.Email); len(keys) != 0 {
		t.Error("a key that is disabled is in force")
	}
	w.Call("DELETE", "/iam/v1/"+key.Name, nil).Want(200)
	w.Call("GET", "/iam/v1/"+key.Name, nil).Want(404)
}

// Who makes a token for an account needs the right to, which owning the project is not.
func TestTokensAreMadeForThoseWhoMay(t *testing.T) {
	w := start(t, t.TempDir())
	a := made(w, "reader")
	mint := "/iamcredentials/v1/projects/-/serviceAccounts/" + a.Email
	w.Call("POST", mint+":generateIdToken", map[string]any{"audience": "x"}).Want(403)
	owner := w.Tokens.Owner().Member()
	w.Call("POST", accounts+"/"+a.Email+":setIamPolicy", map[string]any{"policy": map[string]any{"bindings": []any{
		map[string]any{"role": "roles/iam.serviceAccountTokenCreator", "members": []string{owner}}}}}).Want(200)
	var made struct{ Token string }
	w.Call("POST", mint+":generateIdToken", map[string]any{"audience": "x"}).Want(200).Into(&made)
	caller, err := w.Tokens.VerifyID(made.Token, []string{"x"})
	if err != nil || caller.Email != a.Email {
		t.Errorf("the token is %s's: %v", caller.Email, err)
	}
	if _, err := w.Tokens.VerifyID(made.Token, []string{"y"}); err == nil {
		t.Error("a token holds for an audience that it was not made for")
	}
	w.Call("POST", accounts+"/"+a.Email+":disable", map[string]any{}).Want(200)
	w.Call("POST", mint+":generateIdToken", map[string]any{"audience": "x"}).Want(400)
}
