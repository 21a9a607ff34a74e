package console_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"docx2pdf/local/machine/console"
	"docx2pdf/local/machinery/status"
	"docx2pdf/local/machinery/traffic"
)

// deployed is a made-up cloud behind the page.
type deployed struct {
	url     string
	log     *traffic.Log
	folder  string // of log files
	objects map[string][2]string
	mu      sync.Mutex
	state   console.State
}

func serve(t *testing.T, state console.State) *deployed {
	t.Helper()
	d := &deployed{log: traffic.New(), folder: t.TempDir(), objects: map[string][2]string{}, state: state}
	server := httptest.NewServer(
		console.Handler(console.Source{State: d.get, Requests: d.log, LogFolder: d.folder, Open: d.open}),
	)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	d.url = server.URL
	return d
}

func (d *deployed) get() console.State {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.state
	s.Flows = console.Flows(s)
	return s
}

func (d *deployed) change(f func(*console.State)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f(&d.state)
}

func (d *deployed) open(bucket, name string) (file, mediaType string, err error) {
	o, ok := d.objects[bucket+"/"+name]
	if !ok {
		return "", "", status.Errorf(status.NotFound, "No such object: %s/%s", bucket, name)
	}
	return o[0], o[1], nil
}

func (d *deployed) put(t *testing.T, bucket, name, mediaType, content string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "content")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	d.objects[bucket+"/"+name] = [2]string{file, mediaType}
}

func (d *deployed) write(t *testing.T, lines string) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(d.folder, project+".jsonl"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(lines); err != nil {
		t.Fatal(err)
	}
}

const (
	project  = "docx2pdf-local"
	prefix   = "projects/" + project
	topic    = prefix + "/topics/docx2pdf-uploads-95a1d54"
	dead     = prefix + "/topics/docx2pdf-dead-letters-b9da7ff"
	push     = prefix + "/subscriptions/docx2pdf-push-1550537"
	letters  = prefix + "/subscriptions/docx2pdf-dead-letters-4902015"
	run      = prefix + "/locations/us-central1/services/docx2pdf"
	input    = "docx2pdf-input-eb201a8"
	output   = "docx2pdf-output-a0854f5"
	endpoint = "http://127.0.0.1:17545"
	caller   = "serviceAccount:cr-test@docx2pdf-local.iam.gserviceaccount.com"
	runner   = "docx2pdf-run-3196b7a7@docx2pdf-local.iam.gserviceaccount.com"
	pusher   = "docx2pdf-push-3196b7a7@docx2pdf-local.iam.gserviceaccount.com"
)

var granted = console.Verdict{Allowed: true, Why: "serviceAccount:x has roles/y on z"}

