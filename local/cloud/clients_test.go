package cloud_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"google.golang.org/api/googleapi"
	iamapi "google.golang.org/api/iam/v1"
	"google.golang.org/api/idtoken"
	"google.golang.org/api/option"
	pubsubapi "google.golang.org/api/pubsub/v1"
	runapi "google.golang.org/api/run/v2"
	storageapi "google.golang.org/api/storage/v1"
)

// googleAgent is what Google's clients call themselves; google-auth leaves that to python-requests.
var googleAgent = regexp.MustCompile("^(google-api-go-client|gcloud-golang|python-requests|google-api-python-client)")

// caller deploys the container and gives a service account what a caller has: the service, and objects of one bucket.
func (w *world) caller() (key keyFile, url string) {
	w.t.Helper()
	url, _ = w.service(nil)
	w.bucket("documents")
	caller := "caller@" + project + ".iam.gserviceaccount.com"
	w.grant(bucketPolicy("documents"), "roles/storage.objectUser", "serviceAccount:"+caller)
	return w.key(caller), url
}

func TestPythonGoogleAuth(t *testing.T) {
	w := start(t)
	defer w.checkedBy("client", googleAgent)
	key, url := w.caller()
	file := filepath.Join(t.TempDir(), "key.json")
	if err := os.WriteFile(file, key.raw, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/usr/bin/python3", "testdata/google_auth.py", file, url, "documents", w.url(""))
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s; is python3-google-auth installed?", err, problems.String())
	}
	want := `run 200 {"message": {"attributes": {"bucketId": "documents", "objectId": "demo.docx"}}}
upload 200 17
download 200 hello from python
forbidden 403
audience 401
`
	if string(out) != want {
		t.Errorf("Python printed\n%s\nwant\n%s", out, want)
	}
}

// toLocal sends the requests for Google's published keys to the local cloud.
type toLocal struct{ host string }

func (l toLocal) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL = &url.URL{Scheme: "http", Host: l.host, Path: r.URL.Path}
	return http.DefaultTransport.RoundTrip(r)
}

func TestGoIDToken(t *testing.T) {
	w := start(t)
	defer w.checkedBy("client", googleAgent)
	key, url := w.caller()
	ctx := context.Background()
	client, err := idtoken.NewClient(ctx, url, option.WithAuthCredentialsJSON(option.ServiceAccount, key.raw))
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != 200 {
		t.Errorf("the service answered %s", response.Status)
	}
	validator, err := idtoken.NewValidator(ctx, option.WithHTTPClient(&http.Client{Transport: toLocal{w.address}}))
	if err != nil {
		t.Fatal(err)
	}
	token := w.exchange(key.assertion(t, nil)).want(200).text("id_token")
	payload, err := validator.Validate(ctx, token, "https://service.example.com")
	if err != nil || payload.Claims["email"] != key.ClientEmail || payload.Issuer != "https://accounts.google.com" {
		t.Errorf("validating: %v %v", payload, err)
	}
	if _, err := validator.Validate(ctx, token, "https://another.example.com"); err == nil {
		t.Error("a token for another audience was found valid")
	}
}

func TestGoStorageAPI(t *testing.T) {
	w := start(t)
	defer w.checkedBy("client", googleAgent)
	key, _ := w.caller()
	service, err := storageapi.NewService(context.Background(), option.WithAuthCredentialsJSON(option.ServiceAccount,
		key.raw), option.WithEndpoint(w.url("/storage/v1/")))
	if err != nil {
		t.Fatal(err)
	}
	big := bytes.Repeat([]byte("0123456789abcdef"), 40<<10) // three chunks
	o, err := service.Objects.Insert("documents", &storageapi.Object{Name: "dir/big one.txt"}).Media(bytes.NewReader(big),
		googleapi.ChunkSize(256<<10)).IfGenerationMatch(0).Do()
	if err != nil || o.Size != uint64(len(big)) {
		t.Fatalf("resumable upload: %+v %v", o, err)
	}
	response, err := service.Objects.Get("documents", "dir/big one.txt").Generation(o.Generation).Download()
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if data, err := io.ReadAll(response.Body); err != nil || !bytes.Equal(data, big) {
		t.Errorf("downloaded %d bytes, want %d: %v", len(data), len(big), err)
	}
	page, err := service.Objects.List("documents").Delimiter("/").Do()
	if err != nil || len(page.Prefixes) != 1 || page.Prefixes[0] != "dir/" {
		t.Errorf("listing: %+v %v", page, err)
	}
	_, err = service.Objects.Get("documents", "none").Do()
	var refused *googleapi.Error
	if !asGoogle(err, &refused) || refused.Code != 404 || !strings.HasPrefix(refused.Message, "No such object") {
		t.Errorf("reading what is not there: %v", err)
	}
	if err := service.Objects.Delete("documents", "dir/big one.txt").Do(); err != nil {
		t.Error(err)
	}
	if err := service.Buckets.Delete("documents").Do(); !asGoogle(err, &refused) || refused.Code != 403 {
		t.Errorf("deleting the bucket: %v, want 403", err)
	}
}

func asGoogle(err error, into **googleapi.Error) bool {
	e, ok := err.(*googleapi.Error)
	if ok {
		*into = e
	}
	return ok
}

