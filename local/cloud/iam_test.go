package cloud_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

func TestCallsNeedACredentialThatHolds(t *testing.T) {
	w := start(t)
	path := "/iam/v1/projects/" + project + "/serviceAccounts"
	w.call("", "GET", path, nil).want(401).saying("missing required authentication credential")
	w.call("nonsense", "GET", path, nil).want(401).saying("UNAUTHENTICATED")
	w.call(w.owner+"x", "GET", path, nil).want(401)
	w.call(w.owner, "GET", path, nil).want(200)

	basic, _ := http.NewRequest("GET", w.url(path), nil)
	basic.SetBasicAuth("owner", w.owner)
	w.do(basic).want(401)
	caller := w.account("caller")
	w.call(w.idToken(caller, w.url("/")), "GET", path, nil).want(401) // an ID token is not an access token
}

func TestUnknownCallsAreRefusedLoudly(t *testing.T) {
	w := start(t)
	for _, call := range []struct{ method, path string }{
		{"GET", "/compute/v1/projects/x/zones"}, {"POST", "/run/v2/projects/x/locations/y/jobs"},
		{"DELETE", "/storage/v1/b/x/acl/y"},
		{"POST", "/pubsub/v1/projects/x/subscriptions/y:seek"}, {"PUT", "/nowhere"},
	} {
		w.call(w.owner, call.method, call.path, nil).want(501).saying(call.method + " " + call.path)
	}
}

func TestDisabledAPIsAnswerAsAtGoogle(t *testing.T) {
	w := start(t)
	w.await("/serviceusage/v1/" + w.call(w.owner, "POST", "/serviceusage/v1/projects/"+project+
		"/services/pubsub.googleapis.com:disable", map[string]any{}).want(200).text("name"))
	a := w.call(w.owner, "GET", "/pubsub/v1/projects/"+project+"/topics",
		nil).want(403).saying("has not been used in project")
	if reason := a.text("error", "details", 0, "reason"); reason != "SERVICE_DISABLED" {
		t.Errorf("reason %s, want SERVICE_DISABLED", reason)
	}
	enabled := w.call(w.owner, "GET", "/serviceusage/v1beta1/projects/"+project+
		"/services?filter=state:ENABLED&fields=services/name,nextPageToken", nil).want(200)
	if strings.Contains(string(enabled.body), "pubsub") {
		t.Errorf("Pub/Sub is listed as enabled after it was disabled: %s", enabled.body)
	}
}

// Enabling an API grants its agent a role on the project; several that are enabled at once do not meet there.
func TestAPIsAreEnabledAtOnce(t *testing.T) {
	w := start(t)
	for n := range 10 {
		id := fmt.Sprintf("project-%d", n)
		w.call(w.owner, "POST", "/cloudresourcemanager/v1/projects", map[string]any{"projectId": id}).want(200)
		var calls sync.WaitGroup
		for _, service := range []string{"run", "cloudbuild", "artifactregistry", "pubsub"} {
			calls.Go(func() {
				answer := w.call(w.owner, "POST", "/serviceusage/v1/projects/"+id+"/services/"+service+".googleapis.com:enable",
					map[string]any{})
				if answer.status != http.StatusOK {
					t.Errorf("enabling %s: %d %s", service, answer.status, answer.body)
				}
			})
		}
		calls.Wait()
		policy := w.call(w.owner, "POST", "/cloudresourcemanager/v1/projects/"+id+":getIamPolicy", map[string]any{}).want(200)
		for _, role := range []string{"run", "cloudbuild", "artifactregistry", "pubsub"} {
			policy.saying("roles/" + role + ".serviceAgent")
		}
	}
}

// An account sees nothing until a grant, and then what the grant says and no more.
func TestGrantsDecideEveryCall(t *testing.T) {
	w := start(t)
	reader := w.account("reader")
	token := w.token(reader)
	w.bucket("papers")
	w.upload("papers", "a.txt", []byte("hello")).want(200)

	object := "/storage/v1/b/papers/o/a.txt"
	w.call(token, "GET", object, nil).want(403).saying(reader +
		" does not have storage.objects.get access to the Google Cloud Storage object. Permission 'storage.objects.get' " +
		"denied on resource (or it may not exist).")
	w.grant(bucketPolicy("papers"), "roles/storage.objectViewer", "serviceAccount:"+reader)
	w.call(token, "GET", object+"?alt=media", nil).want(200).saying("hello")
	w.call(token, "DELETE", object, nil).want(403)
	w.call(token, "POST", "/upload/storage/v1/b/papers/o?uploadType=media&name=b.txt", []byte("x")).want(403)
	w.revoke(bucketPolicy("papers"), "roles/storage.objectViewer", "serviceAccount:"+reader)
	w.call(token, "GET", object, nil).want(403)

	// a project's grant holds for its buckets
	w.grant(projectPolicy, "roles/storage.objectAdmin", "serviceAccount:"+reader)
	w.call(token, "DELETE", object, nil).want(204)

	w.call(token, "GET", "/run/v2"+location+"/services",
		nil).want(403).saying("Permission 'run.services.list' denied on resource")
	w.call(token, "PUT", "/pubsub/v1/projects/"+project+"/topics/news",
		map[string]any{}).want(403).saying("User not authorized to perform this action.")
	w.call(token, "GET", projectPolicy, nil).want(200) // storage.objectAdmin holds resourcemanager.projects.get
	w.call(token, "POST", projectPolicy+":getIamPolicy", nil).want(403)
	w.call(w.owner, "GET", "/cloudresourcemanager/v1/projects/somebody-elses", nil).want(403)
}

