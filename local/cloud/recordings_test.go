package cloud_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"docx2pdf/local/cloud"
)

const recordingAgent = "recording"

// recording is a sequence of calls to real Google Cloud and its answers.
type recording struct {
	Exchanges []exchange `json:"exchanges"`
}

type exchange struct {
	N            int             `json:"n"`
	Method       string          `json:"method"`
	URL          string          `json:"url"`
	RequestBody  json.RawMessage `json:"requestBody"`
	MediaType    string          `json:"requestMediaType"`
	Status       int             `json:"status"`
	ResponseBody json.RawMessage `json:"responseBody"`
	Repeated     int             `json:"repeated"`
}

// replay says how a recording is played against the local cloud.
type replay struct {
	// setup makes what the recording finds, and returns what its names are here.
	setup func(w *world) (names map[string]string)
	// only are the exchanges that are played; nil plays all.
	only []int
	// missing are fields of Google's answers that the local cloud does not have, with the reason.
	missing map[string]string
}

// newer are fields that Google added after a recording was made, or left out of it when it was cleaned.
var newer = []string{"urls", "scaling", "generation", "registryUri", "vulnerabilityScanningConfig", "satisfiesPzi",
	"config", "lockedTime", "ingress", "errors", "status"}

// chosen are fields whose values the server chooses.
var chosen = regexp.MustCompile(`(?i)(\.etag|\.uid|uniqueId|oauth2ClientId|time|time[a-z]+|updated|\.generation|projectNumber|selfLink|mediaLink|\.uri|\.id|privateKeyData|latestReadyRevision|latestCreatedRevision|\.name|\.creator|lastModifier)$`)

func TestRecordingsOfGoogleReplay(t *testing.T) {
	none := func(*world) map[string]string { return nil }
	replays := map[string]replay{
		"artifactregistry-repository-gcloud-crud": {setup: none},
		// 2 was recorded without its request
		"artifactregistry-repository-get-patch-2026": {setup: labelledRepository, only: []int{1}},
		"crm-project-iam-get-set":                    {setup: oneOwner},
		"crm-project-get": {setup: none, missing: map[string]string{"labels": "of that project",
			"parent": "there is no organisation"}},
		// 5: billing is always on here
		"crm-project-missing-403-and-lifecycle": {setup: none, only: []int{1, 2, 3, 4},
			missing: map[string]string{"parent": "there is no organisation"}},
		"iam-serviceaccount-create-get-delete":     {setup: none},
		"iam-serviceaccount-disable-update":        {setup: none},
		"iam-serviceaccount-full-update":           {setup: none},
		"iam-serviceaccountkey-create-list-delete": {setup: none},
		// 6 is a 404 before the write has spread
		"pubsub-push-subscription-oidc-deadletter": {setup: pushAccounts, only: []int{1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12}},
		"pubsub-topic-create-get-delete":           {setup: none},
		"pubsub-topic-create-get-delete-2":         {setup: none},
		"run-v2-service-create-poll-patch-delete":  {setup: helloImage, only: []int{1, 2, 4, 5, 6, 8, 9}},
		"run-v2-service-create-patch-delete-2":     {setup: helloImage},
		"serviceusage-batchenable-enable":          {setup: none},
		"storage-bucket-create-get-delete":         {setup: none},
		"storage-bucket-iam-get-put-get":           {setup: publicBucket, only: []int{1}},
		"storage-notification-base": {setup: storageAgent,
			missing: map[string]string{"messageStoragePolicy": "of that organisation"}},
		"storage-object-errors":            {setup: blobBucket, only: []int{1}},
		"storage-object-list":              {setup: threeBlobs},
		"storage-object-metadata":          {setup: blobBucket},
		"storage-object-upload-get-delete": {setup: blobBucket},
	}
	files, err := filepath.Glob("testdata/recordings/*.json")
	if err != nil || len(files) != len(replays) {
		t.Fatalf("%d recordings and %d replays: %v", len(files), len(replays), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var r recording
			if err := json.Unmarshal(data, &r); err != nil {
				t.Fatal(err)
			}
			if len(r.Exchanges) == 0 {
				t.Fatal("the recording is empty")
			}
			w := start(t)
			player{world: w, replay: replays[name]}.play(r)
			w.checkedBy("recording", regexp.MustCompile("^"+recordingAgent+"$"))
		})
	}
}

