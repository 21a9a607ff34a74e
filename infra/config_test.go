package main

import (
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
		{"serviceName", "Docx", []string{"serviceName must be 1 to 49 lower-case", "docx2pdf"}},
		{"image", "us-central1-docker.pkg.dev/p/r/docx2pdf:latest", []string{"image must name an image by digest", "@sha256:"}},
		{"cpu", "3", []string{"cpu must be 1, 2, 4 or 8"}},
		{"cpu", "two", []string{"cpu must be a whole number"}},
		{"memory", "1GB", []string{"memory must be between 512Mi and 32Gi"}},
		{"memory", "256Mi", []string{"memory must be between 512Mi and 32Gi with 2 CPUs"}},
		{"concurrency", "80", []string{"concurrency must be between 2 and 8 with 2 CPUs", "wait in line"}},
		{"concurrency", "1", []string{"concurrency must be between 2 and 8", "leave CPUs idle"}},
		{"minInstances", "-1", []string{"minInstances must be 0 or more"}},
		{"minInstances", "11", []string{"maxInstances must be at least 1 and not less than minInstances"}},
		{"maxInstances", "0", []string{"maxInstances must be at least 1"}},
		{"timeoutSeconds", "3601", []string{"timeoutSeconds must be between 2 and 3600"}},
		{"defaultOptions", "pdfa", []string{"defaultOptions must be options as in an address", "pdfa=2b"}},
		{"defaultOptions", "tagged=true&password=x", []string{"defaultOptions must not have a password"}},
		{"callerName", "me", []string{"callerName must be 6 to 30 lower-case", "cr-test"}},
		{"createKey", "perhaps", []string{"createKey must be true or false"}},
		{"invokerScope", "organisation", []string{"invokerScope must be service or project"}},
		{"invokers", `["allUsers"]`, []string{"invokers must not have allUsers", "everybody on the internet", "group:staff@example.com"}},
		{"invokers", `["allAuthenticatedUsers"]`, []string{"invokers must not have allAuthenticatedUsers"}},
		{"operators", `["allUsers"]`, []string{"operators must not have allUsers", "everybody on the internet", "serviceAccount:support@"}},
		{"operators", `["support@example.com"]`, []string{`must have principals with their kind, not "support@example.com"`}},
		{"invokers", `["staff@example.com"]`, []string{`must have principals with their kind, not "staff@example.com"`}},
		{"invokers", `group:staff@example.com`, []string{"invokers must be a list", "--path 'invokers[0]'"}},
		{"events", "on", []string{"events must be true or false"}},
		{"retentionDays", "-1", []string{"retentionDays must be 0 or more"}},
		{"kmsKey", "my-key", []string{"kmsKey must name a Cloud KMS key", "cryptoKeys/my-key"}},
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
