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

// product is what the product's own go.mod may require: what infra, service, client and their tests import. What only
// the local cloud needs belongs into local/go.mod, where a new version of it changes nothing that is deployed.
var product = []string{
	"cloud.google.com/go/auth",
	"cloud.google.com/go/compute/metadata",
	"github.com/cenkalti/backoff/v5",
	"github.com/chromedp/cdproto",
	"github.com/chromedp/chromedp",
	"github.com/go-text/typesetting",
	"github.com/pmezard/go-difflib",
	"github.com/pulumi/pulumi-gcp/sdk/v7",
	"github.com/pulumi/pulumi/sdk/v3",
	"github.com/schollz/progressbar/v3",
	"github.com/spf13/cobra",
	"github.com/spf13/pflag",
	"github.com/xdg-go/stringprep",
	"go.opentelemetry.io/otel",
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp",
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp",
	"go.opentelemetry.io/otel/metric",
	"go.opentelemetry.io/otel/sdk",
	"go.opentelemetry.io/otel/sdk/metric",
	"go.opentelemetry.io/otel/trace",
	"golang.org/x/net",
	"golang.org/x/oauth2",
	"golang.org/x/sync",
	"golang.org/x/sys",
	"golang.org/x/term",
	"golang.org/x/text",
	"google.golang.org/api",
	"gopkg.in/yaml.v3",
}

func TestTheProductRequiresOnlyItsOwnModules(t *testing.T) {
	direct := list(t, false, "-m", "-f", "{{if not (or .Main .Indirect)}}{{.Path}}{{end}}", "all")
	for _, module := range direct {
		if !slices.Contains(product, module) {
			t.Errorf("the product's go.mod requires %s: if only the local cloud needs it, it belongs into local/go.mod", module)
		}
	}
	for _, module := range product {
		if !slices.Contains(direct, module) {
			t.Errorf("the product no longer requires %s: take it off this list", module)
		}
	}
	for _, imported := range list(t, false, "-deps", "-test", "./...") {
		if strings.HasPrefix(imported, "docx2pdf/local") {
			t.Errorf("the product imports %s", imported)
		}
	}
}

// The workspace takes the newest version that one of its modules asks for. Where that is not the product's own, the
// tests would test something that is not deployed.
func TestTheWorkspaceHasTheProductsVersions(t *testing.T) {
	packages := []string{"-deps", "-f", "{{with .Module}}{{.Path}} {{.Version}}{{end}}", "./infra",
		"./service", "./client"}
	own, workspace := list(t, false, packages...), list(t, true, packages...)
	for _, module := range workspace {
		if !slices.Contains(own, module) {
			t.Errorf("the workspace has %s, and the product alone has another version; require the same in go.mod and "+
				"local/go.mod", module)
		}
	}
}

// list runs go list in the product's folder, in the workspace or without it.
func list(t *testing.T, workspace bool, arguments ...string) []string {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list"}, arguments...)...)
	cmd.Dir = ".."
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
