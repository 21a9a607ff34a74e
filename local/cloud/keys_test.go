package cloud_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// keyFile is a service account's key as the API hands it out.
type keyFile struct {
	Type         string `json:"type"`
	PrivateKeyID string `json:"private_key_id"`
	PrivateKey   string `json:"private_key"`
	ClientEmail  string `json:"client_email"`
	TokenURI     string `json:"token_uri"`
	raw          []byte
}

func (w *world) key(email string) keyFile {
	w.t.Helper()
	created := w.call(w.owner, "POST", "/iam/v1/projects/-/serviceAccounts/"+email+"/keys",
		map[string]any{"keyAlgorithm": "KEY_ALG_RSA_2048", "privateKeyType": "TYPE_GOOGLE_CREDENTIALS_FILE"}).want(200)
	data, err := base64.StdEncoding.DecodeString(created.text("privateKeyData"))
	if err != nil {
		w.t.Fatal(err)
	}
	k := keyFile{raw: data}
	if err := json.Unmarshal(data, &k); err != nil {
		w.t.Fatal(err)
	}
	return k
}

// assertion signs a token request as client libraries do; change may spoil it.
func (k keyFile) assertion(t *testing.T, change func(jwt.MapClaims)) string {
	t.Helper()
	now := time.Now()
	claims := jwt.MapClaims{"iss": k.ClientEmail, "sub": k.ClientEmail, "aud": k.TokenURI, "iat": now.Unix(),
		"exp":             now.Add(time.Hour).Unix(),
		"target_audience": "https://service.example.com"}
	if change != nil {
		change(claims)
	}
	private, err := jwt.ParseRSAPrivateKeyFromPEM([]byte(k.PrivateKey))
	if err != nil {
		t.Fatal(err)
	}
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	if k.PrivateKeyID != "" {
		token.Header["kid"] = k.PrivateKeyID
	}
	signed, err := token.SignedString(private)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func (w *world) exchange(assertion string) answer {
	w.t.Helper()
	return w.form("/token", url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"},
		"assertion": {assertion}})
}

