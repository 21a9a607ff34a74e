package sandbox_test

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"docx2pdf/service/sandbox"
)

// buildAttack builds the program that enters a sandbox and attacks the process outside of it.
func buildAttack(t *testing.T) string {
	t.Helper()
	sources, err := filepath.Glob("*.c")
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "attack")
	arguments := append([]string{"-std=gnu11", "-o", program, "testdata/attack.c"}, sources...)
	if out, err := exec.Command("cc", arguments...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return program
}

// attack runs one attack in a directory of its own, and returns what the program said.
func attack(t *testing.T, program string, way sandbox.Way, name string) (string, error) {
	t.Helper()
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("the canary sings"), 0o644); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(program, string(way), name, secret)
	command.Dir = t.TempDir()
	out, err := command.CombinedOutput()
	return string(out), err
}

func TestAProcessInASandbox(t *testing.T) {
	program := buildAttack(t)
	for _, way := range []sandbox.Way{sandbox.Landlock, sandbox.Namespace} {
		for _, name := range []string{
			"signal as the owner of a pipe", "signal as the owner of a pipe, extended", "signal by kill",
			"limits at a round address", "reading limits", "raising limits", "reading memory", "scheduling", "priority",
			"a clock", "a futex with an owner", "a robust list", "a handle on a process",
			"another process", "another namespace", "another program", "a socket",
			"reading a file", "writing what may be read", "making what is no file",
			"threads without end", "refusing a part",
			"work", "own limits",
		} {
			t.Run(string(way)+"/"+name, func(t *testing.T) {
				if out, err := attack(t, program, way, name); err != nil {
					t.Errorf("%v: %s", err, out)
				}
			})
		}
	}
}

func TestTheProbeProvesAllParts(t *testing.T) {
	program := buildAttack(t)
	for way, want := range map[sandbox.Way]sandbox.Way{
		sandbox.Any: sandbox.Landlock, sandbox.Landlock: sandbox.Landlock, sandbox.Namespace: sandbox.Namespace,
	} {
		out, err := attack(t, program, way, "probe")
		if line := string(want) + ": " + strings.Join(sandbox.Parts, " ") + "\n"; out != line || err != nil {
			t.Errorf("asked for %q: %v, %q, want %q", way, err, out, line)
		}
	}
}

func TestWhatIsMissingIsReported(t *testing.T) {
	everything := sandbox.Proof{Way: sandbox.Landlock, Kept: sandbox.Parts}
	noFiles := sandbox.Proof{Way: sandbox.None, Kept: []string{"network", "exec", "processes"}}
	for _, test := range []struct {
		mode  sandbox.Mode
		proof sandbox.Proof
		err   error
		log   string
	}{
		{sandbox.Require, everything, nil, ""},
		{sandbox.Auto, everything, nil, ""},
		{sandbox.Require, noFiles, sandbox.ErrMissing, ""},
		{sandbox.Auto, noFiles, nil, "missing=[files]"},
		{sandbox.Off, noFiles, nil, ""},
	} {
		var log bytes.Buffer
		err := test.mode.Check(test.proof, slog.New(slog.NewTextHandler(&log, nil)))
		if !errors.Is(err, test.err) || !strings.Contains(log.String(), test.log) {
			t.Errorf("%s with %v: %v and %q, want %v and %q", test.mode, test.proof, err, log.String(), test.err, test.log)
		}
	}
}

func TestModesAreNamed(t *testing.T) {
	for setting, want := range map[string]sandbox.Mode{"": sandbox.Auto, "auto": sandbox.Auto,
		"require": sandbox.Require} {
		if got, err := sandbox.ParseMode(setting); got != want || err != nil {
			t.Errorf("%q: %q, %v; want %q", setting, got, err, want)
		}
	}
	for _, setting := range []string{"off", "yes", "Require"} {
		if _, err := sandbox.ParseMode(setting); err == nil || !strings.Contains(err.Error(), `"require"`) {
			t.Errorf("%q: %v, want an error that names the right ones", setting, err)
		}
	}
}
