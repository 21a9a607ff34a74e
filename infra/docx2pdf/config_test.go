package docx2pdf

import (
	"fmt"
	"strings"
	"testing"
)

func TestConfigurationErrors(t *testing.T) {
	for _, test := range []struct {
		key, value string
		want       []string // parts of the message: the key, the rule, an example
	}{
		{"gcp:project", "", []string{"gcp:project is not set", "pulumi config set gcp:project my-project"}},
		{"gcp:region", "", []string{"gcp:region is not set", "us-central1"}},
		{"gcp:project", "My Project", []string{"gcp:project must be a project's id", `"My Project"`}},
		{"gcp:project", "123456789012", []string{"gcp:project must be a project's id", "not its name or number"}},
		{"gcp:region", "us-centrall", []string{`"us-centrall"`, "did you mean us-central1?",
			"pulumi config set gcp:region us-central1"}},
		{"gcp:region", "us-central1-a", []string{"did you mean us-central1?"}},
		{"gcp:region", "europe-westt4", []string{"did you mean europe-west4?"}},
		{"gcp:region", "asia-southeats1", []string{"did you mean asia-southeast1?"}},
		{"serviceName", "Docx", []string{"serviceName must be 1 to 49 lower-case", "docx2pdf"}},
		{"image", "us-central1-docker.pkg.dev/p/r/docx2pdf:latest", []string{"image must name an image by digest",
			"@sha256:"}},
		{"fontsDir", "nowhere", []string{"fontsDir must name a folder with fonts", "nowhere",
			"pulumi config set fontsDir fonts"}},
		{"fontsDir", "infra", []string{"fontsDir must name a folder with fonts", "no .ttf, .otf"}},
		{"cpu", "3", []string{"cpu must be 1, 2, 4 or 8"}},
		{"cpu", "two", []string{"cpu must be a whole number"}},
		{"memory", "1GB", []string{"memory must be an amount such as 512Mi"}},
		{"memory", "256Mi", []string{"memory must be between 512Mi and 8Gi with 2 CPUs", "set memory 512Mi"}},
		{"memory", "9Gi", []string{"memory must be between 512Mi and 8Gi with 2 CPUs, and is 9Gi", "set cpu 4"}},
		{"memory", "17Gi", []string{"set cpu 8"}},
		{"memory", "33Gi", []string{"with 2 CPUs, and is 33Gi", "set memory 8Gi"}},
		{"concurrency", "80", []string{"concurrency must be between 2 and 8 with 2 CPUs", "wait in line"}},
		{"concurrency", "1", []string{"concurrency must be between 2 and 8", "leave CPUs idle"}},
		{"minInstances", "-1", []string{"minInstances must be 0 or more"}},
		{"maxInstances", "-1", []string{"maxInstances must not be less than minInstances"}},
		{"timeoutSeconds", "3601", []string{"timeoutSeconds must be between 2 and 3600"}},
		{"defaultOptions", "pdfa", []string{"defaultOptions must be options as in an address", "pdfa=2b"}},
		{"defaultOptions", "tagged=true&password=x", []string{"defaultOptions must not have a password"}},
		{"libreOffice", "26.8", []string{"libreOffice must be stable or backports", `not "26.8"`}},
		{"ingress", "interal", []string{`ingress must be all, internal or internal-and-cloud-load-balancing, not "interal"`,
			"set ingress internal"}},
		{"customAudiences", `["pdf.example.com"]`, []string{"customAudiences must have https addresses",
			"https://pdf.example.com"}},
		{"vpcEgress", "all", []string{"vpcEgress must be private-ranges-only or all-traffic"}},
		{"vpcSubnetwork", "letters", []string{"vpcNetwork must be set when vpcSubnetwork is"}},
		{"labels", `["Team=Letters"]`, []string{"labels must have key=value", `"Team=Letters" is not so`}},
		{"labels", `["stack=mine"]`, []string{"leave app, stack and account to the program"}},
		{"labels", `team`, []string{"labels must be a list", "--path 'labels[0]' team=letters"}},
		{"callerName", "me", []string{"callerName must be 6 to 30 lower-case", "cr-test"}},
		{"keyRotation", "2026-11", []string{"keyRotation must be a whole number"}},
		{"keyRotation", "0", []string{"keyRotation must be 1 or more"}},
		{"createKey", "perhaps", []string{"createKey must be true or false"}},
		{"invokerScope", "organisation", []string{"invokerScope must be service or project"}},
		{"invokerScope", "servce", []string{`not "servce"`, "set invokerScope service"}},
		{"invokerScope", "projects", []string{"set invokerScope project"}},
		{"invokers", `["allUsers"]`, []string{"invokers must not have allUsers", "everybody on the internet",
			"group:staff@example.com"}},
		{"invokers", `["allAuthenticatedUsers"]`, []string{"invokers must not have allAuthenticatedUsers"}},
		{"operators", `["allUsers"]`, []string{"operators must not have allUsers", "everybody on the internet",
			"serviceAccount:support@"}},
		{"operators", `["support@example.com"]`, []string{`must have principals with their kind, not "support@example.com"`}},
		{"invokers", `["staff@example.com"]`, []string{`must have principals with their kind, not "staff@example.com"`}},
		{"invokers", `group:staff@example.com`, []string{"invokers must be a list", "--path 'invokers[0]'"}},
		{"events", "on", []string{"events must be true or false"}},
		{"retentionDays", "-1", []string{"retentionDays must be 0 or more"}},
		{"kmsKey", "my-key", []string{"kmsKey must name a Cloud KMS key", "cryptoKeys/my-key"}},
		{"monthlyBudget", "-1", []string{"monthlyBudget must be 0 or more"}},
		{"billingAccount", "mine", []string{"billingAccount must be a billing account's id"}},
		{"logRetentionDays", "3651", []string{"logRetentionDays must be between 1 and 3650, or 0"}},
		{"alertEmail", "me", []string{"alertEmail must be an email address"}},
	} {
		t.Run(test.key+"="+test.value, func(t *testing.T) {
			r, err := program{config: map[string]string{test.key: test.value}}.run(t)
			if err == nil {
				t.Fatal("accepted")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error lacks %q:\n%v", want, err)
				}
			}
			if len(r.resources) != 0 {
				t.Errorf("%d resources were asked for before the error", len(r.resources))
			}
		})
	}
}

