package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// local runs a command of the program and returns what it prints.
func local(t *testing.T, args ...string) (stdout string, err error) {
	t.Helper()
	var out, errs bytes.Buffer
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	err = run(ctx, args, &out, &errs)
	return out.String(), err
}

// serveHere runs serve on a free port until the test ends or stop is called.
func serveHere(t *testing.T, state string, args ...string) (s serving, stop func()) {
	t.Helper()
	s, stop, _ = serveLogged(t, state, args...)
	return s, stop
}

// serveLogged is serveHere with the log, which is to be read after the stop.
func serveLogged(t *testing.T, state string, args ...string) (s serving, stop func(), log *bytes.Buffer) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	var out, errs bytes.Buffer
	go func() {
		done <- run(ctx, append([]string{"serve", "-addr", "127.0.0.1:0", "-state", state}, args...), &out, &errs)
	}()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serve: %v: %s", err, errs.String())
		}
	}
	t.Cleanup(stop)
	s, err := awaitServing(context.Background(), state, 30*time.Second)
	if err != nil {
		t.Fatalf("waiting for serve: %v: %s", err, errs.String())
	}
	return s, stop, &errs
}

// fakePulumi puts a pulumi on the PATH that writes down how it is called.
func fakePulumi(t *testing.T) (calls string) {
	t.Helper()
	dir := t.TempDir()
	calls = filepath.Join(dir, "calls")
	script := "#!/bin/sh\necho \"$PULUMI_BACKEND_URL $PULUMI_DEBUG_PROVIDERS $*\" >> " + calls + "\n"
	if err := os.WriteFile(filepath.Join(dir, "pulumi"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	return calls
}

func TestServeEnvInventoryAndReset(t *testing.T) {
	state, calls := t.TempDir(), fakePulumi(t)
	s, stop := serveHere(t, state)
	if info, err := os.Stat(servingFile(state)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%s: %v %v, want mode 0600", servingFile(state), info, err)
	}
	if s.PID != os.Getpid() || s.ProviderPort == 0 || s.OwnerToken == "" {
		t.Errorf("serve.json: %+v", s)
	}

	lines, err := local(t, "env", "-state", state)
	if err != nil {
		t.Fatal(err)
	}
	// The lines are for a shell: let one read them.
	shell := exec.Command("sh", "-c", lines+"env")
	shell.Env = []string{"PATH=" + os.Getenv("PATH")}
	out, err := shell.CombinedOutput()
	if err != nil {
		t.Fatalf("the shell refuses the lines: %v: %s", err, out)
	}
	for _, want := range []string{"GOOGLE_STORAGE_CUSTOM_ENDPOINT=" + s.url() + "/storage/v1/",
		"GOOGLE_OAUTH_ACCESS_TOKEN=" + s.OwnerToken, "PULUMI_BACKEND_URL=file://" + state + "/pulumi",
		"PULUMI_DEBUG_PROVIDERS=gcp:", "GOOGLE_IAM_CUSTOM_ENDPOINT=" + s.url() + "/iam/",
		"CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN=" + s.url() + "/run/", "CLOUDSDK_AUTH_ACCESS_TOKEN=" + s.OwnerToken,
		"CLOUDSDK_PROXY_ADDRESS=127.0.0.1"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("env lacks %s", want)
		}
	}
	if made, _ := os.ReadFile(calls); !strings.Contains(string(made), "file://"+state+"/pulumi gcp:") ||
		!strings.Contains(string(made), "stack select --create local") {
		t.Errorf("pulumi was called as %q, want the stack made in the local backend", made)
	}

	if out, err := local(t, "inventory", "-state", state); err != nil || out != "" {
		t.Errorf("inventory of an empty cloud: %q %v", out, err)
	}
	body, _ := json.Marshal(map[string]string{"name": "papers"})
	r, _ := http.NewRequest("POST", s.url()+"/storage/v1/b?project=docx2pdf-local", bytes.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+s.OwnerToken)
	if response, err := http.DefaultClient.Do(r); err != nil || response.StatusCode != 200 {
		t.Fatalf("making a bucket: %v %v", response, err)
	}
	if out, err := local(t, "inventory", "-state", state); err != nil || !strings.Contains(out, "buckets/papers") {
		t.Errorf("inventory: %q %v", out, err)
	}

	if _, err := local(t, "reset", "-state", state); err == nil || !strings.Contains(err.Error(), "stop it first") {
		t.Errorf("reset while it runs: %v", err)
	}
	if _, err := local(t, "serve", "-addr", "127.0.0.1:0", "-state", state); err == nil ||
		!strings.Contains(err.Error(), "another local cloud uses the state") {
		t.Errorf("a second serve on the same state: %v", err)
	}
	stop()
	if _, err := os.Stat(servingFile(state)); !os.IsNotExist(err) {
		t.Errorf("serve.json is left behind: %v", err)
	}
	if err := s.write(state); err != nil { // as a server leaves it that was killed
		t.Fatal(err)
	}
	if _, err := local(t, "env", "-state", state); err == nil || !strings.Contains(err.Error(), "go run ./local serve") {
		t.Errorf("env without a server: %v", err)
	}
	if _, err := local(t, "reset", "-state", state); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(state); len(left) != 0 {
		t.Errorf("reset left %v", left)
	}
}

func TestLogsAreReadWithoutTheServer(t *testing.T) {
	state := t.TempDir()
	dir := filepath.Join(cloudDir(state), "logging")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	entries := `{"timestamp":"2026-01-02T03:04:05Z","textPayload":"hello","resource":{"type":"cloud_run_revision","labels":{"service_name":"app","revision_name":"app-00001-abc"}}}
not json
{"timestamp":"2026-01-02T03:04:06Z","jsonPayload":{"message":"structured"},"severity":"ERROR","resource":{"type":"cloud_run_revision","labels":{"service_name":"app","revision_name":"app-00002-def"}}}
{"timestamp":"2026-01-02T03:04:07Z","textPayload":"compiling","resource":{"type":"build","labels":{"build_id":"1234-5678"}}}
`
	if err := os.WriteFile(filepath.Join(dir, "docx2pdf-local.jsonl"), []byte(entries), 0o600); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string][]string{"": {"hello", "structured", "compiling"},
		"-revision app": {"hello", "structured"}, "-revision app-00002-def": {"ERROR", "structured"},
		"-build 1234-5678": {"compiling"}} {
		out, err := local(t, append([]string{"logs", "-state", state}, strings.Fields(args)...)...)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range want {
			if !strings.Contains(out, text) {
				t.Errorf("logs %s: %q, want %q", args, out, text)
			}
		}
		if strings.Contains(out, "compiling") && !strings.Contains(strings.Join(want, " "), "compiling") {
			t.Errorf("logs %s shows a build: %q", args, out)
		}
	}
}

