package token_test

import (
	"crypto/rand"
	"crypto/rsa"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

func TestAnAssertionBecomesATokenWithItsScopes(t *testing.T) {
	w := start(t)
	for _, named := range []bool{true, false} {
		for _, key := range []string{"one", "two"} {
			status, answer := w.exchange(t, assertion(w.sign(t, key, named, nil)))
			if status != http.StatusOK {
				t.Fatalf("key %s, named %t: %d %v", key, named, status, answer)
			}
			p, err := w.Principal(answer["access_token"].(string))
			if err != nil || p.Email != email || p.Scopes != "https://www.googleapis.com/auth/pubsub" || p.Audience != "" {
				t.Errorf("key %s, named %t: %+v, %v", key, named, p, err)
			}
		}
	}
}

func TestAssertionsThatDoNotHoldAreRefused(t *testing.T) {
	w := start(t)
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	w.accounts.keys["not the account's"] = other
	forged := w.sign(t, "not the account's", false, nil)
	wrongKey := w.sign(t, "not the account's", true, nil)
	delete(w.accounts.keys, "not the account's")
	hs, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"iss": email}).SignedString([]byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ signed, want string }{
		"forged":         {forged, "invalid_grant"},
		"unknown key":    {wrongKey, "invalid_grant"},
		"another method": {hs, "invalid_grant"},
		"no JWT":         {"nonsense", "invalid_request"},
		"empty":          {"", "invalid_request"},
		"another audience": {w.sign(t, "one", true, func(c jwt.MapClaims) { c["aud"] = "https://example.com/token" }),
			"invalid_grant"},
		"expired": {w.sign(t, "one", true, func(c jwt.MapClaims) { c["exp"] = time.Now().Add(-time.Hour).Unix() }),
			"invalid_grant"},
		"too long": {w.sign(t, "one", true, func(c jwt.MapClaims) { c["exp"] = time.Now().Add(2 * time.Hour).Unix() }),
			"invalid_grant"},
		"no scope":        {w.sign(t, "one", true, func(c jwt.MapClaims) { delete(c, "scope") }), "invalid_scope"},
		"unknown account": {w.sign(t, "one", true, func(c jwt.MapClaims) { c["iss"] = "x@example.com" }), "invalid_grant"},
	} {
		status, answer := w.exchange(t, assertion(test.signed))
		if status != http.StatusBadRequest || answer["error"] != test.want {
			t.Errorf("%s: %d %v, want %s", name, status, answer, test.want)
		}
		if p, err := w.Principal(test.signed); err == nil && name != "another audience" && name != "no scope" {
			t.Errorf("%s: taken as %+v without an exchange", name, p)
		}
	}
}

// A JWT that an account signs itself is its credential: with scopes for those, without for its audience.
func TestSelfSignedJWTs(t *testing.T) {
	w := start(t)
	for _, named := range []bool{true, false} {
		p, err := w.Principal(w.sign(t, "two", named, func(c jwt.MapClaims) {
			delete(c, "scope")
			c["aud"] = "https://pubsub.googleapis.com/"
		}))
		if err != nil || p.Email != email || p.Audience != "https://pubsub.googleapis.com/" {
			t.Errorf("key named %t: %+v, %v", named, p, err)
		}
	}
	p, err := w.Principal(w.sign(t, "one", true, nil))
	if err != nil || p.Audience != "" || !strings.HasSuffix(p.Scopes, "pubsub") {
		t.Errorf("with scopes: %+v, %v", p, err)
	}
}
