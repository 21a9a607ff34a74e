package cloud_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"docx2pdf/local/cloud"
	"docx2pdf/local/machinery/door"
)

// discovered is a part of a discovery document. https://developers.google.com/discovery/v1/reference/apis
type discovered struct {
	Resources map[string]discovered
	Methods   map[string]struct {
		ID     string
		Scopes []string
	}
}

func (d discovered) scopes(into map[string][]string) {
	for _, method := range d.Methods {
		for _, scope := range method.Scopes {
			into[method.ID] = append(into[method.ID], strings.TrimPrefix(scope, door.ScopePrefix))
		}
	}
	for _, resource := range d.Resources {
		resource.scopes(into)
	}
}

// The scopes that calls need are those of the discovery documents in Google's Go client. UPDATE=1 writes them.
func TestScopesAreGoogles(t *testing.T) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "google.golang.org/api").Output()
	if err != nil {
		t.Fatal(err)
	}
	documents, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(dir)), "*", "v*", "*-api.json"))
	if err != nil || len(documents) == 0 {
		t.Fatalf("no discovery documents: %v", err)
	}
	all := map[string][]string{}
	for _, document := range documents {
		name := strings.TrimSuffix(filepath.Base(document), "-api.json")
		if strings.HasSuffix(filepath.Dir(document), "beta") || !modelled(name) {
			continue
		}
		content, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		var d discovered
		if err := json.Unmarshal(content, &d); err != nil {
			t.Fatal(err)
		}
		d.scopes(all)
	}
	wanted := map[string]string{}
	for _, api := range cloud.APIs() {
		for _, route := range api.Routes {
			if scopes := all[route.ID]; scopes != nil {
				slices.Sort(scopes)
				wanted[route.ID] = strings.Join(slices.Compact(scopes), " ")
			}
		}
	}
	want, err := json.MarshalIndent(wanted, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	const file = "../machinery/door/scopes.json"
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(file, append(want, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(file); err != nil || !bytes.Equal(bytes.TrimSpace(have), want) {
		t.Error("local/machinery/door/scopes.json is not what the discovery documents say; write it with: UPDATE=1 go test " +
			"./local/cloud -run Scopes")
	}
}

func modelled(document string) bool {
	for _, api := range cloud.APIs() {
		if api.Name == document+".googleapis.com" {
			return true
		}
	}
	return false
}

func TestAnAccessTokenDoesWhatItsScopesSay(t *testing.T) {
	w := start(t)
	email := w.account("caller")
	w.grant(projectPolicy, "roles/owner", "serviceAccount:"+email)
	w.call(w.owner, "POST", "/storage/v1/b?project="+project, map[string]any{"name": "documents"}).want(200)
	key := w.key(email)
	scoped := func(scope string) string {
		return w.exchange(key.assertion(t, func(c jwt.MapClaims) {
			delete(c, "target_audience")
			c["scope"] = scope
		})).want(200).text("access_token")
	}
	reader, writer := scoped(door.ScopePrefix+"devstorage.read_only"),
		scoped(door.ScopePrefix+"devstorage.read_write openid")
	upload := "/upload/storage/v1/b/documents/o?uploadType=media&name=a"
	w.call(reader, "POST", upload, "text").want(403).saying("Provided scope(s) are not authorized")
	w.call(writer, "POST", upload, "text").want(200)
	w.call(reader, "GET", "/storage/v1/b/documents/o/a", nil).want(200)
	w.call(writer, "GET", pubsub+"/topics", nil).want(403).saying("ACCESS_TOKEN_SCOPE_INSUFFICIENT")
	w.call(scoped(door.ScopePrefix+"pubsub"), "GET", pubsub+"/topics", nil).want(200)
	w.call(scoped(door.ScopePrefix+"cloud-platform"), "DELETE", "/storage/v1/b/documents/o/a", nil).want(204)
}

func TestASelfSignedJWTIsForOneAPI(t *testing.T) {
	w := start(t)
	email := w.account("caller")
	w.grant(projectPolicy, "roles/owner", "serviceAccount:"+email)
	key := w.key(email)
	signed := func(audience, scope string) string {
		return key.assertion(t, func(c jwt.MapClaims) {
			delete(c, "target_audience")
			if c["aud"] = audience; scope != "" {
				c["scope"] = scope
			}
		})
	}
	accounts := "/iam/v1/projects/" + project + "/serviceAccounts"
	w.call(signed("https://iam.googleapis.com/", ""), "GET", accounts, nil).want(200)
	w.call(signed("https://storage.googleapis.com/", ""), "GET", accounts, nil).want(401)
	w.call(signed("https://oauth2.googleapis.com/token", ""), "GET", accounts, nil).want(401)
	w.call(signed("https://example.com/", door.ScopePrefix+"cloud-platform"), "GET", accounts, nil).want(200)
	w.call(signed("https://example.com/", door.ScopePrefix+"pubsub"), "GET", accounts, nil).want(403)
}

// A container's tokens have the scope of its instance, and those that a program asks for where it asks.
func TestAContainersTokensHaveTheInstancesScopes(t *testing.T) {
	w := start(t)
	url, invoker := w.service(nil)
	w.bucket("documents")
	w.grant(bucketPolicy("documents"), "roles/storage.objectUser", "serviceAccount:runtime@"+project+
		".iam.gserviceaccount.com")
	account := url + "/metadata/instance/service-accounts/default/"
	if scopes := string(w.call(invoker, "GET", account+"scopes?flavor=Google", nil).want(200).body); scopes !=
		door.ScopePrefix+"cloud-platform" {
		t.Errorf("the instance's scopes are %q", scopes)
	}
	whole := w.call(invoker, "GET", account+"token?flavor=Google", nil).want(200).text("access_token")
	reads := w.call(invoker, "GET", account+"token?flavor=Google&scopes="+door.ScopePrefix+"devstorage.read_only,openid",
		nil).want(200).text("access_token")
	upload := "/upload/storage/v1/b/documents/o?uploadType=media&name=a"
	w.call(whole, "POST", upload, "text").want(200)
	w.call(reads, "GET", "/storage/v1/b/documents/o/a", nil).want(200)
	w.call(reads, "GET", "/documents/a", nil).want(200)
	w.call(reads, "POST", upload, "text").want(403).saying("Provided scope(s) are not authorized")
	w.call(reads, "GET", pubsub+"/topics", nil).want(403).saying("ACCESS_TOKEN_SCOPE_INSUFFICIENT")
}
