package command_test

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

func TestSavedSettingsDoWithoutPulumi(t *testing.T) {
	g := newGoogle(t)
	file := filepath.Join(t.TempDir(), "colleagues.json")
	if out := g.client("save", file); out.status != 0 || strings.Contains(read(t, file), "PRIVATE KEY") {
		t.Fatalf("%v\n%s", out, read(t, file))
	}
	t.Setenv("DOCX2PDF_CONFIG", file)
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", g.keyFile())
	t.Setenv("PATH", "")
	document := write(t, filepath.Join(t.TempDir(), "a.docx"), "PK")
	if out := run(context.Background(), "convert", document); out.status != 0 {
		t.Error(out)
	}
	write(t, file, "{")
	if out := run(context.Background(), "convert", document); out.status != 1 ||
		!strings.Contains(out.stderr, "client save") {
		t.Error(out)
	}
	t.Setenv("DOCX2PDF_CONFIG", "")
	if out := run(context.Background(), "convert", document); out.status != 1 ||
		!strings.Contains(out.stderr, "there is no pulumi to ask") {
		t.Error(out)
	}
	t.Setenv("DOCX2PDF_URL", g.URL)
	if out := run(context.Background(), "convert", document); out.status != 0 {
		t.Error(out)
	}
}

func TestSignInSaysWhatIsWrong(t *testing.T) {
	document := write(t, filepath.Join(t.TempDir(), "a.docx"), "PK")
	for _, said := range []struct{ code, description, want string }{
		{"invalid_grant", "Invalid JWT Signature.", "deleted, disabled or replaced"},
		{"invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes).", "set the clock right"},
		{"invalid_grant", "Invalid grant: account not found", "account was deleted"},
		{"disabled_client", "The OAuth client was disabled. Account disabled", "account is disabled"},
	} {
		g := newGoogle(t)
		g.token = func(w http.ResponseWriter, r *http.Request) {
			answer(400, fmt.Sprintf(`{"error":%q,"error_description":%q}`, said.code, said.description),
				"Content-Type", "application/json")(w, r)
		}
		out := g.client("convert", document)
		if out.status != 1 || !strings.Contains(out.stderr, said.want) || g.asked > 0 {
			t.Errorf("%s: %v", said.description, out)
		}
	}
	g := newGoogle(t)
	g.Close()
	if out := g.client("convert", document, "--attempts", "1"); out.status != 1 ||
		!strings.Contains(out.stderr, "127.0.0.1") {
		t.Errorf("nobody answers: %v", out)
	}
	if out := g.client("token", "--key", write(t, filepath.Join(t.TempDir(), "key.json"), "no JSON")); out.status != 1 ||
		!strings.Contains(out.stderr, "not JSON") {
		t.Errorf("a broken key: %v", out)
	}
}