// deployment is what the product's program makes, as the page gets it.
func deployment() console.State {
	objects := func(n int, ending, kind string) (all []console.Object) {
		for i := range n {
			all = append(
				all,
				console.Object{
					Name: fmt.Sprintf("letters/2026/report-%02d.%s", i, ending),
					Size: uint64(57_040 * (i + 1)),
					Type: kind,
					Time: time.Now().Add(-time.Duration(i) * time.Minute).UTC().Format(time.RFC3339Nano),
				},
			)
		}
		return all
	}
	const word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	policies := []console.Policy{
		{Resource: "buckets/" + input, Role: "roles/storage.objectUser", Member: caller},
		{
			Resource: "buckets/" + input,
			Role:     "roles/storage.legacyBucketOwner",
			Member:   "projectOwner:" + project,
			Default:  true,
		},
		{Resource: prefix + "/serviceAccounts/" + pusher, Role: "roles/iam.serviceAccountTokenCreator",
			Member: "serviceAccount:service-432517926247@gcp-sa-pubsub.iam.gserviceaccount.com"},
		{Resource: prefix, Role: "roles/owner", Member: "user:owner@example.com", Default: true},
	}
	return console.State{
		Address: "127.0.0.1:8790",
		Projects: []console.Project{
			{ID: project, Number: "432517926247", APIs: []string{"artifactregistry", "cloudresourcemanager", "run"}},
		},
		Buckets: []console.Bucket{
			{
				Name:    input,
				Project: project,
				Count:   12,
				Bytes:   3_400_000,
				Objects: objects(12, "docx", word),
				Topics:  []console.Notice{{Topic: topic, Events: []string{"OBJECT_FINALIZE"}, Grant: granted}},
			},
			{
				Name:    output,
				Project: project,
				Count:   2,
				Bytes:   114_080,
				Objects: objects(2, "pdf", "application/pdf"),
				Topics:  []console.Notice{},
			},
		},
		Services: []console.Service{
			{
				Name:  run,
				URL:   endpoint,
				State: "ready",
				Image: "us-central1-docker.pkg.dev/p/r/docx2pdf@sha256:" +
					"52ea8e127dbe46c45c6e9a345449cbc6c3b560321243d1217a3c23b1d8a13222",
				Account:   runner,
				Revisions: []console.Revision{{Name: "docx2pdf-00001-die", State: "ready", Instances: 2, Serving: true}},
				Buckets:   []console.Access{{Bucket: input, Read: granted}, {Bucket: output, Read: granted, Write: granted}},
			},
		},
		Builds: []console.Build{
			{
				ID:     "9abb68be-d7e4-43ed-bccf-933423e7c39e",
				Status: "SUCCESS",
				Time:   time.Now().Add(-time.Hour).Format(time.RFC3339Nano),
				End:    time.Now().Add(-time.Hour + 5*time.Second).Format(time.RFC3339Nano),
				Images: []string{},
			},
		},
		Repositories: []console.Repository{
			{Name: prefix + "/locations/us-central1/repositories/docx2pdf-images", Images: []string{}},
		},
		Accounts: []console.Account{{Email: "cr-test@docx2pdf-local.iam.gserviceaccount.com", Keys: 1}},
		Topics:   []string{dead, topic},
		Backlogs: []console.Subscription{
			{Name: letters, Topic: dead},
			{
				Name:        push,
				Topic:       topic,
				Endpoint:    endpoint,
				Account:     pusher,
				DeadLetters: dead,
				Attempts:    10,
				Push:        granted,
				Dead:        granted,
			},
		},
		Policies: policies,
		Others:   []string{prefix + "/dashboards/de43af4e-b134-4920-8388-a97b0d3946bf"},
	}
}

// conversion is what a document that is dropped leaves in the log.
func conversion(i int) []traffic.Entry {
	return []traffic.Entry{
		{
			Time:       time.Now(),
			Method:     http.MethodGet,
			Path:       fmt.Sprintf("/storage/v1/b/%s/o/letters%%2Freport-%d.docx", input, i),
			Call:       "storage.objects.get",
			Caller:     "serviceAccount:" + runner,
			Status:     200,
			Why:        "serviceAccount:" + runner + " has roles/storage.objectViewer on buckets/" + input,
			Permission: "storage.objects.get",
			Resource:   "buckets/" + input + "/objects",
			Duration:   400 * time.Microsecond,
		},
		{
			Time:       time.Now(),
			Method:     http.MethodPost,
			Path:       endpoint + "/",
			Call:       "run.routes.invoke",
			Caller:     "serviceAccount:" + pusher,
			Agent:      "CloudPubSub-Google",
			Status:     200,
			Why:        "serviceAccount:" + pusher + " has roles/run.invoker on " + run,
			Permission: "run.routes.invoke",
			Resource:   run,
			Duration:   162 * time.Millisecond,
		},
		{Time: time.Now(), Method: http.MethodPost, Path: endpoint, Call: "push docx2pdf-push-1550537",
			Caller: "serviceAccount:service-432517926247@gcp-sa-pubsub.iam.gserviceaccount.com", Status: 200,
			Why: "message 17, delivery attempt 1", Duration: 164 * time.Millisecond},
	}
}

// refused is a call of the caller that lacks a permission.
var refused = traffic.Entry{
	Method: http.MethodDelete,
	Path:   "/storage/v1/b/" + output + "/o/demo.pdf",
	Call:   "storage.objects.delete",
	Caller: caller,
	Status: 403,
	Why: "no role of " + caller + " on buckets/" + output +
		"/objects or buckets/" + output + " or " + prefix + " holds storage.objects.delete",
	Permission: "storage.objects.delete",
	Resource:   "buckets/" + output + "/objects",
	Duration:   300 * time.Microsecond,
}

func (d *deployed) add(entries ...traffic.Entry) {
	for _, e := range entries {
		if e.Time.IsZero() {
			e.Time = time.Now()
		}
		d.log.Add(e)
	}
}
