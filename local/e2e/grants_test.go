package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestEveryGrantIsNeeded takes each grant of the program away in turn, shows
// which step then fails and with what message, and gives it back.
func TestEveryGrantIsNeeded(t *testing.T) {
	m := newMachine(t)
	m.up()
	m.retriesSoon(5)
	steps := map[string]struct {
		fails func(*machine) string // what was said
		with  string
	}{
		"caller-invoker":             {(*machine).callFails, "grant it roles/run.invoker"},
		"caller-writes-input":        {(*machine).convertFails, "storage.objects.create"},
		"caller-reads-output":        {(*machine).convertFails, "storage.objects.get"},
		"converter-reads-input":      {(*machine).callFails, "roles/storage.objectViewer"},
		"converter-writes-output":    {(*machine).callFails, "roles/storage.objectUser"},
		"image-reads-source":         {(*machine).buildFails, "storage.objects.get"},
		"image-pushes":               {(*machine).buildFails, "artifactregistry.repositories.uploadArtifacts"},
		"image-logs":                 {(*machine).buildWarns, "logging"},
		"events-storage-publishes":   {(*machine).notifyFails, "publish"},
		"events-pubsub-signs":        {pushFails("iam.serviceAccounts.getOpenIdToken"), "iam.serviceAccountTokenCreator"},
		"events-invoker":             {pushFails("run.routes.invoke"), "docx2pdf-push-"},
		"events-pubsub-publishes":    {(*machine).deadLetterFails, "does not have permission to publish messages"},
		"events-pubsub-acknowledges": {(*machine).deadLetterFails, "pubsub.subscriptions.consume"},
	}
	grants := m.grants()
	for _, grant := range grants {
		step, known := steps[grant.name]
		if !known {
			t.Errorf("nothing shows what the grant %s is for", grant.name)
			continue
		}
		t.Run(grant.name, func(t *testing.T) {
			m := m.in(t)
			giveBack := m.revoke(grant)
			defer giveBack()
			if said := step.fails(m); !strings.Contains(said, step.with) {
				t.Errorf("without the grant the step does not say %q:\n%s", step.with, said)
			}
		})
	}
	if len(grants) != len(steps) {
		t.Errorf("the stack has %d grants, %d are looked at", len(grants), len(steps))
	}
	m.clientConverts() // With all of them back everything works.
	m.upload("after.docx", "demo.docx")
	m.appears("after.pdf")
	m.destroy()
}

func (m *machine) callFails() string {
	m.upload("grants.docx", "demo.docx")
	return m.fails("go", "run", "./client", "-stack", "local", "-object", "grants.docx")
}

func (m *machine) convertFails() string {
	return m.fails("go", "run", "./client", "-stack", "local", "-o", filepath.Join(m.t.TempDir(), "demo.pdf"), "demo.docx")
}

func (m *machine) fails(command string, args ...string) string {
	m.t.Helper()
	out, err := m.try(command, args...)
	if err == nil {
		m.t.Errorf("%s %v works all the same:\n%s", command, args, out)
	}
	return out
}

// buildFails builds the image as the program does.
func (m *machine) buildFails() string {
	build := m.build()
	if build["status"] == "SUCCESS" {
		m.t.Error("the build works all the same")
	}
	return inJSON(build)
}

func (m *machine) buildWarns() string { return inJSON(m.build()["warnings"]) }

func (m *machine) build() map[string]any {
	m.t.Helper()
	source := m.resource("gcp:storage/bucketObject:BucketObject", "image-source")
	image, _, _ := strings.Cut(m.outputs()["image"], "@")
	builds := m.variable("GOOGLE_CLOUD_BUILD_CUSTOM_ENDPOINT") + "projects/docx2pdf-local/builds"
	var operation struct {
		Metadata struct{ Build struct{ ID string } }
	}
	status, answer := m.call(http.MethodPost, builds, map[string]any{
		"source": map[string]any{"storageSource": map[string]any{"bucket": source["bucket"],
			"object": source["name"]}},
		"steps": []any{map[string]any{"name": "gcr.io/cloud-builders/docker",
			"args": []string{"build", "--file", "service/Dockerfile", "--tag", image + ":again", "."}}},
		"images": []string{image + ":again"},
		"serviceAccount": "projects/docx2pdf-local/serviceAccounts/" + m.resource("gcp:serviceaccount/account:Account",
			"image-builder")["email"].(string),
		"options": map[string]any{"logging": "CLOUD_LOGGING_ONLY"},
	})
	if status != http.StatusOK {
		return map[string]any{"status": "refused", "answer": answer}
	}
	if err := json.Unmarshal([]byte(answer), &operation); err != nil {
		m.t.Fatalf("the build's operation: %v\n%s", err, answer)
	}
	var build map[string]any
	m.waitFor("the build's end", func() bool {
		build = nil
		m.asOwner(http.MethodGet, builds+"/"+operation.Metadata.Build.ID, nil, &build)
		return build["status"] != "QUEUED" && build["status"] != "WORKING" && build["status"] != "PENDING"
	})
	return build
}

