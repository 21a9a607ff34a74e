package main_test

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// rooms are the modules that are deployed or called from outside, by their folder, and what their go.mod may require:
// what their packages and tests import. What only the local cloud needs belongs into local/go.mod, and what only the
// program and the client need into go.mod: the image is made of service/go.mod, and each change of it is a new image.
var rooms = map[string][]string{
	".": {
		"cloud.google.com/go/auth",
		"github.com/cenkalti/backoff/v5",
		"github.com/chromedp/cdproto",
		"github.com/chromedp/chromedp",
		"github.com/pulumi/pulumi-gcp/sdk/v7",
		"github.com/pulumi/pulumi/sdk/v3",
		"github.com/schollz/progressbar/v3",
		"github.com/spf13/cobra",
		"github.com/spf13/pflag",
		"golang.org/x/oauth2",
		"golang.org/x/sync",
		"golang.org/x/term",
		"google.golang.org/api",
		"gopkg.in/yaml.v3",
	},
	"service": {
		"cloud.google.com/go/compute/metadata",
		"github.com/go-text/typesetting",
		"github.com/pmezard/go-difflib",
		"github.com/xdg-go/stringprep",
		"go.opentelemetry.io/otel",
		"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp",
		"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp",
		"go.opentelemetry.io/otel/metric",
		"go.opentelemetry.io/otel/sdk",
		"go.opentelemetry.io/otel/sdk/metric",
		"go.opentelemetry.io/otel/trace",
		"golang.org/x/net",
		"golang.org/x/sys",
		"golang.org/x/text",
		"google.golang.org/api",
	},
}

func TestEachRoomRequiresOnlyItsOwnModules(t *testing.T) {
	for room, modules := range rooms {
		direct := list(t, room, false, "-m", "-f", "{{if not (or .Main .Indirect)}}{{.Path}}{{end}}", "all")
		for _, module := range direct {
			if !slices.Contains(modules, module) {
				t.Errorf("%s/go.mod requires %s: if only another room needs it, it belongs there", room, module)
			}
		}
		for _, module := range modules {
			if !slices.Contains(direct, module) {
				t.Errorf("%s/go.mod no longer requires %s: take it off this list", room, module)
			}
		}
		for _, imported := range list(t, room, false, "-deps", "-test", "./...") {
			if strings.HasPrefix(imported, "docx2pdf/local") {
				t.Errorf("%s imports %s", room, imported)
			}
		}
	}
}

// The workspace takes the newest version that one of its modules asks for. Where that is not the room's own, the
// tests would test something that is not deployed.
func TestTheWorkspaceHasTheVersionsThatAreDeployed(t *testing.T) {
	for room := range rooms {
		packages := []string{"-deps", "-f", "{{with .Module}}{{.Path}} {{.Version}}{{end}}", "./..."}
		own, workspace := list(t, room, false, packages...), list(t, room, true, packages...)
		for _, module := range workspace {
			if !slices.Contains(own, module) {
				t.Errorf("the workspace has %s, and %s alone has another version: go work sync", module, room)
			}
		}
	}
}

// list runs go list in a room, in the workspace or without it.
func list(t *testing.T, room string, workspace bool, arguments ...string) []string {
	t.Helper()
	cmd := exec.Command("go", append([]string{"-C", "../" + room, "list"}, arguments...)...)
	cmd.Env = append(os.Environ(), "GOWORK=")
	if !workspace {
		cmd.Env = append(os.Environ(), "GOWORK=off")
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v: %s", cmd.Args, err, stderr.String())
	}
	var lines []string
	for scanner := bufio.NewScanner(bytes.NewReader(out)); scanner.Scan(); {
		if line := scanner.Text(); line != "" {
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}