// TestNewRegionsAreLetThrough: Google has regions that this program does not know yet.
func TestNewRegionsAreLetThrough(t *testing.T) {
	for _, region := range []string{"europe-west15", "us-central2"} {
		if _, err := (program{config: map[string]string{"gcp:region": region}}).run(t); err != nil {
			t.Errorf("%s: %v", region, err)
		}
	}
}

// TestSizesFollowTheCPUs: whoever sets one value need not know what else follows from it.
func TestSizesFollowTheCPUs(t *testing.T) {
	for _, test := range []struct {
		config                                   map[string]string
		cpu, memory, concurrency, most, together string
	}{
		{nil, "2", "2Gi", "4", "5", "2"},
		{map[string]string{"cpu": "1"}, "1", "2Gi", "2", "10", "1"},
		{map[string]string{"cpu": "4"}, "4", "4Gi", "8", "2", "4"},
		{map[string]string{"cpu": "8"}, "8", "8Gi", "16", "1", "8"},
		{map[string]string{"memory": "8Gi"}, "2", "8Gi", "4", "2", "2"},
		{map[string]string{"cpu": "8", "memory": "4Gi", "concurrency": "8"}, "8", "4Gi", "8", "1", "8"},
		{map[string]string{"minInstances": "7"}, "2", "2Gi", "4", "7", "2"},
	} {
		r, err := program{config: test.config}.run(t)
		if err != nil {
			t.Errorf("%v: %v", test.config, err)
			continue
		}
		template := r.service(t)["template"].(map[string]any)
		container := template["containers"].([]any)[0].(map[string]any)
		limits := container["resources"].(map[string]any)["limits"].(map[string]any)
		got := fmt.Sprintf("%v, %v, %v, %v, %v", limits["cpu"], limits["memory"], template["maxInstanceRequestConcurrency"],
			template["scaling"].(map[string]any)["maxInstanceCount"], variable(container, "CONCURRENCY"))
		if want := strings.Join([]string{test.cpu, test.memory, test.concurrency, test.most, test.together},
			", "); got != want {
			t.Errorf("%v: CPUs, memory, concurrency, instances and documents at once are %s, want %s", test.config, got, want)
		}
	}
}

// variable is an environment variable of a recorded container.
func variable(container map[string]any, name string) any {
	for _, v := range container["envs"].([]any) {
		if v.(map[string]any)["name"] == name {
			return v.(map[string]any)["value"]
		}
	}
	return nil
}

// TestConfigurationErrorsComeTogether: a person mends all of it in one go.
func TestConfigurationErrorsComeTogether(t *testing.T) {
	_, err := program{config: map[string]string{"cpu": "3", "memory": "lots", "invokerScope": "all"}}.run(t)
	if err == nil {
		t.Fatal("accepted")
	}
	for _, key := range []string{"cpu", "memory", "invokerScope"} {
		if !strings.Contains(err.Error(), key+" must be") {
			t.Errorf("the error does not name %s:\n%v", key, err)
		}
	}
}

// TestEveryKeyIsDescribed: Pulumi.yaml has a type, a description and a default
// for every key that the program reads, and no others.
func TestEveryKeyIsDescribed(t *testing.T) {
	for key, schema := range schemaOf(t) {
		if strings.Contains(key, ":") {
			continue
		}
		if schema.Type == "" || schema.Description == "" || schema.Default == nil {
			t.Errorf("%s lacks a type, a description or a default", key)
		}
	}
}