func TestCommandsThatAreRefused(t *testing.T) {
	state := t.TempDir()
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"sevre"}, `there is no command "sevre"`},
		{[]string{"serve", "-addr", "0.0.0.0:8790", "-state", state}, "not on this machine only"},
		{[]string{"serve", "-addr", "8790", "-state", state}, "give for example 127.0.0.1:8790"},
		{[]string{"serve", "-provider", "mine", "-state", state}, "builtin or official"},
		{[]string{"serve", "-faults", "/does/not/exist", "-addr", "127.0.0.1:0", "-state", state}, "reading the faults"},
		{[]string{"inventory", "-state", state, "more"}, "takes no arguments"},
		{[]string{"logs", "-colour"}, "help requested"},
	} {
		if _, err := local(t, test.args...); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v: %v, want %q", test.args, err, test.want)
		}
	}
}

// Key files name the address, so that a restart on a free port takes the same one while nobody else has it.
func TestRestartKeepsTheAddress(t *testing.T) {
	state := t.TempDir()
	first, stop := serveHere(t, state)
	stop()
	second, stop, log := serveLogged(t, state)
	stop()
	if second.Address != first.Address || log.Len() != 0 {
		t.Errorf("served at %s, then at %s: %s", first.Address, second.Address, log)
	}
	taken, err := net.Listen("tcp", first.Address)
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	third, stop, log := serveLogged(t, state)
	stop()
	if third.Address == first.Address || !strings.Contains(log.String(), "was="+first.Address+" is="+third.Address) {
		t.Errorf("served at %s, with the port of %s taken: %s", third.Address, first.Address, log)
	}
	if err := os.WriteFile(filepath.Join(cloudDir(state), "address"), []byte("[0.0.0.0"), 0o600); err != nil {
		t.Fatal(err)
	}
	if fourth, _ := serveHere(t, state); !strings.HasPrefix(fourth.Address, "127.0.0.1:") {
		t.Errorf("after damage of the address: served at %s", fourth.Address)
	}
}