// notifyFails asks Cloud Storage to notify the topic, as the program does.
func (m *machine) notifyFails() string {
	topic := m.resource("gcp:pubsub/topic:Topic", "docx2pdf-uploads")["id"].(string)
	status, answer := m.call(http.MethodPost,
		m.variable("GOOGLE_STORAGE_CUSTOM_ENDPOINT")+"b/"+m.outputs()["inputBucket"]+"/notificationConfigs",
		map[string]any{"topic": "//pubsub.googleapis.com/" + topic, "payload_format": "NONE"})
	if status/100 == 2 {
		m.t.Error("the bucket may notify all the same")
	}
	return answer
}

// pushFails drops a document and waits until the local cloud's page says that its
// push was refused for want of a permission.
func pushFails(permission string) func(*machine) string {
	return func(m *machine) (why string) {
		m.upload("push-"+last(m.t.Name())+".docx", "demo.docx")
		m.waitFor("a push that is refused for want of "+permission, func() bool {
			var page struct {
				Requests []struct {
					Caller, Why string
					Status      int
				}
			}
			m.asOwner(http.MethodGet, m.address()+"/console/state", nil, &page)
			for _, request := range page.Requests {
				pushes := strings.Contains(request.Caller, "docx2pdf-push-") || strings.Contains(request.Caller, "gcp-sa-pubsub")
				if pushes && request.Status != http.StatusOK && strings.Contains(request.Why, permission) {
					why = inJSON(request)
				}
			}
			return why != ""
		})
		return why
	}
}

// deadLetterFails drops a document that cannot be converted, and reads in the
// local cloud's log why it cannot go to the dead letters.
func (m *machine) deadLetterFails() string {
	if err := os.WriteFile(filepath.Join(m.dir, "broken.docx"), []byte("PK\x03\x04 not a document"), 0o600); err != nil {
		m.t.Fatal(err)
	}
	before, _ := os.ReadFile(filepath.Join(m.dir, "serve.log"))
	m.upload("broken-"+last(m.t.Name())+".docx", "broken.docx")
	var fresh string
	m.waitFor("a word about dead letters", func() bool {
		log, _ := os.ReadFile(filepath.Join(m.dir, "serve.log"))
		fresh = string(log[len(before):])
		return strings.Contains(fresh, "cannot go to the dead letters")
	})
	return fresh
}

// retriesSoon shortens the push subscription's pauses between attempts, which are
// for real life, and sets after how many a message is a dead letter.
func (m *machine) retriesSoon(attempts int) {
	name := m.resource("gcp:pubsub/subscription:Subscription", "docx2pdf-push")["id"].(string)
	deadLetters := m.resource("gcp:pubsub/topic:Topic", "docx2pdf-dead-letters")["id"].(string)
	m.asOwner(http.MethodPatch, m.variable("GOOGLE_PUBSUB_CUSTOM_ENDPOINT")+name, map[string]any{
		"subscription": map[string]any{
			"name":             name,
			"retryPolicy":      map[string]any{"minimumBackoff": "0.2s", "maximumBackoff": "1s"},
			"deadLetterPolicy": map[string]any{"deadLetterTopic": deadLetters, "maxDeliveryAttempts": attempts},
		},
		"updateMask": "retryPolicy,deadLetterPolicy",
	}, nil)
}

// waitFor polls until something has happened.
func (m *machine) waitFor(what string, happened func() bool) {
	m.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !happened(); <-time.After(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			m.t.Fatalf("waited two minutes for %s", what)
		}
	}
}

func inJSON(v any) string {
	encoded, _ := json.Marshal(v)
	return string(encoded)
}