func (w *world) form(path string, form url.Values) answer {
	w.t.Helper()
	r, err := http.NewRequest("POST", w.url(path), strings.NewReader(form.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return w.do(r)
}

// named is the key under another name.
func named(k keyFile, id string) keyFile {
	k.PrivateKeyID = id
	return k
}

// unnamed does not say which key it is, as Google's library for Node does not.
func unnamed(k keyFile) keyFile { return named(k, "") }

func TestTokenEndpointTriesAllKeysOfAnAssertionThatNamesNone(t *testing.T) {
	w := start(t)
	email := w.account("caller")
	first, second := w.key(email), w.key(email)
	for _, key := range []keyFile{first, second} {
		w.exchange(unnamed(key).assertion(t, nil)).want(200).saying("id_token")
	}
	w.call(w.owner, "POST", "/iam/v1/projects/"+project+"/serviceAccounts/"+email+"/keys/"+second.PrivateKeyID+":disable",
		map[string]any{}).want(200)
	w.exchange(unnamed(second).assertion(t, nil)).want(400).saying("Invalid JWT Signature.")
	w.exchange(unnamed(first).assertion(t, nil)).want(200)
	// It is taken as a bearer token too: Google's library for Node leaves the name out where a key file has none.
	accounts := "/iam/v1/projects/" + project + "/serviceAccounts"
	w.grant(projectPolicy, "roles/iam.serviceAccountViewer", "serviceAccount:"+email)
	bearer := func(key keyFile) string {
		return unnamed(key).assertion(t, func(c jwt.MapClaims) { c["aud"] = "https://iam.googleapis.com/" })
	}
	w.call(bearer(first), "GET", accounts, nil).want(200)
	w.call(bearer(second), "GET", accounts, nil).want(401)
}

func TestOwnerSignsInWithARefreshToken(t *testing.T) {
	w := start(t)
	refresh := func(token, client string) answer {
		return w.form("/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}, "client_id": {client}})
	}
	path := "/iam/v1/projects/" + project + "/serviceAccounts"
	w.call(refresh("1//"+w.owner, "gcloud").want(200).text("access_token"), "GET", path, nil).want(200)
	refresh("1//"+w.owner+"x", "gcloud").want(400).saying("invalid_grant")
	refresh(w.owner, "gcloud").want(400).saying("invalid_grant")
	refresh("1//"+w.owner, "").want(400).saying("invalid_request")
}

func TestTokenEndpointRefusesAsGoogleDoes(t *testing.T) {
	w := start(t)
	key, other := w.key(w.account("caller")), w.key(w.account("another"))
	forged := other
	forged.ClientEmail, forged.PrivateKeyID = key.ClientEmail, key.PrivateKeyID
	for name, test := range map[string]struct {
		assertion   string
		code, words string
	}{
		"another account's key": {forged.assertion(t, nil), "invalid_grant", "Invalid JWT Signature."},
		"wrong audience": {key.assertion(t, func(c jwt.MapClaims) { c["aud"] = "https://example.com" }),
			"invalid_grant", "Failed audience check"},
		"expired": {key.assertion(t, func(c jwt.MapClaims) { c["iat"], c["exp"] = 1700000000, 1700003600 }),
			"invalid_grant", "short-lived token"},
		"too long": {key.assertion(t, func(c jwt.MapClaims) { c["exp"] = time.Now().Add(2 * time.Hour).Unix() }),
			"invalid_grant", "short-lived token"},
		"no such account": {key.assertion(t, func(c jwt.MapClaims) { c["iss"] = "x@example.com" }), "invalid_grant",
			"account not found"},
		"nothing asked for": {key.assertion(t, func(c jwt.MapClaims) { delete(c, "target_audience") }), "invalid_scope",
			"Invalid OAuth scope"},
		"not a JWT":             {"x.y.z", "invalid_request", "Bad Request"},
		"no key of the account": {unnamed(forged).assertion(t, nil), "invalid_grant", "Invalid JWT Signature."},
		"a key that is none":    {named(key, "none").assertion(t, nil), "invalid_grant", "Invalid JWT Signature."},
	} {
		a := w.exchange(test.assertion)
		if a.status != 400 || a.text("error") != test.code || !strings.Contains(a.text("error_description"), test.words) {
			t.Errorf("%s: %d %s, want 400 %s %q", name, a.status, a.body, test.code, test.words)
		}
	}
	w.call("", "POST", "/token", "").want(400).saying("unsupported_grant_type")
}

func TestIDTokenIsWhatGoogleDocuments(t *testing.T) {
	w := start(t)
	email := w.account("caller")
	raw := w.exchange(w.key(email).assertion(t, nil)).want(200).text("id_token")
	claims := jwt.MapClaims{}
	parsed, _, err := jwt.NewParser().ParseUnverified(raw, claims)
	if err != nil {
		t.Fatal(err)
	}
	uid := w.call(w.owner, "GET", "/iam/v1/projects/-/serviceAccounts/"+email, nil).text("uniqueId")
	for name, want := range map[string]any{"iss": "https://accounts.google.com", "aud": "https://service.example.com",
		"sub": uid, "azp": uid, "email": email, "email_verified": true} {
		if claims[name] != want {
			t.Errorf("%s is %v, want %v", name, claims[name], want)
		}
	}
	keys := w.call("", "GET", "/oauth2/v3/certs", nil).want(200)
	if keys.text("keys", 0, "kid") != parsed.Header["kid"] || keys.text("keys", 0, "alg") != "RS256" {
		t.Errorf("published keys %s do not hold the token's %v", keys.body, parsed.Header["kid"])
	}
	if w.call("", "GET", "/.well-known/openid-configuration",
		nil).want(200).text("jwks_uri") != w.url("/oauth2/v3/certs") {
		t.Error("discovery does not name the published keys")
	}
	w.call("", "GET", "/tokeninfo?id_token="+raw, nil).want(200).saying(email)
}

func TestDeletedKeyStopsWorking(t *testing.T) {
	w := start(t)
	email := w.account("caller")
	old, fresh := w.key(email), w.key(email)
	keys := "/iam/v1/projects/" + project + "/serviceAccounts/" + email + "/keys"
	shown := w.call(w.owner, "GET", keys+"/"+old.PrivateKeyID+"?publicKeyType=TYPE_X509_PEM_FILE", nil).want(200)
	if pem, _ := base64.StdEncoding.DecodeString(shown.text("publicKeyData")); !strings.Contains(string(pem),
		"BEGIN CERTIFICATE") || shown.at("privateKeyData") != nil {
		t.Errorf("key: %s, want a certificate and no private key", shown.body)
	}
	w.exchange(old.assertion(t, nil)).want(200)
	w.call(w.owner, "DELETE", keys+"/"+old.PrivateKeyID, nil).want(200)
	w.exchange(old.assertion(t, nil)).want(400).saying("Invalid JWT Signature.")
	w.exchange(fresh.assertion(t, nil)).want(200)
	w.call(w.owner, "GET", keys+"/"+old.PrivateKeyID, nil).want(404)
}

// A service account's JWT signed with its own key is as good as an access token (AIP-4111).
func TestSelfSignedJWT(t *testing.T) {
	w := start(t)
	email := w.account("caller")
	w.grant(projectPolicy, "roles/viewer", "serviceAccount:"+email)
	key := w.key(email)
	path := "/iam/v1/projects/" + project + "/serviceAccounts"
	w.call(key.assertion(t, func(c jwt.MapClaims) { c["aud"] = "https://iam.googleapis.com/" }), "GET", path,
		nil).want(200)
	w.call(key.assertion(t, func(c jwt.MapClaims) { c["exp"] = 1700003600 }), "GET", path, nil).want(401)
}
