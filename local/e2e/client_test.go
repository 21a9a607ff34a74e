package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"docx2pdf/service/docx/docxtest"
)

// TestClient is the client's day on a converter that takes events, too.
func TestClient(t *testing.T) {
	m := newMachine(t)
	m.up()
	m.savesClient()
	m.run(".local/bin/client", "save", "--stack", "local", "keyless.json")
	if keyless, err := os.ReadFile(filepath.Join(m.dir, "keyless.json")); err != nil ||
		strings.Contains(string(keyless), "private_key") {
		t.Fatalf("the saved file has the key, or is not there: %v", err)
	}
	t.Run("two people, one name", func(t *testing.T) { m.in(t).twoPeople() })
	t.Run("once", func(t *testing.T) { m.in(t).clientConvertsOnce() })
	t.Run("without a key", func(t *testing.T) { m.in(t).clientWithoutKey() })
	t.Run("serve", func(t *testing.T) { m.in(t).clientServes() })
	t.Run("failed", func(t *testing.T) { m.in(t).clientShowsFailed() })
	m.destroy()
}

// savesClient builds the client, and saves where the converter is.
func (m *machine) savesClient() {
	m.t.Helper()
	m.run("go", "build", "-o", ".local/bin/client", "./client")
	m.run(".local/bin/client", "save", "--stack", "local", "--with-key", "converter.json")
}

// client is the client's program with the file that it saved.
func (m *machine) client(args ...string) *exec.Cmd {
	c := exec.Command(filepath.Join(m.dir, ".local/bin/client"),
		append([]string{"--config", "converter.json"}, args...)...)
	c.Dir, c.Env = m.dir, m.env
	return c
}

// text is a document of one line, in a file.
func (m *machine) text(file, line string) {
	m.t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(file, docxtest.Document(docxtest.Paragraph(line)), 0o644); err != nil {
		m.t.Fatal(err)
	}
}

// says asserts that a PDF has just one line of text.
func (m *machine) says(pdf, line string) {
	m.t.Helper()
	text, err := m.try("pdftotext", pdf, "-")
	if err != nil || strings.TrimSpace(text) != line {
		m.t.Errorf("%s says %q, %v, want %q", pdf, text, err, line)
	}
}

// twoPeople convert different documents of one name at the same time, in twelve rounds at once.
func (m *machine) twoPeople() {
	type person struct {
		*exec.Cmd
		said      bytes.Buffer
		pdf, line string
	}
	var people []*person
	for round := range 12 {
		for _, name := range []string{"Ada", "Grace"} {
			dir := m.t.TempDir()
			p := &person{pdf: filepath.Join(dir, "report.pdf"), line: fmt.Sprintf("%s wrote round %d", name, round)}
			m.text(filepath.Join(dir, "report.docx"), p.line)
			p.Cmd = m.client("-o", p.pdf, filepath.Join(dir, "report.docx"))
			p.Stdout, p.Stderr = &p.said, &p.said
			people = append(people, p)
		}
	}
	var group sync.WaitGroup
	for _, p := range people {
		group.Go(func() {
			if err := p.Run(); err != nil {
				m.t.Errorf("%s: %v\n%s", p.line, err, &p.said)
			}
		})
	}
	group.Wait()
	for _, p := range people {
		m.says(p.pdf, p.line)
	}
}

// clientConvertsOnce uploads a document, whose event must not have it converted once more.
func (m *machine) clientConvertsOnce() {
	m.text(filepath.Join(m.dir, "only.docx"), "only once")
	out, err := m.client("-o", filepath.Join(m.t.TempDir(), "only.pdf"), "only.docx").CombinedOutput()
	if err != nil {
		m.t.Fatalf("%v\n%s", err, out)
	}
	outcomes := func() (all []string) {
		for line := range strings.Lines(m.run(".local/bin/local", "logs")) {
			var request struct{ Object, Outcome string }
			_, payload, _ := strings.Cut(line, "{")
			if json.Unmarshal([]byte("{"+payload), &request) == nil && strings.HasSuffix(request.Object, "only.docx") {
				all = append(all, request.Outcome)
			}
		}
		return all
	}
	m.waitFor("the document's event", func() bool { return len(outcomes()) > 1 })
	if all := outcomes(); !slices.Equal(slices.Sorted(slices.Values(all)), []string{"converted", "skipped"}) {
		m.t.Errorf("the document's call and event ended as %v", all)
	}
}

