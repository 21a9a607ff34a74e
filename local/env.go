package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"docx2pdf/local/cloud"
)

// pulumiVersion is the Pulumi CLI that setup builds where none is installed.
const pulumiVersion = "v3.250.0"

// passphrase encrypts the secrets of local stacks. It guards nothing: the key files in them open only this machine's
// local cloud.
const passphrase = "local"

type envFlags struct {
	state, stack string
	wait         time.Duration
}

func defineEnv(flags *flag.FlagSet) func(context.Context, io.Writer, io.Writer) error {
	var f envFlags
	flags.StringVar(&f.state, "state", usualState, stateHelp)
	flags.DurationVar(&f.wait, "wait", 0, "how long to wait for a local cloud that is starting")
	flags.StringVar(&f.stack, "stack", "local", "Pulumi stack to make and select; empty for none")
	return f.print
}

func (f *envFlags) print(ctx context.Context, stdout, stderr io.Writer) error {
	state, err := stateDir(f.state)
	if err != nil {
		return err
	}
	s, err := awaitServing(ctx, state, f.wait)
	if err != nil {
		return err
	}
	variables, err := environment(s, state)
	if err != nil {
		return err
	}
	if f.stack != "" {
		if err := selectStack(ctx, f.stack, variables, stderr); err != nil {
			return err
		}
	}
	for _, v := range variables {
		name, value, _ := strings.Cut(v, "=")
		fmt.Fprintf(stdout, "export %s=%s\n", name, quote(value))
	}
	return nil
}

// environment points Pulumi and Google's clients at the running local cloud.
func environment(s serving, state string) ([]string, error) {
	var variables []string
	set := func(name, value string) { variables = append(variables, name+"="+value) }
	path, err := withPulumi(os.Getenv("PATH"))
	if err != nil {
		return nil, err
	}
	if path != os.Getenv("PATH") {
		set("PATH", path)
	}
	backend, home := filepath.Join(state, "pulumi"), filepath.Join(state, "pulumi-home")
	for _, dir := range []string{backend, home} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
	}
	set("PULUMI_BACKEND_URL", "file://"+backend)
	set("PULUMI_CONFIG_PASSPHRASE", passphrase)
	set("PULUMI_SKIP_UPDATE_CHECK", "true")
	set("PULUMI_GCP_SKIP_REGION_VALIDATION", "true")
	if s.ProviderPort != 0 {
		set("PULUMI_HOME", home)
		// Pulumi keeps a log of every command there, 500 MB of them when it is not told otherwise.
		set("PULUMI_LOG_ROTATION_MAX_TOTAL_MB", "20")
		set("PULUMI_LOG_ROTATION_MAX_AGE_DAYS", "2")
		set("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "true")
		set("PULUMI_DEBUG_PROVIDERS", fmt.Sprintf("gcp:%d", s.ProviderPort))
	}
	for _, v := range pastProxy(os.Getenv) {
		set(v[0], v[1])
	}
	set("GOOGLE_OAUTH_ACCESS_TOKEN", s.OwnerToken)
	for _, e := range endpoints {
		set("GOOGLE_"+e.provider+"_CUSTOM_ENDPOINT", s.url()+e.path)
	}
	for _, v := range gcloud(s) {
		set(v[0], v[1])
	}
	return variables, nil
}

// pastProxy keeps calls to this machine away from the environment's proxy, where it has one. Programs differ in which
// of the two spellings they read, and curl and Python send even those to 127.0.0.1 to a proxy.
func pastProxy(getenv func(string) string) (variables [][2]string) {
	proxied := false
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"} {
		proxied = proxied || getenv(name) != "" || getenv(strings.ToLower(name)) != ""
	}
	if !proxied {
		return nil
	}
	for _, spelling := range [][2]string{{"NO_PROXY", "no_proxy"}, {"no_proxy", "NO_PROXY"}} {
		hosts := strings.FieldsFunc(
			cmp.Or(getenv(spelling[0]), getenv(spelling[1])),
			func(r rune) bool { return r == ',' || r == ' ' },
		)
		for _, host := range []string{"127.0.0.1", "localhost", "::1"} {
			if !slices.Contains(hosts, host) && !slices.Contains(hosts, "*") {
				hosts = append(hosts, host)
			}
		}
		variables = append(variables, [2]string{spelling[0], strings.Join(hosts, ",")})
	}
	return variables
}

