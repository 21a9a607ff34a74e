package run_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"docx2pdf/local/google/logging"
	"docx2pdf/local/google/registry"
	"docx2pdf/local/google/run"
	"docx2pdf/local/google/servicetest"
	"docx2pdf/local/machine/container"
)

const (
	image    = "europe-west1-docker.pkg.dev/" + servicetest.Project + "/images/app"
	location = "/v2/projects/" + servicetest.Project + "/locations/europe-west1"
	app      = "/run" + location + "/services/app"
	runner   = "runner@" + servicetest.Project + ".iam.gserviceaccount.com"
)

// TestMain is also the program of the containers: one answers with the text that its image has.
func TestMain(m *testing.M) {
	if text := os.Getenv("TEST_CONTAINER"); text != "" {
		http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, text, " ", os.Getenv("K_REVISION"), " ", r.Header.Get("Authorization"))
		})
		fmt.Println(http.ListenAndServe(os.Getenv("HOST")+":"+os.Getenv("PORT"), nil))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// world is Cloud Run with a registry to pull from.
type world struct {
	*servicetest.World
	t *testing.T
}

func start(t *testing.T) world {
	t.Helper()
	w := world{servicetest.Start(t, t.TempDir()), t}
	images, err := registry.Open(w.DB, w.Policies, w.Door, w.Operations, w.Keys, nil)
	if err != nil {
		t.Fatal(err)
	}
	logs, err := logging.Open(w.DB)
	if err != nil {
		t.Fatal(err)
	}
	const agent = "service-1@serverless-robot-prod.iam.gserviceaccount.com"
	service, err := run.Open(w.DB, run.Services{Policies: w.Policies, Door: w.Door, Tokens: w.Tokens, Accounts: w.Accounts,
		Projects: w.Projects, Logging: logs, Operations: w.Operations, Log: w.Log,
		Address: func() string { return strings.TrimPrefix(w.URL, "http://") },
		Agent:   func(string) string { return agent }}, run.Options{Idle: time.Minute, Pending: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(service.Close)
	w.Serve(map[string]http.Handler{"/v2/": images}, images.API(), service.API(), w.Accounts.API())
	if _, err := w.Accounts.Agent(servicetest.Project, "run.googleapis.com", agent); err != nil {
		t.Fatal(err)
	}
	if err := w.Policies.Grant("projects/"+servicetest.Project, "roles/run.serviceAgent",
		"serviceAccount:"+agent); err != nil {
		t.Fatal(err)
	}
	w.Call("POST", "/iam/v1/projects/"+servicetest.Project+"/serviceAccounts",
		map[string]any{"accountId": "runner"}).Want(200)
	w.Call("POST", "/artifactregistry/v1/projects/"+servicetest.Project+
		"/locations/europe-west1/repositories?repositoryId=images", map[string]any{"format": "DOCKER"}).Want(200)
	return w
}

// push pushes an image whose container answers with a text.
func (w world) push(tag, text string) {
	w.t.Helper()
	program, err := os.Executable()
	if err != nil {
		w.t.Fatal(err)
	}
	made, err := mutate.ConfigFile(empty.Image, &v1.ConfigFile{OS: "linux", Architecture: "amd64",
		Config: v1.Config{Entrypoint: []string{program}, Env: []string{"TEST_CONTAINER=" + text},
			Labels: map[string]string{container.HostLabel: "true"}}})
	if err != nil {
		w.t.Fatal(err)
	}
	at, err := name.ParseReference(strings.TrimPrefix(w.URL, "http://")+"/"+image+":"+tag, name.Insecure)
	if err == nil {
		err = remote.Write(at, made, remote.WithAuth(&authn.Bearer{Token: w.Tokens.OwnerToken()}))
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

func service(tag string) map[string]any {
	return map[string]any{"template": map[string]any{"serviceAccount": runner,
		"containers": []any{map[string]any{"image": image + ":" + tag}}}}
}

// deployed is a service as its last deployment left it.
type deployed struct {
	URI, LatestReadyRevision, Etag string
	TerminalCondition              struct{ State, Message string }
}

// deploy makes the service or changes it, and waits for the end of that.
func (w world) deploy(tag string) (d deployed) {
	w.t.Helper()
	method, path := "PATCH", app
	if w.Call("GET", app, nil).Status == 404 {
		method, path = "POST", "/run"+location+"/services?serviceId=app"
	}
	w.Call(method, path, service(tag)).Want(200)
	w.Operations.Wait()
	w.Call("GET", app, nil).Want(200).Into(&d)
	return d
}

// ask calls the service with an ID token of its account, or without one for no audience.
func (w world) ask(url, audience string) (int, string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, url+"/", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	if audience != "" {
		token, err := w.Tokens.IDToken(runner, audience)
		if err != nil {
			w.t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func TestAServiceAnswersWhoMayCallIt(t *testing.T) {
	w := start(t)
	w.push("v1", "hello")
	d := w.deploy("v1")
	if d.TerminalCondition.State != "CONDITION_SUCCEEDED" {
		t.Fatalf("%+v", d)
	}
	if code, _ := w.ask(d.URI, ""); code != 403 {
		t.Errorf("without a token: %d", code)
	}
	if code, _ := w.ask(d.URI, "https://example.com"); code != 401 {
		t.Errorf("with a token for another: %d", code)
	}
	if code, _ := w.ask(d.URI, d.URI); code != 403 {
		t.Errorf("without the role: %d", code)
	}
	if err := w.Policies.Grant(strings.TrimPrefix(app, "/run/v2/"), "roles/run.invoker",
		"serviceAccount:"+runner); err != nil {
		t.Fatal(err)
	}
	code, body := w.ask(d.URI, d.URI)
	if code != 200 || !strings.HasPrefix(body, "hello app-00001-") ||
		!strings.HasSuffix(body, ".SIGNATURE_REMOVED_BY_GOOGLE") {
		t.Errorf("with all: %d %s", code, body)
	}
}

// A deployment that fails says why, and what served before goes on.
func TestAFailedDeploymentLeavesWhatServes(t *testing.T) {
	w := start(t)
	w.push("v1", "first")
	first := w.deploy("v1")
	if err := w.Policies.Grant(strings.TrimPrefix(app, "/run/v2/"), "roles/run.invoker",
		"serviceAccount:"+runner); err != nil {
		t.Fatal(err)
	}
	failed := w.deploy("none")
	if c := failed.TerminalCondition; c.State != "CONDITION_FAILED" || !strings.Contains(c.Message, "not found") {
		t.Errorf("%+v", c)
	}
	if code, body := w.ask(first.URI, first.URI); code != 200 || !strings.HasPrefix(body, "first") {
		t.Errorf("after a failed deployment: %d %s", code, body)
	}
	w.push("v2", "second")
	second := w.deploy("v2")
	if code, body := w.ask(second.URI, second.URI); code != 200 || !strings.HasPrefix(body, "second") ||
		second.URI != first.URI || second.LatestReadyRevision == first.LatestReadyRevision {
		t.Errorf("after the next: %d %s, %+v", code, body, second)
	}
	stale := service("v1")
	stale["etag"] = first.Etag
	w.Call("PATCH", app, stale).Want(409) // it was changed meanwhile
}