// Replacing an object takes the right to delete it, so that objectCreator can only add.
func TestObjectCreatorCannotReplace(t *testing.T) {
	w := start(t)
	w.bucket("inbox")
	writer := w.account("writer")
	w.grant(bucketPolicy("inbox"), "roles/storage.objectCreator", "serviceAccount:"+writer)
	token, path := w.token(writer), "/upload/storage/v1/b/inbox/o?uploadType=media&name=a"
	w.call(token, "POST", path, []byte("1")).want(200)
	w.call(token, "POST", path, []byte("2")).want(403).saying("storage.objects.delete")
}

func TestPoliciesAreWrittenAsAWhole(t *testing.T) {
	w := start(t)
	account := w.account("worker")
	set := func(policy map[string]any) answer {
		return w.call(w.owner, "POST", "/iam/v1/projects/"+project+"/serviceAccounts/"+account+":setIamPolicy",
			map[string]any{"policy": policy})
	}
	binding := func(role string, members ...string) map[string]any {
		return map[string]any{"bindings": []any{map[string]any{"role": role, "members": members}}}
	}
	empty := w.call(w.owner, "POST", "/iam/v1/projects/"+project+"/serviceAccounts/"+account+
		":getIamPolicy?options.requestedPolicyVersion=3", nil).want(200)
	if empty.at("bindings") != nil || empty.at("version") != nil || empty.text("etag") != "ACAB" {
		t.Errorf("policy of a new account: %s, want only an etag", empty.body)
	}
	first := set(map[string]any{"version": 3, "bindings": []any{
		map[string]any{"role": "roles/iam.serviceAccountUser", "members": []string{"user:B@Example.com",
			"user:a@example.com"}},
		map[string]any{"role": "roles/iam.serviceAccountUser", "members": []string{"user:a@example.com"}}}}).want(200)
	if first.at("version") != 1.0 || first.at("bindings", 1) != nil ||
		first.text("bindings", 0, "members") != "[user:a@example.com user:b@example.com]" {
		t.Errorf("stored policy %s, want one binding of two lower-case members, version 1", first.body)
	}
	stale := binding("roles/iam.serviceAccountUser", "user:c@example.com")
	stale["etag"] = "BwX="
	set(stale).want(409).saying("concurrent policy changes")
	set(binding("roles/iam.serviceAccountUser", "serviceAccount:nobody@"+project+
		".iam.gserviceaccount.com")).want(400).saying("does not exist")
	set(binding("roles/iam.serviceAccountUser", "somebody")).want(400).saying("unknown type")
	set(binding("roles/made.up",
		"user:a@example.com")).want(400).saying("Role roles/made.up is not supported for this resource.")
	set(map[string]any{"bindings": []any{map[string]any{"role": "roles/iam.serviceAccountUser",
		"members":   []string{"user:a@example.com"},
		"condition": map[string]any{"expression": "true"}}}}).want(501).saying("conditions")
	set(map[string]any{"bindings": []any{}}).want(200)
}

// A role can be granted where it has a permission that makes sense.
func TestRolesAreGrantedWhereTheyMakeSense(t *testing.T) {
	w := start(t)
	email := w.account("caller")
	w.bucket("papers")
	w.topic("news")
	for _, test := range []struct {
		policy, role string
		want         int
	}{
		{bucketPolicy("papers"), "roles/storage.objectViewer", 200},
		{bucketPolicy("papers"), "roles/storage.legacyBucketReader", 200},
		{bucketPolicy("papers"), "roles/run.invoker", 400},
		{bucketPolicy("papers"), "roles/owner", 400},
		{pubsub + "/topics/news", "roles/pubsub.publisher", 200},
		{pubsub + "/topics/news", "roles/storage.admin", 400},
		{projectPolicy, "roles/run.invoker", 200},
		{projectPolicy, "roles/storage.legacyBucketReader", 400},
		{projectPolicy, "roles/run.invokr", 400},
		{projectPolicy, "projects/" + project + "/roles/own", 501},
	} {
		answer := w.tryGrant(test.policy, test.role, "serviceAccount:"+email)
		answer.want(test.want)
		if test.want == 400 {
			answer.saying("Role " + test.role + " is not supported for this resource.")
		}
	}
}