// gcloud points gcloud at the local cloud as the owner of its project. The local cloud is gcloud's proxy too: `gcloud
// run` puts the region in front of the host, and no resolver knows us-central1-127.0.0.1.
func gcloud(s serving) (variables [][2]string) {
	host, port, _ := net.SplitHostPort(s.Address)
	variables = [][2]string{{"CLOUDSDK_CORE_PROJECT", cloud.DefaultProject}, {"CLOUDSDK_AUTH_ACCESS_TOKEN", s.OwnerToken},
		{"CLOUDSDK_PROXY_TYPE", "http"}, {"CLOUDSDK_PROXY_ADDRESS", host}, {"CLOUDSDK_PROXY_PORT", port}}
	for _, e := range gcloudEndpoints {
		variables = append(variables, [2]string{"CLOUDSDK_API_ENDPOINT_OVERRIDES_" + e.provider, s.url() + e.path})
	}
	return variables
}

type endpoint struct{ provider, path string }

// endpoints are the custom endpoints of the gcp provider. Those of hand-written clients keep their version to
// themselves, and the generated ones have it in the base path.
var endpoints = []endpoint{
	{"ARTIFACT_REGISTRY", "/artifactregistry/v1/"},
	{"BILLING", "/billingbudgets/v1/"},
	{"CLOUD_BILLING", "/cloudbilling/"},
	{"CLOUD_BUILD", "/cloudbuild/v1/"},
	{"CLOUD_RESOURCE_MANAGER", "/cloudresourcemanager/v1/"},
	{"CLOUD_RUN_V2", "/run/v2/"},
	{"IAM", "/iam/"},
	{"IAM_CREDENTIALS", "/iamcredentials/v1/"},
	{"KMS", "/cloudkms/"},
	{"LOGGING", "/logging/v2/"},
	{"MONITORING", "/monitoring/"},
	{"ORG_POLICY", "/orgpolicy/v2/"},
	{"PUBSUB", "/pubsub/v1/"},
	{"RESOURCE_MANAGER", "/cloudresourcemanager/v1/"},
	{"RESOURCE_MANAGER_V3", "/cloudresourcemanager/v3/"},
	{"SERVICE_USAGE", "/serviceusage/"},
	{"STORAGE", "/storage/v1/"},
}

// gcloudEndpoints are the same for gcloud, whose paths all start with the version.
var gcloudEndpoints = []endpoint{
	{"ARTIFACTREGISTRY", "/artifactregistry/"},
	{"CLOUDBUILD", "/cloudbuild/"},
	{"CLOUDKMS", "/cloudkms/"},
	{"CLOUDRESOURCEMANAGER", "/cloudresourcemanager/"},
	{"IAM", "/iam/"},
	{"IAMCREDENTIALS", "/iamcredentials/"},
	{"LOGGING", "/logging/"},
	{"MONITORING", "/monitoring/"},
	{"PUBSUB", "/pubsub/"},
	{"RUN", "/run/"},
	{"SERVICEUSAGE", "/serviceusage/"},
	{"STORAGE", "/storage/v1/"},
}

// withPulumi puts the Pulumi that setup built in front of the path when the path has none.
func withPulumi(path string) (string, error) {
	if _, err := exec.LookPath("pulumi"); err == nil {
		return path, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "docx2pdf", "pulumi-"+pulumiVersion)
	if _, err := os.Stat(filepath.Join(dir, "pulumi")); err != nil {
		return "", errors.New("there is no pulumi on the PATH; install it, or build it with `make setup`")
	}
	return dir + string(os.PathListSeparator) + path, nil
}

// selectStack makes the stack if it is not there, so that plain `pulumi up` works.
func selectStack(ctx context.Context, stack string, variables []string, stderr io.Writer) error {
	root, err := repositoryRoot()
	if err != nil {
		return err
	}
	env := append(os.Environ(), variables...)
	cmd := exec.CommandContext(ctx, lookPath("pulumi", env), "stack", "select", "--create", stack, "--non-interactive")
	cmd.Dir, cmd.Env, cmd.Stderr = root, env, stderr
	if out, err := cmd.Output(); err != nil {
		return fmt.Errorf("making the stack %s: %w: %s", stack, err, out)
	}
	return nil
}

// lookPath finds a program on the last PATH of an environment.
func lookPath(program string, env []string) string {
	for i := len(env) - 1; i >= 0; i-- {
		path, ok := strings.CutPrefix(env[i], "PATH=")
		if !ok {
			continue
		}
		for _, dir := range filepath.SplitList(path) {
			if info, err := os.Stat(filepath.Join(dir, program)); err == nil && info.Mode()&0o111 != 0 {
				return filepath.Join(dir, program)
			}
		}
		break
	}
	return program
}

// quote makes a value safe for a POSIX shell.
func quote(value string) string {
	return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}
