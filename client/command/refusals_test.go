package command_test

import (
	"encoding/base64"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestTokenIsForTheService(t *testing.T) {
	g := newGoogle(t)
	for _, command := range []string{"-token", "token"} {
		out := g.client(command)
		claims, err := base64.RawURLEncoding.DecodeString(strings.Split(out.stdout+"..", ".")[1])
		if err != nil || !strings.Contains(string(claims), g.URL) {
			t.Errorf("%s: the token's claims are %s, %v", command, claims, out)
		}
	}
}

func TestBusyServiceIsAskedAgain(t *testing.T) {
	g := newGoogle(t,
		answer(429, `{"error":"all places are taken","code":"busy"}`, "Retry-After", "0"),
		answer(503, `{"error":"restarting","code":"engine_restarting"}`, "Retry-After", "0"),
		answer(403, "<html>"),
		func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }) // the connection breaks off
	out := g.client("convert", write(t, filepath.Join(t.TempDir(), "a.docx"), "PK"))
	if out.status != 0 || g.asked != 5 {
		t.Errorf("asked %d times, %v", g.asked, out)
	}
	if !strings.Contains(out.stderr, "all places are taken; attempt 2 of 8 in 0.0 s") {
		t.Errorf("it does not say which attempt, of how many, and when: %s", out.stderr)
	}
}

func TestRefusalsSayWhatToDo(t *testing.T) {
	skewed := time.Now().Add(2 * time.Hour).UTC().Format(http.TimeFormat)
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   string
		asked  int
		status int
	}{
		"the service's own words": {answer(422, `{"error":"the document is encrypted","code":"document_encrypted"}`),
			"the document is encrypted", 1, 2},
		"the service's own 403": {answer(403, `{"error":"grant roles/storage.objectUser","code":"permission_denied"}`),
			"grant roles/storage.objectUser", 1, 2},
		"401 of the front end":   {answer(401, "<html>"), "its audience must be the service's URL", 1, 1},
		"401 with a wrong clock": {answer(401, "<html>", "Date", skewed), "is 2h0m0s behind", 1, 1},
		"403 of the front end":   {answer(403, "<html>"), "grant it roles/run.invoker", 3, 1},
		"404 of the front end":   {answer(404, "<html>"), "pulumi stack output url", 1, 1},
		"429 of the front end":   {answer(429, "Rate exceeded."), "raise maxInstances", 3, 2},
		"another server":         {answer(200, "hello"), "is no PDF", 1, 2},
		"something else":         {answer(400, "oops"), "400 Bad Request: oops", 1, 2},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGoogle(t, test.answer, test.answer, test.answer)
			out := g.client("convert", "--attempts", "3", write(t, filepath.Join(t.TempDir(), "a.docx"), "PK"))
			if out.status != test.status || !strings.Contains(out.stderr, test.want) {
				t.Errorf("%v, want %d with %q", out, test.status, test.want)
			}
			if g.asked != test.asked {
				t.Errorf("asked %d times, want %d", g.asked, test.asked)
			}
		})
	}
}
