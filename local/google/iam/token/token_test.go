package token_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/google/iam/token"
)

const (
	email = "converter@project-one.iam.gserviceaccount.com"
	owner = "owner@example.com"
)

// accounts is one service account with its keys.
type accounts struct {
	account token.Account
	keys    map[string]*rsa.PrivateKey
}

func (a *accounts) Account(email string) (token.Account, bool) {
	return a.account, email == a.account.Email
}

func (a *accounts) Key(email, id string) (*rsa.PublicKey, bool) {
	key, ok := a.keys[id]
	if !ok || email != a.account.Email {
		return nil, false
	}
	return &key.PublicKey, true
}

func (a *accounts) PublicKeys(email string) []*rsa.PublicKey {
	var all []*rsa.PublicKey
	for id := range a.keys {
		key, _ := a.Key(email, id)
		all = append(all, key)
	}
	return all
}

// world is an authority with an account that has two keys.
type world struct {
	*token.Authority
	accounts *accounts
	address  string
}

func start(t *testing.T) world {
	t.Helper()
	authority, err := token.Open(filepath.Join(t.TempDir(), "token"), owner)
	if err != nil {
		t.Fatal(err)
	}
	known := &accounts{token.Account{Email: email, UniqueID: "123"}, map[string]*rsa.PrivateKey{}}
	for _, id := range []string{"one", "two"} {
		if known.keys[id], err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
			t.Fatal(err)
		}
	}
	authority.UseAccounts(known)
	server := httptest.NewServer(authority.Handler())
	t.Cleanup(server.Close)
	return world{authority, known, server.URL}
}

// sign makes an assertion with a key; with an empty id it names none.
func (w world) sign(t *testing.T, keyID string, named bool, change func(jwt.MapClaims)) string {
	t.Helper()
	now := time.Now()
	claims := jwt.MapClaims{"iss": email, "sub": email, "aud": w.address + "/token", "iat": now.Unix(),
		"exp": now.Add(time.Hour).Unix(), "scope": "https://www.googleapis.com/auth/pubsub"}
	if change != nil {
		change(claims)
	}
	assertion := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	if named {
		assertion.Header["kid"] = keyID
	}
	signed, err := assertion.SignedString(w.accounts.keys[keyID])
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// exchange asks the token endpoint.
func (w world) exchange(t *testing.T, form url.Values) (status int, answer map[string]any) {
	t.Helper()
	response, err := http.PostForm(w.address+"/token", form)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, answer
}

func assertion(signed string) url.Values {
	return url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {signed}}
}

func TestIDTokensAreForOneAudience(t *testing.T) {
	w := start(t)
	raw, err := w.IDToken(email, "https://service.example.com")
	if err != nil {
		t.Fatal(err)
	}
	p, err := w.VerifyID(raw, []string{"https://other", "https://service.example.com/"})
	if err != nil || p.Email != email {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := w.VerifyID(raw, []string{"https://service.example.com.evil"}); err != token.ErrAudience {
		t.Errorf("another audience: %v", err)
	}
	if _, err := w.Principal(raw); err == nil {
		t.Error("an ID token is taken for an access token")
	}
	if _, err := w.IDToken("nobody@example.com", "x"); err == nil {
		t.Error("an unknown account gets a token")
	}
}

// Tokens end with their account: disabled, or made anew under its name.
func TestTokensEndWithTheAccount(t *testing.T) {
	w := start(t)
	access, err := w.AccessToken(email, "", token.Lifetime)
	if err != nil {
		t.Fatal(err)
	}
	id, err := w.IDToken(email, "a")
	if err != nil {
		t.Fatal(err)
	}
	refused := func(why string) {
		t.Helper()
		if _, err := w.Principal(access); err == nil {
			t.Errorf("%s: the access token holds", why)
		}
		if _, err := w.VerifyID(id, []string{"a"}); err == nil {
			t.Errorf("%s: the ID token holds", why)
		}
	}
	w.accounts.account.Disabled = true
	refused("disabled")
	if _, err := w.AccessToken(email, "", token.Lifetime); err == nil {
		t.Error("a disabled account gets a token")
	}
	w.accounts.account = token.Account{Email: email, UniqueID: "456"}
	refused("another account of its name")
}

func TestAuthenticateReadsTheCredential(t *testing.T) {
	w := start(t)
	for _, test := range []struct {
		name, header, query string
		want                policy.Principal
		refused             bool
	}{
		{name: "none", want: policy.Anonymous},
		{name: "bearer", header: "Bearer " + w.OwnerToken(), want: w.Owner()},
		{name: "lower case", header: "bearer " + w.OwnerToken(), want: w.Owner()},
		{name: "in the query", query: "?access_token=" + w.OwnerToken(), want: w.Owner()},
		{name: "basic", header: "Basic abc", refused: true},
		{name: "almost", header: "Bearer " + w.OwnerToken() + "x", refused: true},
		{name: "empty", header: "Bearer ", refused: true},
	} {
		r := httptest.NewRequest("GET", "/"+test.query, nil)
		if test.header != "" {
			r.Header.Set("Authorization", test.header)
		}
		p, err := w.Authenticate(r)
		if (err != nil) != test.refused || p != test.want {
			t.Errorf("%s: %+v, %v", test.name, p, err)
		}
	}
}

// The keys outlive the process, and half a secret is no secret.
func TestKeysAreKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "token")
	first, err := token.Open(dir, owner)
	if err != nil {
		t.Fatal(err)
	}
	again, err := token.Open(dir, owner)
	if err != nil || again.OwnerToken() != first.OwnerToken() {
		t.Fatalf("opened again: %v", err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", file, info.Mode(), err)
		}
		whole, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, whole[:len(whole)/2], 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := token.Open(dir, owner); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("half of %s: %v", file, err)
		}
		if err := os.WriteFile(file, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
