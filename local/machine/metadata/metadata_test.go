package metadata_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"docx2pdf/local/google/servicetest"
	"docx2pdf/local/machine/metadata"
)

// server is the metadata server of a container that runs as an account, which it makes.
func server(t *testing.T) (w *servicetest.World, ask func(path, flavour string) (int, string)) {
	t.Helper()
	w = servicetest.Start(t, t.TempDir())
	w.Serve(nil, w.Accounts.API())
	w.Call("POST", "/iam/v1/projects/"+servicetest.Project+"/serviceAccounts",
		map[string]any{"accountId": "runner"}).Want(200)
	handler := metadata.Handler(metadata.Instance{ID: "i1", Project: servicetest.Project, Number: "123",
		Region: "europe-west1", Account: account}, w.Tokens)
	return w, func(path, flavour string) (int, string) {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		if flavour != "" {
			r.Header.Set("Metadata-Flavor", flavour)
		}
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, r)
		if answer.Header().Get("Metadata-Flavor") != "Google" {
			t.Errorf("%s: the answer does not say whose it is", path)
		}
		return answer.Code, answer.Body.String()
	}
}

const (
	account = "runner@" + servicetest.Project + ".iam.gserviceaccount.com"
	root    = "/computeMetadata/v1/"
	own     = root + "instance/service-accounts/default/"
)

func TestWhatAContainerIsTold(t *testing.T) {
	_, ask := server(t)
	for path, want := range map[string]string{
		"project/project-id": servicetest.Project, "project/numeric-project-id": "123", "instance/id": "i1",
		"instance/region":                                       "projects/123/regions/europe-west1",
		"instance/service-accounts/default/email":               account,
		"instance/service-accounts/" + account + "/email":       account,
		"instance/service-accounts/default/scopes":              "https://www.googleapis.com/auth/cloud-platform",
		"instance/service-accounts/default/?recursive=true":     `"email":"` + account,
		"instance/service-accounts/default/":                    "token",
		"instance/service-accounts/":                            account,
		"universe/universe-domain":                              "googleapis.com",
		"instance/service-accounts/default/identity?audience=x": ".",
	} {
		if code, body := ask(root+path, "Google"); code != 200 || !strings.Contains(body, want) {
			t.Errorf("%s: %d %s, want %s", path, code, body, want)
		}
	}
	if code, _ := ask(own+"identity", "Google"); code != 400 {
		t.Errorf("an identity for nobody: %d", code)
	}
}

// A web page can make a browser ask, but not with the header.
func TestWhoDoesNotSayTheWordIsToldNothing(t *testing.T) {
	_, ask := server(t)
	for _, flavour := range []string{"", "google", "Other"} {
		if code, body := ask(own+"token", flavour); code != 403 || strings.Contains(body, "access_token") {
			t.Errorf("with the flavour %q: %d %s", flavour, code, body)
		}
	}
	if code, _ := ask("/", ""); code != 200 { // how libraries find out that there is a server
		t.Errorf("the root: %d", code)
	}
}

func TestTokensEndWithTheirAccount(t *testing.T) {
	w, ask := server(t)
	if code, body := ask(own+"token", "Google"); code != 200 || !strings.Contains(body, `"expires_in":3599`) {
		t.Errorf("%d %s", code, body)
	}
	w.Call("POST", "/iam/v1/projects/"+servicetest.Project+"/serviceAccounts/"+account+":disable",
		map[string]any{}).Want(200)
	for _, path := range []string{"token", "identity?audience=x"} {
		if code, body := ask(own+path, "Google"); code != 404 {
			t.Errorf("%s of an account that is disabled: %d %s", path, code, body)
		}
	}
}