func TestGoIAMRunAndPubSubAPIs(t *testing.T) {
	w := start(t)
	defer w.checkedBy("client", googleAgent)
	ctx := context.Background()
	as := option.WithHTTPClient(&http.Client{Transport: bearer(w.owner)})
	iamService, err := iamapi.NewService(ctx, as, option.WithEndpoint(w.url("/iam/")))
	if err != nil {
		t.Fatal(err)
	}
	account, err := iamService.Projects.ServiceAccounts.Create("projects/"+project,
		&iamapi.CreateServiceAccountRequest{AccountId: "from-go"}).Do()
	if err != nil || account.Email != "from-go@"+project+".iam.gserviceaccount.com" {
		t.Fatalf("creating an account: %+v %v", account, err)
	}
	key, err := iamService.Projects.ServiceAccounts.Keys.Create(account.Name,
		&iamapi.CreateServiceAccountKeyRequest{}).Do()
	if err != nil || key.PrivateKeyData == "" {
		t.Fatalf("creating a key: %v", err)
	}

	runService, err := runapi.NewService(ctx, as, option.WithEndpoint(w.url("/run/")))
	if err != nil {
		t.Fatal(err)
	}
	if list, err := runService.Projects.Locations.Services.List("projects/" + project +
		"/locations/us-central1").Do(); err != nil || len(list.Services) != 0 {
		t.Errorf("listing services: %+v %v", list, err)
	}

	pubsubService, err := pubsubapi.NewService(ctx, as, option.WithEndpoint(w.url("/pubsub/")))
	if err != nil {
		t.Fatal(err)
	}
	topic, sub := "projects/"+project+"/topics/news", "projects/"+project+"/subscriptions/readers"
	if _, err := pubsubService.Projects.Topics.Create(topic, &pubsubapi.Topic{}).Do(); err != nil {
		t.Fatal(err)
	}
	if _, err := pubsubService.Projects.Subscriptions.Create(sub, &pubsubapi.Subscription{Topic: topic}).Do(); err != nil {
		t.Fatal(err)
	}
	data := base64.StdEncoding.EncodeToString([]byte("hello"))
	if _, err := pubsubService.Projects.Topics.Publish(topic,
		&pubsubapi.PublishRequest{Messages: []*pubsubapi.PubsubMessage{{Data: data}}}).Do(); err != nil {
		t.Fatal(err)
	}
	pulled, err := pubsubService.Projects.Subscriptions.Pull(sub, &pubsubapi.PullRequest{MaxMessages: 1}).Do()
	if err != nil || len(pulled.ReceivedMessages) != 1 || pulled.ReceivedMessages[0].Message.Data != data {
		t.Fatalf("pulling: %+v %v", pulled, err)
	}
	if _, err := pubsubService.Projects.Subscriptions.Acknowledge(sub,
		&pubsubapi.AcknowledgeRequest{AckIds: []string{pulled.ReceivedMessages[0].AckId}}).Do(); err != nil {
		t.Error(err)
	}
	if w.backlog("readers") != 0 {
		t.Error("the message is still there after its acknowledgement")
	}
}

// bearer puts an access token on every request.
type bearer string

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+string(b))
	return http.DefaultTransport.RoundTrip(r)
}

// curl with an identity token, as the documentation shows it.
func TestCurl(t *testing.T) {
	w := start(t)
	key, url := w.caller()
	token := w.idToken(key.ClientEmail, url)
	out, err := exec.Command("curl", "-sS", "-o", os.DevNull, "-w", "%{http_code}", "-H", "Authorization: Bearer "+token,
		url).CombinedOutput()
	if err != nil || string(out) != "200" {
		t.Errorf("curl with an identity token: %s %v", out, err)
	}
	out, err = exec.Command("curl", "-sS", "-o", os.DevNull, "-w", "%{http_code}", url).CombinedOutput()
	if err != nil || string(out) != "403" {
		t.Errorf("curl without a token: %s %v", out, err)
	}
}

// Google's Go client for Cloud Storage, which is a module of its own under testdata.
func TestGoStorageClient(t *testing.T) {
	w := start(t)
	defer w.checkedBy("client", googleAgent)
	key, _ := w.caller()
	file := filepath.Join(t.TempDir(), "key.json")
	if err := os.WriteFile(file, key.raw, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "run", ".", w.url("/storage/v1/"), file, "documents")
	cmd.Dir, cmd.Env = "testdata/storageclient", append(os.Environ(), "GOWORK=off")
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s%s", err, out, problems.String())
	}
	want := `written 1310720 text/x v
again refused: true
read true
range 0123 <nil>
copied 1310720
composed 2621440
updated text/y
listed both
listed copy
listed dir/
missing: true
missing: true
bucket refused: true
`
	if string(out) != want {
		t.Errorf("the client printed\n%s\nwant\n%s", out, want)
	}
}

// Google's API client for Python, with the discovery documents that Google's Go client carries.
func TestPythonAPIClient(t *testing.T) {
	w := start(t)
	defer w.checkedBy("client", googleAgent)
	key, _ := w.caller()
	w.topic("news")
	w.grant(pubsub+"/topics/news", "roles/pubsub.publisher", "serviceAccount:"+key.ClientEmail)
	file := filepath.Join(t.TempDir(), "key.json")
	if err := os.WriteFile(file, key.raw, 0o600); err != nil {
		t.Fatal(err)
	}
	discovery, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "google.golang.org/api").Output()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/usr/bin/python3", "testdata/google_api.py", file, w.url(""), project, "documents",
		strings.TrimSpace(string(discovery)))
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s; is python3-googleapi installed?", err, problems.String())
	}
	want := `uploaded 786432 text/x
downloaded True
listed ['dir/from python']
missing 404 True
denied 403 True
published 1
`
	if string(out) != want {
		t.Errorf("Python printed\n%s\nwant\n%s", out, want)
	}
}
