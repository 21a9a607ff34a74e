package cloud_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/url"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// issuer signs in workloads elsewhere, as a CI or another cloud does.
type issuer struct{ *rsa.PrivateKey }

func newIssuer(t *testing.T) issuer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return issuer{key}
}

func (i issuer) keys(t *testing.T) string {
	t.Helper()
	set, err := json.Marshal(map[string]any{"keys": []map[string]string{{
		"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1", "n": base64.RawURLEncoding.EncodeToString(i.N.Bytes()),
		"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(i.E)).Bytes()),
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return string(set)
}

// token is a workload's; change may spoil it.
func (i issuer) token(t *testing.T, audience string, change func(jwt.MapClaims)) string {
	t.Helper()
	claims := jwt.MapClaims{"iss": "https://ci.example.com", "sub": "repo:a/b", "aud": audience,
		"exp": time.Now().Add(time.Minute).Unix()}
	if change != nil {
		change(claims)
	}
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	token.Header["kid"] = "1"
	signed, err := token.SignedString(i.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// federated makes a pool with a provider, and returns the provider's name.
func (w *world) federated(i issuer) (pool, provider string) {
	w.t.Helper()
	path := "/iam/v1/projects/" + project + "/locations/global/workloadIdentityPools"
	pool = w.call(w.owner, "POST", path+"?workloadIdentityPoolId=builds",
		map[string]any{}).want(200).text("response", "name")
	provider = w.call(w.owner, "POST", path+"/builds/providers?workloadIdentityPoolProviderId=a-ci", map[string]any{
		"oidc":             map[string]any{"issuerUri": "https://ci.example.com", "jwksJson": i.keys(w.t)},
		"attributeMapping": map[string]any{"google.subject": "assertion.sub"},
	}).want(200).text("response", "name")
	return pool, provider
}

func (w *world) exchangeWorkload(provider, token string) answer {
	w.t.Helper()
	return w.form("/sts/v1/token", url.Values{
		"grant_type": {"urn:ietf:params:oauth:grant-type:token-exchange"}, "audience": {"//iam.googleapis.com/" + provider},
		"requested_token_type": {"urn:ietf:params:oauth:token-type:access_token"}, "subject_token": {token},
		"subject_token_type": {"urn:ietf:params:oauth:token-type:jwt"},
		"scope":              {"https://www.googleapis.com/auth/cloud-platform"},
	})
}

func TestWorkloadsActAsAnAccount(t *testing.T) {
	w, ci := start(t), newIssuer(t)
	pool, provider := w.federated(ci)
	token := w.exchangeWorkload(provider, ci.token(t, "https://iam.googleapis.com/"+provider,
		nil)).want(200).text("access_token")
	email, other := w.account("caller"), w.account("another")
	account := "/iam/v1/projects/" + project + "/serviceAccounts/" + email
	idToken := "/iamcredentials/v1/projects/-/serviceAccounts/" + email + ":generateIdToken"
	body := map[string]any{"audience": "https://service.example.com", "includeEmail": true}
	w.call(token, "POST", idToken, body).want(403).saying("iam.serviceAccounts.getOpenIdToken")
	grant := func(member string) answer {
		return w.call(w.owner, "POST", account+":setIamPolicy", map[string]any{"policy": map[string]any{"bindings": []any{
			map[string]any{"role": "roles/iam.workloadIdentityUser", "members": []string{member}},
		}}})
	}
	for member, status := range map[string]int{
		"principal://iam.googleapis.com/" + pool + "/subject/repo:a/b":  200,
		"principal://iam.googleapis.com/" + pool + "/subject/repo:a/c":  403,
		"principalSet://iam.googleapis.com/" + pool + "/*":              200,
		"principalSet://iam.googleapis.com/" + pool + "x/*":             403,
		"allAuthenticatedUsers":                                         403,
		"principal://iam.googleapis.com/" + pool + "x/subject/repo:a/b": 403,
		"serviceAccount:" + other:                                       403,
	} {
		grant(member).want(200)
		w.call(token, "POST", idToken, body).want(status)
	}
	grant("principalSet://iam.googleapis.com/" + pool + "/group/developers").want(501)
	grant("principal://example.com/somebody").want(501)
}

func TestWorkloadsTokensAreChecked(t *testing.T) {
	w, ci := start(t), newIssuer(t)
	_, provider := w.federated(ci)
	audience := "https://iam.googleapis.com/" + provider
	for name, spoil := range map[string]func(jwt.MapClaims){
		"another issuer":   func(c jwt.MapClaims) { c["iss"] = "https://example.com" },
		"another audience": func(c jwt.MapClaims) { c["aud"] = "https://example.com" },
		"expired":          func(c jwt.MapClaims) { c["exp"] = time.Now().Add(-time.Minute).Unix() },
		"without an end":   func(c jwt.MapClaims) { delete(c, "exp") },
		"of nobody":        func(c jwt.MapClaims) { delete(c, "sub") },
	} {
		if a := w.exchangeWorkload(provider, ci.token(t, audience, spoil)); a.status != 400 ||
			a.text("error") != "invalid_grant" {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	w.exchangeWorkload(provider, newIssuer(t).token(t, audience, nil)).want(400).saying("invalid_grant")
	w.exchangeWorkload(provider, "rubbish").want(400).saying("invalid_grant")
	w.exchangeWorkload(provider+"x", ci.token(t, audience, nil)).want(400).saying("invalid_target")
	w.call("", "POST", "/sts/v1/token", "").want(400).saying("unsupported_grant_type")

	path := "/iam/v1/" + provider
	w.call(w.owner, "GET", path, nil).want(200).saying("ci.example.com")
	w.call(w.owner, "DELETE", path, nil).want(200)
	w.call(w.owner, "GET", path, nil).want(404)
	w.exchangeWorkload(provider, ci.token(t, audience, nil)).want(400).saying("invalid_target")
}

func TestPoolsAreRefusedAsGoogleRefusesThem(t *testing.T) {
	w, ci := start(t), newIssuer(t)
	pool, _ := w.federated(ci)
	pools := "/iam/v1/projects/" + project + "/locations/global/workloadIdentityPools"
	providers := pools + "/builds/providers?workloadIdentityPoolProviderId=another"
	w.call(w.owner, "POST", pools+"?workloadIdentityPoolId=builds", map[string]any{}).want(409)
	w.call(w.owner, "POST", pools+"?workloadIdentityPoolId=X", map[string]any{}).want(400)
	w.call(w.idToken(w.account("caller"), "x"), "GET", "/iam/v1/"+pool, nil).want(401)
	w.call(w.owner, "POST", pools+"/none/providers?workloadIdentityPoolProviderId=a-ci", map[string]any{}).want(404)
	mapping := map[string]any{"google.subject": "assertion.sub"}
	for _, test := range []struct {
		body   map[string]any
		status int
	}{
		{map[string]any{"aws": map[string]any{"accountId": "1"}}, 501},
		{map[string]any{"oidc": map[string]any{"issuerUri": "https://x"}, "attributeMapping": mapping}, 501},
		{map[string]any{"oidc": map[string]any{"issuerUri": "https://x", "jwksJson": ci.keys(t)}}, 501},
		{map[string]any{"oidc": map[string]any{"issuerUri": "https://x", "jwksJson": "x"}, "attributeMapping": mapping}, 400},
		{map[string]any{"oidc": map[string]any{"jwksJson": ci.keys(t)}, "attributeMapping": mapping}, 400},
	} {
		w.call(w.owner, "POST", providers, test.body).want(test.status)
	}
	w.call(w.owner, "DELETE", "/iam/v1/"+pool, nil).want(200)
	w.call(w.owner, "GET", "/iam/v1/"+pool+"/providers/a-ci", nil).want(404)
}