type player struct {
	*world
	replay replay
	names  map[string]string // what Google's names are here
}

func (p player) play(r recording) {
	number := p.call(p.owner, "GET", projectPolicy, nil).text("projectNumber")
	p.names = map[string]string{"example-project": project, "${projectId}": project, "${projectNumber}": number,
		"${uniqueId}": "abc123", "123456789": number}
	for k, v := range p.replay.setup(p.world) {
		p.names[k] = v
	}
	for _, e := range r.Exchanges {
		if p.replay.only != nil && !slices.Contains(p.replay.only, e.N) {
			continue
		}
		for range max(e.Repeated, 1) {
			p.exchange(e)
		}
	}
}

func (p player) exchange(e exchange) {
	p.t.Helper()
	got := p.send(e)
	at := fmt.Sprintf("exchange %d, %s %s", e.N, e.Method, e.URL)
	if got.status != e.Status {
		p.t.Errorf("%s: status %d, Google's is %d: %s", at, got.status, e.Status, got.body)
		return
	}
	var want any
	if err := json.Unmarshal(e.ResponseBody, &want); err != nil || want == nil || dig(want, "_scrubbed") != nil ||
		dig(want, "_notRecorded") != nil {
		return
	}
	if text, ok := want.(string); ok {
		if text != string(got.body) {
			p.t.Errorf("%s: %q, Google's is %q", at, got.body, text)
		}
		return
	}
	p.compare(at, "", want, got.at())
}

// send makes the recorded call with the names that things have here.
func (p player) send(e exchange) answer {
	p.t.Helper()
	p.userAgent = recordingAgent
	defer func() { p.userAgent = "" }()
	u, err := url.Parse(p.rename(e.URL))
	if err != nil {
		p.t.Fatal(err)
	}
	mount, _, _ := strings.Cut(u.Host, ".")
	path := u.RequestURI()
	if mount != "storage" {
		path = "/" + mount + path
	}
	body := p.rename(string(e.RequestBody))
	if e.MediaType == "multipart/related" {
		var parts []json.RawMessage
		var content string
		if err := json.Unmarshal([]byte(body), &parts); err != nil || json.Unmarshal(parts[1], &content) != nil {
			p.t.Fatal("not a multipart body")
		}
		r, _ := http.NewRequest(e.Method, p.url(path), strings.NewReader("--x\r\nContent-Type: application/json\r\n\r\n"+
			string(parts[0])+"\r\n--x\r\nContent-Type: text/plain\r\n\r\n"+content+"\r\n--x--"))
		r.Header.Set("Content-Type", "multipart/related; boundary=x")
		r.Header.Set("Authorization", "Bearer "+p.owner)
		r.Header.Set("User-Agent", recordingAgent)
		return p.do(r)
	}
	if body == "" || body == "null" {
		return p.call(p.owner, e.Method, path, nil)
	}
	return p.call(p.owner, e.Method, path, body)
}

// rename puts this cloud's names in the place of Google's, the longest first.
func (p player) rename(text string) string {
	var from []string
	for name := range p.names {
		from = append(from, name)
	}
	slices.SortFunc(from, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, name := range from {
		pairs = append(pairs, name, p.names[name])
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// compare holds an answer against Google's: the same fields of the same types, and the same values where the server
// does not choose them.
func (p player) compare(at, path string, want, got any) {
	p.t.Helper()
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			p.t.Errorf("%s: %s is %v, Google's is an object", at, path, got)
			return
		}
		for name, value := range w {
			if _, have := g[name]; have {
				p.compare(at, path+"."+name, value, g[name])
			} else if p.replay.missing[name] == "" {
				p.t.Errorf("%s: %s.%s is missing, Google's is %v", at, path, name, value)
			}
		}
		for name := range g {
			if _, have := w[name]; !have && !slices.Contains(newer, name) {
				p.t.Errorf("%s: %s.%s is %v, Google has no such field", at, path, name, g[name])
			}
		}
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			p.t.Errorf("%s: %s is %v, Google's is %v", at, path, got, want)
			return
		}
		for i := range w {
			p.compare(at, fmt.Sprintf("%s[%d]", path, i), w[i], g[i])
		}
	default:
		p.compareValue(at, path, want, got)
	}
}

