package cloud_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"docx2pdf/local/cloud"
	"docx2pdf/local/fault"
)

const project = cloud.DefaultProject

// world is a local cloud that a test runs, seen as its clients see it: over HTTP.
type world struct {
	t         *testing.T
	dir       string
	options   cloud.Options
	cloud     *cloud.Cloud
	address   string
	stop      func()
	owner     string
	userAgent string // User-Agent of calls; empty for Go's own
}

type setting func(*cloud.Options)

func faults(plan fault.Plan) setting {
	return func(o *cloud.Options) { o.Faults = fault.New(plan) }
}

func idle(d time.Duration) setting { return func(o *cloud.Options) { o.Idle = d } }

func pending(d time.Duration) setting { return func(o *cloud.Options) { o.Pending = d } }

var apis = []string{"run.googleapis.com", "iam.googleapis.com", "iamcredentials.googleapis.com", "artifactregistry.googleapis.com", "cloudbuild.googleapis.com", "pubsub.googleapis.com"}

// start runs a cloud whose default project has all APIs enabled.
func start(t *testing.T, options ...setting) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), options: cloud.Options{Idle: time.Minute, Pending: 5 * time.Second}}
	for _, o := range options {
		o(&w.options)
	}
	w.options.Dir, w.options.Log = filepath.Join(w.dir, "cloud"), slog.New(slog.NewTextHandler(io.Discard, nil))
	w.up("127.0.0.1:0")
	w.call(w.owner, "POST", "/serviceusage/v1/projects/"+project+"/services:batchEnable", map[string]any{"serviceIds": apis}).want(200)
	return w
}

func (w *world) up(address string) {
	w.t.Helper()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	if w.cloud, err = cloud.Open(ctx, w.options); err != nil {
		w.t.Fatal(err)
	}
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() {
		done <- w.cloud.Serve(ctx, listener, func() error { close(ready); return nil })
	}()
	stopped := false
	w.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("serving: %v", err)
		}
	}
	w.t.Cleanup(w.stop)
	select {
	case <-ready:
	case err := <-done:
		w.t.Fatalf("starting: %v", err)
	}
	w.address, w.owner = w.cloud.Address(), w.cloud.OwnerToken()
}

// restart stops the cloud and starts it again on the same state and port.
func (w *world) restart() {
	w.t.Helper()
	w.stop()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections() // they lead to the cloud that was
	w.up(w.address)
}

func (w *world) url(path string) string { return "http://" + w.address + path }

// answer is what a call got.
type answer struct {
	t      *testing.T
	call   string
	status int
	header http.Header
	body   []byte
}

func (w *world) call(token, method, path string, body any) answer {
	w.t.Helper()
	var content io.Reader
	kind := "application/json"
	switch b := body.(type) {
	case nil:
	case []byte:
		content, kind = bytes.NewReader(b), "application/octet-stream"
	case string:
		content = strings.NewReader(b)
	default:
		data, err := json.Marshal(b)
		if err != nil {
			w.t.Fatal(err)
		}
		content = bytes.NewReader(data)
	}
	url := path
	if strings.HasPrefix(path, "/") {
		url = w.url(path)
	}
	r, err := http.NewRequest(method, url, content)
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	if w.userAgent != "" {
		r.Header.Set("User-Agent", w.userAgent)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return w.do(r)
}

func (w *world) do(r *http.Request) answer {
	w.t.Helper()
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		w.t.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	return answer{w.t, r.Method + " " + r.URL.String(), response.StatusCode, response.Header, data}
}

// want fails the test unless the call got the status.
func (a answer) want(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%s answered %d, want %d: %s", a.call, a.status, status, a.body)
	}
	return a
}

// saying fails the test unless the body holds the text.
func (a answer) saying(text string) answer {
	a.t.Helper()
	if !strings.Contains(string(a.body), text) {
		a.t.Fatalf("%s answered %d %s\nwant it to say %q", a.call, a.status, a.body, text)
	}
	return a
}

// at returns the value at a path of fields and indexes in the JSON answer, or nil.
func (a answer) at(path ...any) any {
	a.t.Helper()
	var value any
	if err := json.Unmarshal(a.body, &value); err != nil {
		a.t.Fatalf("%s: not JSON: %v: %s", a.call, err, a.body)
	}
	return dig(value, path...)
}

func dig(value any, path ...any) any {
	for _, step := range path {
		switch s := step.(type) {
		case string:
			fields, _ := value.(map[string]any)
			value = fields[s]
		case int:
			items, _ := value.([]any)
			if s >= len(items) {
				return nil
			}
			value = items[s]
		}
	}
	return value
}

