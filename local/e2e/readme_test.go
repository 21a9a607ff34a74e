package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// block is a fenced block of the README: its language and its lines.
var block = regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$")

// TestServiceREADME runs the converter alone, as its own README shows.
func TestServiceREADME(t *testing.T) {
	readme, err := os.ReadFile("../../service/README.md")
	if err != nil {
		t.Fatal(err)
	}
	var script []string
	for _, found := range block.FindAllStringSubmatch(string(readme), -1) {
		if found[1] == "sh" {
			script = append(script, found[2])
		}
	}
	m := &machine{t: t, dir: checkout(t), env: os.Environ()}
	m.run("bash", "-euo", "pipefail", "-c", strings.Join(script, "\n")+"wait")
	m.looksAtDemo(filepath.Join(m.dir, "demo.pdf"))
}

// TestREADME runs every shell command of the README in the order it stands
// there, against the local Google Cloud, and the programs after them.
func TestREADME(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var shell, python, node, golang []string
	for _, found := range block.FindAllStringSubmatch(string(readme), -1) {
		switch found[1] {
		case "sh":
			shell = append(shell, strings.TrimSpace(found[2]))
		case "python":
			python = append(python, found[2])
		case "js":
			node = append(node, found[2])
		case "go":
			golang = append(golang, found[2])
		}
	}
	if len(python) != 2 || len(node) != 1 || len(golang) != 1 {
		t.Fatalf("found %d blocks of Python, %d of Node and %d of Go in the README", len(python), len(node), len(golang))
	}
	// What other tests run, or what is running already.
	elsewhere := map[string]bool{"make demo": false, "make test": false, "go run ./local serve": false}
	var script []string
	for _, commands := range shell {
		if _, known := elsewhere[commands]; known {
			elsewhere[commands] = true
			continue
		}
		if strings.HasPrefix(commands, "pulumi destroy\n") {
			// The README's last word; the programs must run before it. They take the key as Application Default
			// Credentials, and each but the first, which converts in the bucket, has to make the PDF anew.
			script = append(script, "export GOOGLE_APPLICATION_CREDENTIALS=$PWD/key.json", pythonCommand(python[0]), actAsCaller)
			for _, command := range []string{pythonCommand(python[1]), nodeCommand(node[0]), goCommand(golang[0])} {
				script = append(script, "rm demo.pdf", command, "pdfinfo demo.pdf")
			}
		}
		script = append(script, commands)
	}
	for commands, found := range elsewhere {
		if !found {
			t.Errorf("the README does not show: %s", commands)
		}
	}
	if len(script) < 8 {
		t.Fatalf("found %d shell blocks in the README", len(script))
	}

	m := newMachine(t)
	m.project("my-project")
	m.env = append(m.env, "PULUMI_SKIP_CONFIRMATIONS=true", "NPM="+m.npm(), "TOKEN_ENDPOINT="+m.address()+"/token")
	out := m.run("bash", "-euo", "pipefail", "-c", "set -x\n"+strings.Join(script, "\n"))
	if answers := strings.Count(out, `{"error":""`); answers < 3 {
		t.Errorf("%d conversions were answered, want those of -object, curl and Python:\n%s", answers, out)
	}
	m.looksAtDemo(filepath.Join(m.dir, "demo.pdf"))
}

// actAsCaller lets the caller act as itself.
const actAsCaller = `curl --fail --silent --header "Authorization: Bearer $GOOGLE_OAUTH_ACCESS_TOKEN" \
  --json '{"policy":{"bindings":[{"role":"roles/iam.serviceAccountTokenCreator","members":["serviceAccount:'"$(pulumi stack output serviceAccount)"'"]}]}}' \
  "${GOOGLE_IAM_CUSTOM_ENDPOINT}v1/projects/my-project/serviceAccounts/$(pulumi stack output serviceAccount):setIamPolicy"`