func (p player) compareValue(at, path string, want, got any) {
	p.t.Helper()
	if fmt.Sprintf("%T", want) != fmt.Sprintf("%T", got) {
		p.t.Errorf("%s: %s is %v (%T), Google's is %v (%T)", at, path, got, got, want, want)
		return
	}
	text, isText := want.(string)
	if isText && p.rename(text) == got {
		return
	}
	if want == got {
		return
	}
	if !chosen.MatchString(path) {
		p.t.Errorf("%s: %s is %v, Google's is %v", at, path, got, want)
		return
	}
	if name, value := text, fmt.Sprint(got); isText && len(name) > 8 {
		// What the server chose is called so from here on.
		if i := strings.LastIndex(name, "/"); i >= 0 && strings.Contains(value, "/") {
			name, value = name[i+1:], value[strings.LastIndex(value, "/")+1:]
		}
		p.names[name] = value
	}
}

func pushAccounts(w *world) map[string]string {
	w.account("gsa-1-abc123")
	w.account("gsa-2-abc123")
	return nil
}

func labelledRepository(w *world) map[string]string {
	w.call(w.owner, "POST", "/artifactregistry/v1"+location+"/repositories?repositoryId=c7n-artifact-repo",
		map[string]any{"format": "DOCKER", "description": "Cloud Custodian test artifact repository",
			"labels": map[string]any{"goog-terraform-provisioned": "true", "env": "production"}}).want(200)
	return map[string]string{"cloud-custodian": project, "stacklet-test-policies": project}
}

func oneOwner(*world) map[string]string {
	return map[string]string{"serviceAccount:integration-test@example-project.iam.gserviceaccount.com": "user:" +
		cloud.Owner}
}

func blobBucket(w *world) map[string]string {
	w.call(w.owner, "POST", "/storage/v1/b?project="+project, map[string]any{"name": "go-cloud-blob-test-bucket",
		"storageClass": "REGIONAL", "location": "us-central1",
		"iamConfiguration": map[string]any{"uniformBucketLevelAccess": map[string]any{"enabled": true}}}).want(200)
	return nil
}

func threeBlobs(w *world) map[string]string {
	blobBucket(w)
	for i := range 3 {
		r, _ := http.NewRequest("POST",
			w.url(fmt.Sprintf("/upload/storage/v1/b/go-cloud-blob-test-bucket/o?uploadType=media&name=blob-for-list-%d", i)),
			strings.NewReader("hello"))
		r.Header.Set("Content-Type", "text/plain; charset=utf-8")
		r.Header.Set("Authorization", "Bearer "+w.owner)
		w.do(r).want(200)
	}
	return nil
}

func publicBucket(w *world) map[string]string {
	w.call(w.owner, "POST", "/storage/v1/b?project="+project,
		map[string]any{"name": "iam-test-bucket-wuc48fhtok"}).want(200)
	account := w.account("iam-test-sa-wuc48fhtok")
	path := bucketPolicy("iam-test-bucket-wuc48fhtok")
	w.grant(path, "roles/storage.legacyBucketReader", "allAuthenticatedUsers")
	w.grant(path, "roles/storage.objectViewer", "allUsers")
	w.grant(path, "roles/storage.objectViewer", "serviceAccount:"+account)
	return map[string]string{"stacklet-test-policies": project, "cloud-custodian": "_"} // the recorder rewrote "_"
}

func storageAgent(w *world) map[string]string {
	w.call(w.owner, "GET", "/storage/v1/projects/"+project+"/serviceAccount", nil).want(200)
	return nil
}

// helloImage puts an image in the place of Google's sample, and lets the default account exist.
func helloImage(w *world) map[string]string {
	w.call(w.owner, "POST", "/serviceusage/v1/projects/"+project+"/services/compute.googleapis.com:enable",
		map[string]any{}).want(200)
	number := w.call(w.owner, "GET", projectPolicy, nil).text("projectNumber")
	return map[string]string{"gcr.io/cloudrun/hello": w.image(), "882850097339": number}
}
