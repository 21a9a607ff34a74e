package docx2pdf

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"docx2pdf/infra/build"
)

// TestRules holds every configuration against what a platform team asks of a
// private service.
func TestRules(t *testing.T) {
	for name, p := range programs {
		t.Run(name, func(t *testing.T) {
			r, err := p.run(t)
			if err != nil {
				t.Fatal(err)
			}
			if len(r.resources) < 15 {
				t.Fatalf("only %d resources recorded", len(r.resources))
			}
			for _, resource := range r.resources {
				for _, rule := range rules {
					if broken := rule(resource); broken != "" {
						t.Errorf("%s %s: %s", resource.Type, resource.Name, broken)
					}
				}
			}
		})
	}
}

// A rule answers with how a resource breaks it, or with "".
var rules = []func(recorded) string{noPublicMember, membersOnly, imageByDigest, privateBuckets, hasParent, hasLabels,
	mayBeDestroyed}

func noPublicMember(r recorded) string {
	inputs, _ := json.Marshal(r.Inputs)
	for _, public := range []string{"allUsers", "allAuthenticatedUsers"} {
		if strings.Contains(string(inputs), public) {
			return "has the public member " + public
		}
	}
	return ""
}

func membersOnly(r recorded) string {
	if strings.Contains(r.Type, "IAMBinding") || strings.Contains(r.Type, "IamBinding") ||
		strings.Contains(strings.ToLower(r.Type), "iampolicy") {
		return "takes over a policy that others may have grants in"
	}
	if member, granted := r.Inputs["member"]; granted && !strings.Contains(fmt.Sprint(member), ":") {
		return fmt.Sprintf("has the member %v", member)
	}
	return ""
}

func imageByDigest(r recorded) string {
	if r.Type != "gcp:cloudrunv2/service:Service" {
		return ""
	}
	template := r.Inputs["template"].(map[string]any)
	image := template["containers"].([]any)[0].(map[string]any)["image"].(string)
	if !strings.HasSuffix(image, "@"+testDigest) {
		return "runs " + image + ", which is no digest"
	}
	return ""
}

func privateBuckets(r recorded) string {
	if r.Type != "gcp:storage/bucket:Bucket" {
		return ""
	}
	if r.Inputs["uniformBucketLevelAccess"] != true || r.Inputs["publicAccessPrevention"] != "enforced" {
		return "does not keep the public out"
	}
	return ""
}

func hasParent(r recorded) string {
	if r.custom && !strings.Contains(r.parent, "docx2pdf:infra:") {
		return "has no component as its parent, but " + r.parent
	}
	return ""
}

// labelled are the types of the stack that can carry labels.
var labelled = map[string]string{
	"gcp:storage/bucket:Bucket":                              "labels",
	"gcp:artifactregistry/repository:Repository":             "labels",
	"gcp:cloudrunv2/service:Service":                         "labels",
	"gcp:pubsub/topic:Topic":                                 "labels",
	"gcp:pubsub/subscription:Subscription":                   "labels",
	"gcp:monitoring/alertPolicy:AlertPolicy":                 "userLabels",
	"gcp:monitoring/notificationChannel:NotificationChannel": "userLabels",
}

func hasLabels(r recorded) string {
	key, can := labelled[r.Type]
	labels, _ := r.Inputs[key].(map[string]any)
	if can && (labels["app"] != "docx2pdf" || labels["stack"] != "test") {
		return fmt.Sprintf("has the labels %v", labels)
	}
	return ""
}

func mayBeDestroyed(r recorded) string {
	if r.Type == "gcp:projects/service:Service" && r.Inputs["disableOnDestroy"] != false {
		return "would disable an API that others use"
	}
	return ""
}

// TestAlertKnowsTheServicesWords: the alert looks for a line that the service
// really writes.
func TestAlertKnowsTheServicesWords(t *testing.T) {
	source, err := build.ReadSource("..", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range source.Files {
		content, err := os.ReadFile(file.Path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(content), `"`+engineReplaced+`"`) {
			return
		}
	}
	t.Errorf("nothing in service/ logs %q", engineReplaced)
}

// TestStacksDoNotClash deploys two stacks into one project: whatever is named by
// the program, and not by the contract, is named differently.
func TestStacksDoNotClash(t *testing.T) {
	taken := map[string]bool{}
	for _, p := range []program{
		{stack: "dev"},
		{stack: "prod", config: map[string]string{"serviceName": "docx2pdf-prod", "callerName": "cr-test-prod"}},
		{stack: "dev", config: map[string]string{"gcp:region": "europe-west1", "callerName": "cr-test-eu"}},
	} {
		r, err := p.run(t)
		if err != nil {
			t.Fatal(err)
		}
		named := 0
		for _, resource := range r.resources {
			for _, key := range []string{"accountId", "repositoryId"} {
				id, ok := resource.Inputs[key].(string)
				if !ok {
					continue
				}
				named++
				if taken[id] {
					t.Errorf("%s %s is named %s in two stacks", resource.Type, resource.Name, id)
				}
				if len(id) > 30 {
					t.Errorf("%s is longer than an account id may be", id)
				}
				taken[id] = true
			}
		}
		if named < 4 {
			t.Errorf("only %d names recorded", named)
		}
	}
}

// TestEverythingHasTheUsersLabelsAndKey: what can carry labels carries the stack's, and what can be encrypted with a
// key is.
func TestEverythingHasTheUsersLabelsAndKey(t *testing.T) {
	r, err := programs["fullest"].run(t)
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]string{
		"gcp:storage/bucket:Bucket":                  `"defaultKmsKeyName":"projects/p/`,
		"gcp:pubsub/topic:Topic":                     `"kmsKeyName":"projects/p/`,
		"gcp:artifactregistry/repository:Repository": `"kmsKeyName":"projects/p/`,
		"gcp:cloudrunv2/service:Service":             `"encryptionKey":"projects/p/`,
	}
	found := map[string]bool{}
	for _, resource := range r.resources {
		inputs, err := json.Marshal(resource.Inputs)
		if err != nil {
			t.Fatal(err)
		}
		if key, can := keys[resource.Type]; can {
			found[resource.Type] = true
			if !strings.Contains(string(inputs), key) {
				t.Errorf("%s %s is not encrypted with the key", resource.Type, resource.Name)
			}
		}
		if labels, can := labelled[resource.Type]; can {
			if carried, _ := resource.Inputs[labels].(map[string]any); carried["team"] != "letters" ||
				carried["cost-center"] != "12" {
				t.Errorf("%s %s has the labels %v", resource.Type, resource.Name, carried)
			}
		}
	}
	if len(found) != len(keys) {
		t.Errorf("only %v were looked at", found)
	}
}
