package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestStory is the main job: deploy, convert with the key from outside, deploy
// again without changes, take down, and all of it once more.
func TestStory(t *testing.T) {
	m := newMachine(t)
	m.up()
	outputs := m.outputs()
	for _, name := range []string{"url", "key", "inputBucket", "outputBucket", "serviceAccount", "image"} {
		if outputs[name] == "" {
			t.Errorf("the stack has no output %s: %v", name, outputs)
		}
	}
	if masked := m.run("pulumi", "stack", "output", "--stack", "local", "key"); !strings.Contains(masked, "[secret]") {
		t.Errorf("the key is shown without --show-secrets: %s", masked)
	}

	t.Run("client", func(t *testing.T) { m.in(t).clientConverts() })
	t.Run("message", func(t *testing.T) { m.in(t).clientPostsMessage() })
	t.Run("google-auth", func(t *testing.T) { m.in(t).pythonConverts(outputs) })
	t.Run("notifications", func(t *testing.T) { m.in(t).hearsOfOutputs() })
	t.Run("front door", func(t *testing.T) { m.in(t).frontDoor(outputs) })
	t.Run("no changes", func(t *testing.T) {
		m := m.in(t)
		m.run("pulumi", "up", "--stack", "local", "--yes", "--expect-no-changes", "--non-interactive")
		m.unchanged()
	})
	m.destroy()

	m.up()
	m.in(t).clientConverts()
	m.destroy()
}

// in is the machine for a subtest.
func (m *machine) in(t *testing.T) *machine {
	return &machine{t: t, dir: m.dir, env: m.env}
}

// clientConverts converts demo.docx and looks at the PDF: pages and text.
func (m *machine) clientConverts() {
	m.t.Helper()
	pdf := filepath.Join(m.t.TempDir(), "demo.pdf")
	out := m.run("go", "run", "./client", "-stack", "local", "-o", pdf, "demo.docx")
	if !strings.Contains(out, "2 pages") {
		m.t.Errorf("the client does not say how many pages the PDF has:\n%s", out)
	}
	m.looksAtDemo(pdf)
}

func (m *machine) looksAtDemo(pdf string) {
	m.t.Helper()
	if info := m.run("pdfinfo", pdf); !strings.Contains(strings.Join(strings.Fields(info), " "), "Pages: 2") {
		m.t.Errorf("demo.pdf has not two pages:\n%s", info)
	}
	text := m.run("pdftotext", pdf, "-")
	for _, want := range []string{
		"From Word to PDF", "What a caller needs", "Upload the document.", "Who answers",
		"Google checks this before the request reaches the container.", "roles/run.invoker",
		"文件转换服务", "文書をすばやく変換します", "문서를 빠르게 변환합니다", "تحويل المستندات", "המרת מסמכים", "Page 2",
	} {
		if !strings.Contains(text, want) {
			m.t.Errorf("demo.pdf lacks %q:\n%s", want, text)
		}
	}
	if images := m.run("pdfimages", "-list", pdf); strings.Count(images, "\n") < 3 {
		m.t.Errorf("demo.pdf lacks the image:\n%s", images)
	}
}

// clientPostsMessage converts an object that is in the bucket already, as the
// Python script of the seed does.
func (m *machine) clientPostsMessage() {
	m.t.Helper()
	m.upload("dir/name.docx", "demo.docx")
	out := m.run("go", "run", "./client", "-stack", "local", "-object", "dir/name.docx")
	if !strings.HasPrefix(out, `{"error":""`) {
		m.t.Errorf("the answer is %s", out)
	}
	pdf := filepath.Join(m.t.TempDir(), "name.pdf")
	if err := os.WriteFile(pdf, m.download("dir/name.pdf"), 0o600); err != nil {
		m.t.Fatal(err)
	}
	m.looksAtDemo(pdf)
	if out, err := m.try("go", "run", "./client", "-stack", "local", "-object", "missing.docx"); err == nil ||
		!strings.Contains(out, "missing.docx") {
		m.t.Errorf("a missing object gave: %v\n%s", err, out)
	}
}

// pythonConverts is what the README shows for Python, with Google's own library.
func (m *machine) pythonConverts(outputs map[string]string) {
	m.t.Helper()
	m.upload("demo.docx", "demo.docx")
	key := filepath.Join(m.t.TempDir(), "key.json")
	if err := os.WriteFile(key, []byte(outputs["key"]), 0o600); err != nil {
		m.t.Fatal(err)
	}
	out := m.run("/usr/bin/python3", "-c", `
import sys
from google.auth.transport.requests import AuthorizedSession
from google.oauth2 import service_account
key, url, bucket = sys.argv[1:]
credentials = service_account.IDTokenCredentials.from_service_account_file(key, target_audience=url)
answer = AuthorizedSession(credentials).post(url, json={"message": {"attributes": {"bucketId": bucket, "objectId": "demo.docx"}}})
print(answer.text)
`, key, outputs["url"], outputs["inputBucket"])
	if !strings.HasPrefix(out, `{"error":""`) {
		m.t.Errorf("Python got %s", out)
	}
}

// frontDoor asserts who gets into the private service and who does not.
func (m *machine) frontDoor(outputs map[string]string) {
	m.t.Helper()
	url := outputs["url"]
	good := m.idToken(outputs["key"], url)
	stranger := m.strangerKey()
	for _, test := range []struct {
		name, authorization string
		want                int
	}{
		{"no token", "", http.StatusForbidden},
		{"not a token", "Bearer rubbish", http.StatusUnauthorized},
		{"a changed signature", "Bearer " + good[:len(good)-8] + "AAAAAAAA", http.StatusUnauthorized},
		{"another audience", "Bearer " + m.idToken(outputs["key"], "https://example.com"), http.StatusUnauthorized},
		{"an access token", "Bearer " + m.accessToken(outputs["key"]), http.StatusUnauthorized},
		{"an account without the role", "Bearer " + m.idToken(stranger, url), http.StatusForbidden},
		{"cr-test", "Bearer " + good, http.StatusOK},
	} {
		if status, body := m.get(url, test.authorization); status != test.want {
			m.t.Errorf("%s: %d, want %d\n%s", test.name, status, test.want, body)
		}
	}
}