func (a answer) text(path ...any) string {
	a.t.Helper()
	value := a.at(path...)
	if value == nil {
		a.t.Fatalf("%s: nothing at %v in %s", a.call, path, a.body)
	}
	return fmt.Sprint(value)
}

// eventually waits until the condition holds, and fails the test if it does not in time.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.NewTimer(30 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("waited 30 s in vain until %s", what)
		}
	}
}

// account makes a service account and returns its email.
func (w *world) account(id string) string {
	w.t.Helper()
	return w.call(w.owner, "POST", "/iam/v1/projects/"+project+"/serviceAccounts", map[string]any{"accountId": id}).want(200).text("email")
}

// token makes an access token of a service account: the owner gets token-creator rights on it first.
func (w *world) token(email string) string {
	w.t.Helper()
	w.mayMakeTokens(email)
	return w.call(w.owner, "POST", "/iamcredentials/v1/projects/-/serviceAccounts/"+email+":generateAccessToken",
		map[string]any{"scope": []string{"https://www.googleapis.com/auth/cloud-platform"}}).want(200).text("accessToken")
}

// idToken makes an ID token of a service account.
func (w *world) idToken(email, audience string) string {
	w.t.Helper()
	w.mayMakeTokens(email)
	return w.call(w.owner, "POST", "/iamcredentials/v1/projects/-/serviceAccounts/"+email+":generateIdToken",
		map[string]any{"audience": audience, "includeEmail": true}).want(200).text("token")
}

func (w *world) mayMakeTokens(email string) {
	w.t.Helper()
	w.grant("/iam/v1/projects/"+project+"/serviceAccounts/"+email, "roles/iam.serviceAccountTokenCreator", "user:"+cloud.Owner)
}

// grant adds a binding the way the provider does: read, modify, write.
func (w *world) grant(resource, role, member string) {
	w.t.Helper()
	w.changePolicy(resource, func(bindings []any) []any {
		return append(bindings, map[string]any{"role": role, "members": []string{member}})
	})
}

// revoke takes a member out of a role.
func (w *world) revoke(resource, role, member string) {
	w.t.Helper()
	w.changePolicy(resource, func(bindings []any) []any {
		for _, b := range bindings {
			binding := b.(map[string]any)
			if binding["role"] != role {
				continue
			}
			var kept []any
			for _, m := range binding["members"].([]any) {
				if m != member {
					kept = append(kept, m)
				}
			}
			binding["members"] = kept
		}
		return bindings
	})
}

func (w *world) changePolicy(resource string, change func([]any) []any) {
	w.t.Helper()
	getMethod, get, setMethod, set := "POST", resource+":getIamPolicy", "POST", resource+":setIamPolicy"
	bucket := strings.HasPrefix(resource, "/storage/")
	switch {
	case bucket:
		getMethod, get, setMethod, set = "GET", resource+"/iam", "PUT", resource+"/iam"
	case !strings.HasPrefix(resource, "/iam/") && !strings.HasPrefix(resource, "/cloudresourcemanager/"):
		getMethod = "GET"
	}
	policy := w.call(w.owner, getMethod, get, nil).want(200).at().(map[string]any)
	bindings, _ := policy["bindings"].([]any)
	policy["bindings"] = change(bindings)
	var body any = policy
	if !bucket {
		body = map[string]any{"policy": policy}
	}
	w.call(w.owner, setMethod, set, body).want(200)
}

const projectPolicy = "/cloudresourcemanager/v1/projects/" + project

func bucketPolicy(name string) string { return "/storage/v1/b/" + name }

func (w *world) bucket(name string) string {
	w.t.Helper()
	w.call(w.owner, "POST", "/storage/v1/b?project="+project, map[string]any{"name": name, "location": "us-central1",
		"iamConfiguration": map[string]any{"uniformBucketLevelAccess": map[string]any{"enabled": true}}}).want(200)
	return name
}

func (w *world) upload(bucket, name string, content []byte) answer {
	w.t.Helper()
	return w.call(w.owner, "POST", "/upload/storage/v1/b/"+bucket+"/o?uploadType=media&name="+name, content)
}

// await polls an operation until it is done and returns it.
func (w *world) await(path string) answer {
	w.t.Helper()
	var last answer
	eventually(w.t, path+" is done", func() bool {
		last = w.call(w.owner, "GET", path, nil).want(200)
		return last.at("done") == true
	})
	return last
}

const (
	location   = "/projects/" + project + "/locations/us-central1"
	repository = "/artifactregistry/v1" + location + "/repositories/images"
	builder    = "builder@" + project + ".iam.gserviceaccount.com"
	runtimeSA  = "runtime@" + project + ".iam.gserviceaccount.com"
)