// clientWithoutKey signs in with Application Default Credentials, as themselves and as the caller.
func (m *machine) clientWithoutKey() {
	outputs := m.outputs()
	credentials := func(key string) []string {
		file := filepath.Join(m.t.TempDir(), "credentials.json")
		if err := os.WriteFile(file, []byte(key), 0o600); err != nil {
			m.t.Fatal(err)
		}
		return append(slices.Clone(m.env), "GOOGLE_APPLICATION_CREDENTIALS="+file)
	}
	run := func(env []string, args ...string) (string, error) {
		pdf := filepath.Join(m.t.TempDir(), "demo.pdf")
		c := m.client(append([]string{"--config", "keyless.json", "demo.docx", "-o", pdf}, args...)...)
		c.Env = env
		out, err := c.CombinedOutput()
		if err == nil {
			m.looksAtDemo(pdf)
		}
		return string(out), err
	}
	if out, err := run(credentials(outputs["key"])); err != nil {
		m.t.Errorf("with the caller's credentials: %v\n%s", err, out)
	}
	stranger := credentials(m.strangerKey())
	out, err := run(stranger, "--impersonate", outputs["serviceAccount"])
	if err == nil || !strings.Contains(out, "roles/iam.serviceAccountTokenCreator") {
		m.t.Errorf("a stranger acts as the caller: %v\n%s", err, out)
	}
	account := m.variable("GOOGLE_IAM_CUSTOM_ENDPOINT") + "v1/projects/docx2pdf-local/serviceAccounts/" +
		outputs["serviceAccount"]
	m.asOwner(http.MethodPost, account+":setIamPolicy",
		map[string]any{"policy": map[string]any{"bindings": []any{map[string]any{
			"role": "roles/iam.serviceAccountTokenCreator", "members": []string{
				"serviceAccount:stranger@docx2pdf-local.iam.gserviceaccount.com", "user:owner@example.com",
			},
		}}}}, nil)
	if out, err := run(stranger, "--impersonate", outputs["serviceAccount"]); err != nil {
		m.t.Errorf("who may act as the caller: %v\n%s", err, out)
	}
	// As gcloud auth application-default login leaves a person signed in. A person acts as the caller, asked or not.
	person := inJSON(map[string]string{
		"type": "authorized_user", "client_id": "gcloud", "client_secret": "known",
		"refresh_token": "1//" + m.variable("GOOGLE_OAUTH_ACCESS_TOKEN"), "token_uri": m.address() + "/token",
	})
	if out, err := run(credentials(person)); err != nil {
		m.t.Errorf("a person who may act as the caller: %v\n%s", err, out)
	}
	workload := m.workloadMayAct(outputs["serviceAccount"])
	if out, err := run(credentials(inJSON(workload))); err != nil {
		m.t.Errorf("a workload that may act as the caller: %v\n%s", err, out)
	}
	workload["service_account_impersonation_url"] = m.variable("GOOGLE_IAM_CREDENTIALS_CUSTOM_ENDPOINT") +
		"projects/-/serviceAccounts/" + outputs["serviceAccount"] + ":generateAccessToken"
	if out, err := run(credentials(inJSON(workload))); err != nil {
		m.t.Errorf("a workload whose file names the account: %v\n%s", err, out)
	}
	if out, err := run(credentials(person)); err == nil || !strings.Contains(out, "roles/iam.serviceAccountTokenCreator") {
		m.t.Errorf("a person who may act as the caller no more: %v\n%s", err, out)
	}
}

// clientServes posts a document to the address that "client serve" prints, without signing in; so do Gotenberg's
// clients.
func (m *machine) clientServes() {
	serve := m.client("serve")
	stdout, err := serve.StdoutPipe()
	if err != nil {
		m.t.Fatal(err)
	}
	if err := serve.Start(); err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { serve.Process.Kill() }) // when the test fails before it stops it
	address, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		m.t.Fatal(err)
	}
	document, err := os.Open(filepath.Join(m.dir, "demo.docx"))
	if err != nil {
		m.t.Fatal(err)
	}
	defer document.Close()
	answer, err := http.Post(strings.TrimSpace(address), "application/octet-stream", document)
	if err != nil {
		m.t.Fatal(err)
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		m.t.Fatalf("%s %v %s", answer.Status, err, content)
	}
	pdf := filepath.Join(m.t.TempDir(), "demo.pdf")
	if err := os.WriteFile(pdf, content, 0o600); err != nil {
		m.t.Fatal(err)
	}
	m.looksAtDemo(pdf)
	m.gotenbergClientConverts(strings.TrimSpace(address))
	_ = serve.Process.Signal(syscall.SIGINT)
	if err := serve.Wait(); serve.ProcessState.ExitCode() != 0 {
		m.t.Errorf("Ctrl-C ends serve with %v", err)
	}
}

// clientShowsFailed lists a document whose event failed, and has it converted again once it is mended: as an operator,
// who has no other role.
func (m *machine) clientShowsFailed() {
	key := filepath.Join(m.dir, "operator.json")
	if err := os.WriteFile(key, []byte(m.strangerKey()), 0o600); err != nil {
		m.t.Fatal(err)
	}
	m.run("pulumi", "config", "set", "--stack", "local", "--path", "operators[0]",
		"serviceAccount:stranger@docx2pdf-local.iam.gserviceaccount.com")
	m.up()
	m.retriesSoon(5)
	if err := os.WriteFile(filepath.Join(m.dir, "damaged.docx"), []byte("PK\x03\x04 not a document"), 0o600); err != nil {
		m.t.Fatal(err)
	}
	m.upload("june/damaged.docx", "damaged.docx")
	m.upload("may/damaged.docx", "damaged.docx")
	m.appears("june/damaged.error.json")
	m.appears("may/damaged.error.json")
	failed := func(status int, args ...string) string {
		c := m.client(append([]string{"--config", "keyless.json", "--key", key, "failed"}, args...)...)
		out, _ := c.CombinedOutput()
		if c.ProcessState.ExitCode() != status {
			m.t.Fatalf("failed %v ended with %d, want %d\n%s", args, c.ProcessState.ExitCode(), status, out)
		}
		return string(out)
	}
	if out := failed(0); strings.Count(out, "/damaged.docx ") != 2 || strings.Contains(out, "may not") {
		m.t.Errorf("what failed:\n%s", out)
	}
	if out := failed(2, "retry", "june/"); !strings.Contains(out, "june/damaged.docx: ") || strings.Contains(out, "may/") {
		m.t.Errorf("a damaged document again:\n%s", out)
	}
	m.upload("june/damaged.docx", "demo.docx") // mended
	m.appears("june/damaged.pdf")
	failed(2, "retry")
	if out := failed(0); strings.Contains(out, "june/") || !strings.Contains(out, "may/damaged.docx") {
		m.t.Errorf("after one is mended:\n%s", out)
	}
	m.run("pulumi", "config", "rm", "--stack", "local", "operators")
	m.up()
}