// A new account of the same name must not inherit what the deleted one was granted.
func TestRecreatedAccountInheritsNothing(t *testing.T) {
	w := start(t)
	w.bucket("papers")
	email := w.account("caller")
	token := w.token(email)
	w.grant(bucketPolicy("papers"), "roles/storage.objectViewer", "serviceAccount:"+email)
	w.call(token, "GET", "/storage/v1/b/papers/o", nil).want(200)
	uid := w.call(w.owner, "GET", "/iam/v1/projects/-/serviceAccounts/"+email, nil).want(200).text("uniqueId")

	w.call(w.owner, "DELETE", "/iam/v1/projects/"+project+"/serviceAccounts/"+email, nil).want(200)
	w.call(token, "GET", "/storage/v1/b/papers/o", nil).want(401).saying("ACCOUNT_STATE_INVALID")
	w.call(w.owner, "GET", "/iam/v1/projects/"+project+"/serviceAccounts/"+email,
		nil).want(404).saying("Unknown service account")
	w.call(w.owner, "GET", "/storage/v1/b/papers/iam", nil).saying("deleted:serviceAccount:" + email + "?uid=" + uid)

	again := w.account("caller")
	w.call(w.token(again), "GET", "/storage/v1/b/papers/o", nil).want(403)
	w.call(token, "GET", "/storage/v1/b/papers/o", nil).want(401) // the old account's token is not the new one's
}

func TestDisabledAccountIsShutOut(t *testing.T) {
	w := start(t)
	email := w.account("caller")
	token, key := w.token(email), w.key(email)
	w.grant(projectPolicy, "roles/viewer", "serviceAccount:"+email)
	path := "/iam/v1/projects/" + project + "/serviceAccounts"
	w.call(token, "GET", path, nil).want(200)
	w.call(w.owner, "POST", path+"/"+email+":disable", map[string]any{}).want(200)
	w.call(token, "GET", path, nil).want(401)
	w.exchange(key.assertion(t, nil)).want(400).saying("invalid_grant")
	w.call(w.owner, "POST", path+"/"+email+":enable", map[string]any{}).want(200)
	w.call(token, "GET", path, nil).want(200)
	w.exchange(key.assertion(t, nil)).want(200)
}

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

func TestImpersonationNeedsTokenCreator(t *testing.T) {
	w := start(t)
	email := w.account("caller")
	path := "/iamcredentials/v1/projects/-/serviceAccounts/" + email
	w.call(w.owner, "POST", path+":generateAccessToken",
		map[string]any{"scope": []string{"x"}}).want(403).saying("iam.serviceAccounts.getAccessToken")
	w.call(w.owner, "POST", path+":generateIdToken",
		map[string]any{"audience": "x"}).want(403).saying("iam.serviceAccounts.getOpenIdToken")
	w.token(email) // makes the grant
	w.call(w.owner, "POST", path+":generateAccessToken",
		map[string]any{"scope": []string{"x"}, "lifetime": "7200s"}).want(400)
}

// Clients append versions to base paths that have one already, and name projects by number.
func TestPathsOfTheOfficialProvider(t *testing.T) {
	w := start(t)
	for _, path := range []string{"/iam/v1/v1/projects/" + project + "/serviceAccounts",
		"/cloudresourcemanager/v1/v1/projects/" + project, "/cloudbilling/v1/v1/projects/" + project + "/billingInfo",
		"/serviceusage/v1beta1/v1/projects/" + project + "/services?filter=state:ENABLED",
		"/cloudresourcemanager/v3/projects/" + project,
		"/serviceusage/projects/" + project + "/services/run.googleapis.com"} {
		w.call(w.owner, "GET", path, nil).want(200)
	}
	number := w.call(w.owner, "GET", projectPolicy, nil).text("projectNumber")
	w.call(w.owner, "GET", "/cloudresourcemanager/v1/projects/"+number, nil).want(200).saying(project)
	w.call(w.owner, "GET", "/iam/v1/projects/"+number+"/serviceAccounts", nil).want(200)
}

func TestProjectsLiveSideBySide(t *testing.T) {
	w := start(t)
	created := w.call(w.owner, "POST", "/cloudresourcemanager/v1/projects",
		map[string]any{"projectId": "second-project"}).want(200)
	w.await("/cloudresourcemanager/v1/" + created.text("name"))
	w.call(w.owner, "POST", "/cloudresourcemanager/v1/projects", map[string]any{"projectId": "second-project"}).want(409)
	w.call(w.owner, "POST", "/cloudresourcemanager/v1/projects", map[string]any{"projectId": "X"}).want(400)
	w.call(w.owner, "POST", "/storage/v1/b?project=second-project", map[string]any{"name": "its-bucket"}).want(200)
	w.call(w.owner, "POST", "/storage/v1/b?project="+project,
		map[string]any{"name": "its-bucket"}).want(409).saying("not available")

	reader := w.account("reader") // of the first project
	w.grant(projectPolicy, "roles/storage.admin", "serviceAccount:"+reader)
	w.call(w.token(reader), "GET", "/storage/v1/b/its-bucket", nil).want(403)
}