// source is a zip of the test's container program, as the deployment uploads it.
func source(t *testing.T, files map[string]string) []byte {
	t.Helper()
	program, err := os.ReadFile("testdata/app/main.go")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{"go.mod": "module app\n\ngo 1.26\n", "app/main.go": string(program), "app/Dockerfile": "FROM scratch\n"}
	for name, content := range files {
		all[name] = content
	}
	var buffer bytes.Buffer
	z := zip.NewWriter(&buffer)
	for name, content := range all {
		f, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(f, content)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

// prepareBuild makes what a build needs: source bucket, repository, and an account with the three grants.
func (w *world) prepareBuild() {
	w.t.Helper()
	w.account("builder")
	w.bucket("source")
	w.call(w.owner, "POST", "/artifactregistry/v1"+location+"/repositories?repository_id=images", map[string]any{"format": "DOCKER"}).want(200)
	w.grant(bucketPolicy("source"), "roles/storage.objectViewer", "serviceAccount:"+builder)
	w.grant(repository, "roles/artifactregistry.writer", "serviceAccount:"+builder)
	w.grant(projectPolicy, "roles/logging.logWriter", "serviceAccount:"+builder)
}

const imageName = "us-central1-docker.pkg.dev/" + project + "/images/app"

func buildRequest(object, tag string) map[string]any {
	return map[string]any{
		"source": map[string]any{"storageSource": map[string]any{"bucket": "source", "object": object}},
		"steps":  []any{map[string]any{"name": "gcr.io/cloud-builders/docker", "args": []string{"build", "--file", "app/Dockerfile", "--tag", imageName + ":" + tag, "."}}},
		"images": []string{imageName + ":" + tag}, "timeout": "120s", "serviceAccount": "projects/" + project + "/serviceAccounts/" + builder,
		"options": map[string]any{"logging": "CLOUD_LOGGING_ONLY"},
	}
}

// build runs a build of a source and returns it when it is finished.
func (w *world) build(zip []byte, tag string) answer {
	w.t.Helper()
	w.upload("source", tag+".zip", zip).want(200)
	id := w.call(w.owner, "POST", "/cloudbuild/v1/projects/"+project+"/builds", buildRequest(tag+".zip", tag)).want(200).text("metadata", "build", "id")
	return w.finished(id)
}

func (w *world) finished(id string) answer {
	w.t.Helper()
	var b answer
	eventually(w.t, "the build is finished", func() bool {
		b = w.call(w.owner, "GET", "/cloudbuild/v1/projects/"+project+"/builds/"+id, nil).want(200)
		return b.text("status") != "QUEUED" && b.text("status") != "WORKING"
	})
	return b
}

// image builds the test's container and returns its name with the digest.
func (w *world) image() string {
	w.t.Helper()
	w.prepareBuild()
	b := w.build(source(w.t, nil), "v1")
	if b.text("status") != "SUCCESS" {
		w.t.Fatalf("build: %s", b.body)
	}
	return imageName + "@" + b.text("results", "images", 0, "digest")
}

// container is the template of a service with one container.
func container(image string, change func(template, container map[string]any)) map[string]any {
	c := map[string]any{"image": image, "resources": map[string]any{"limits": map[string]any{"cpu": "1", "memory": "512Mi"}, "cpuIdle": true}}
	template := map[string]any{"serviceAccount": runtimeSA, "containers": []any{c}, "scaling": map[string]any{"maxInstanceCount": 2}}
	if change != nil {
		change(template, c)
	}
	return map[string]any{"template": template}
}

// deploy creates or patches a service and returns the finished operation.
func (w *world) deploy(name string, service map[string]any) answer {
	w.t.Helper()
	method, path := "POST", "/run/v2"+location+"/services?serviceId="+name
	if w.call(w.owner, "GET", "/run/v2"+location+"/services/"+name, nil).status == 200 {
		method, path = "PATCH", "/run/v2"+location+"/services/"+name
	}
	operation := w.call(w.owner, method, path, service).want(200)
	if operation.at("done") == true {
		w.t.Fatalf("the first answer to a deployment is done: %s", operation.body)
	}
	return w.await("/run/v2/" + operation.text("name"))
}

// service builds and deploys the test's container with a caller who may invoke it.
func (w *world) service(change func(template, container map[string]any)) (url, token string) {
	w.t.Helper()
	image := w.image()
	w.account("runtime")
	url = w.deploy("app", container(image, change)).text("response", "uri")
	caller := w.account("caller")
	w.grant("/run/v2"+location+"/services/app", "roles/run.invoker", "serviceAccount:"+caller)
	return url, w.idToken(caller, url)
}