// pythonCommand runs the README's script with the stack's outputs in the place
// of its dots, and the local Google Cloud in the place of Google's.
func pythonCommand(source string) string {
	for _, output := range []string{"url", "inputBucket", "serviceAccount"} {
		line := regexp.MustCompile(`(?m)"…"( +# pulumi stack output ` + output + `)$`)
		source = line.ReplaceAllString(source, `__import__("subprocess").getoutput("pulumi stack output `+output+`")$1`)
	}
	source = strings.ReplaceAll(source, `f"https://iamcredentials.googleapis.com/v1/`,
		`__import__("os").environ["GOOGLE_IAM_CREDENTIALS_CUSTOM_ENDPOINT"] + f"`)
	return "/usr/bin/python3 - <<'PYTHON'\n" + source + "PYTHON"
}

// nodeCommand runs the README's program with the service's URL in the place of its dots.
func nodeCommand(source string) string {
	folder := ".local/example"
	return "mkdir -p " + folder + "\nln -s $NPM/node_modules " + folder + "/\nsed \"s|…|$(pulumi stack output url)|\" >" +
		folder + "/main.mjs <<'JS'\n" + source + "JS\nnode --require $NPM/google.cjs " + folder + "/main.mjs"
}

// goCommand runs the README's program with the service's URL in the place of its dots.
func goCommand(source string) string {
	folder := ".local/example"
	return "mkdir -p " + folder + "\nsed \"s|…|$(pulumi stack output url)|\" >" + folder + "/main.go <<'GO'\n" + source +
		"GO\ngo run ./" + folder
}

// project makes a project for the README's example.
func (m *machine) project(id string) {
	m.t.Helper()
	m.asOwner("POST", m.variable("GOOGLE_RESOURCE_MANAGER_CUSTOM_ENDPOINT")+"projects",
		map[string]any{"projectId": id}, nil)
}

// TestDemo runs the README's first command.
func TestDemo(t *testing.T) {
	m := &machine{t: t, dir: checkout(t), env: os.Environ()}
	out := m.run("make", "demo")
	for _, want := range []string{"2 pages", "--expect-no-changes", "unchanged", "The PDF: .local/demo.pdf"} {
		if !strings.Contains(out, want) {
			t.Errorf("make demo does not say %q:\n%s", want, out)
		}
	}
	m.looksAtDemo(filepath.Join(m.dir, ".local", "demo.pdf"))
	if left, _ := filepath.Glob(filepath.Join(m.dir, ".local", "demo")); len(left) > 0 {
		t.Errorf("make demo left %v", left)
	}
}

// TestDevContainerIsWhereTheTestsRun: what runs there runs in the container for other systems.
func TestDevContainerIsWhereTheTestsRun(t *testing.T) {
	workflow, err := os.ReadFile("../../.github/workflows/test.yml")
	if err != nil {
		t.Fatal(err)
	}
	want := regexp.MustCompile(`(?s)container:\n +image: (\S+)\n.*? options: (\S+)\n`).FindStringSubmatch(string(workflow))
	if want == nil {
		t.Fatal("the workflow names no container")
	}
	file, err := os.ReadFile("../../.devcontainer/devcontainer.json")
	if err != nil {
		t.Fatal(err)
	}
	var container struct {
		Image           string
		RunArgs         []string
		OnCreateCommand string
	}
	if err := json.Unmarshal(regexp.MustCompile(`(?m)^\s*//.*$`).ReplaceAll(file, nil), &container); err != nil {
		t.Fatal(err)
	}
	if container.Image != want[1] || strings.Join(container.RunArgs, " ") != want[2] {
		t.Errorf("the container is %q with %q, and the tests run in %q", container.Image, container.RunArgs, want[1:])
	}
	if !strings.HasSuffix(container.OnCreateCommand, "&& local/setup.sh tests") {
		t.Errorf("the container is made with %s", container.OnCreateCommand)
	}
}

// TestCIRunsTheTests: CI runs what the README shows, and nothing else.
func TestCIRunsTheTests(t *testing.T) {
	script, err := os.ReadFile("../../.ci/run")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(script)), "\n")
	if last := lines[len(lines)-1]; last != "make test" || strings.Count(string(script), "make") != 1 {
		t.Errorf(".ci/run is\n%s", script)
	}
}
