package cloud_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// Every list and read shows what was made, and the page shows it too.
func TestListsAndReads(t *testing.T) {
	w := start(t)
	w.service(nil)
	topic := w.topic("news")
	w.subscribe("readers", topic, nil).want(200)
	key := w.key("caller@" + project + ".iam.gserviceaccount.com")
	w.call(w.owner, "PUT", "/storage/v1/b/source/o/v1.zip",
		map[string]any{"contentType": "application/zip"}).want(200).saying("application/zip")
	keys := "/iam/v1/projects/" + project + "/serviceAccounts/" + key.ClientEmail + "/keys"
	for path, want := range map[string]string{
		"/storage/v1/b?project=" + project:                                         "source",
		"/storage/v1/b/source/notificationConfigs":                                 "storage#notifications",
		"/storage/v1/b/source/iam/testPermissions?permissions=storage.buckets.get": "storage.buckets.get",
		"/cloudresourcemanager/v1/projects":                                        project,
		"/cloudbuild/v1/projects/" + project + "/builds":                           "SUCCESS",
		"/artifactregistry/v1" + location + "/repositories":                        "images",
		repository + "/dockerImages":                                               imageName,
		"/run/v2" + location + "/services":                                         "services/app",
		"/run/v2/projects/" + project + "/locations/-/services":                    "services/app",
		"/run/v2" + location + "/services/app/revisions":                           "app-00001-",
		"/iam/v1/projects/" + project + "/serviceAccounts":                         key.ClientEmail,
		keys + "?keyTypes=USER_MANAGED":                                            key.PrivateKeyID,
		keys + "/" + key.PrivateKeyID + "?publicKeyType=TYPE_RAW_PUBLIC_KEY":       "publicKeyData",
		pubsub + "/topics":                                                         "topics/news",
		pubsub + "/topics/news/subscriptions":                                      "subscriptions/readers",
		pubsub + "/subscriptions":                                                  "subscriptions/readers",
		"/serviceusage/v1/projects/" + project + "/services/run.googleapis.com":    "ENABLED",
		"/oauth2/v1/certs":                                                         "BEGIN CERTIFICATE",
		"/console/state":                                                           `"state":"ready","message":"","revisions":[{"name":"app-00001-`,
	} {
		w.call(w.owner, "GET", path, nil).want(200).saying(want)
	}
	w.call(w.owner, "PATCH", pubsub+"/topics/news?updateMask=labels",
		map[string]any{"topic": map[string]any{"labels": map[string]string{"a": "b"}}}).want(200).saying(`"a":"b"`)
	w.call(w.owner, "POST", pubsub+"/subscriptions/readers:modifyPushConfig",
		map[string]any{"pushConfig": map[string]any{"pushEndpoint": "https://example.com"}}).want(200)
	w.call(w.owner, "POST", pubsub+"/topics/news:testIamPermissions",
		map[string]any{"permissions": []string{"pubsub.topics.publish",
			"compute.instances.get"}}).want(200).saying(`["pubsub.topics.publish"]`)
	for _, unknown := range []string{"pubsub.topics.publsh", "pubsub.*", "made-up", ""} {
		w.call(w.owner, "POST", pubsub+"/topics/news:testIamPermissions",
			map[string]any{"permissions": []string{unknown}}).want(400).saying("Permission " + unknown + " is not valid")
	}

	w.exchange(key.assertion(t, nil)).want(200)
	w.call(w.owner, "POST", keys+"/"+key.PrivateKeyID+":disable", map[string]any{}).want(200)
	w.exchange(key.assertion(t, nil)).want(400)
	w.call(w.owner, "POST", keys+"/"+key.PrivateKeyID+":enable", map[string]any{}).want(200)
	w.exchange(key.assertion(t, nil)).want(200)
}

func TestBuildFromATarball(t *testing.T) {
	w := start(t)
	w.prepareBuild()
	var buffer bytes.Buffer
	z := gzip.NewWriter(&buffer)
	archive := tar.NewWriter(z)
	for file, content := range map[string]string{"go.mod": "module app\n\ngo 1.26\n",
		"app/main.go": "package main\n\nfunc main() {}\n", "app/Dockerfile": "FROM scratch\n"} {
		archive.WriteHeader(&tar.Header{Name: file, Mode: 0o644, Size: int64(len(content)), Typeflag: tar.TypeReg})
		archive.Write([]byte(content))
	}
	archive.Close()
	z.Close()
	w.upload("source", "v1.tar.gz", buffer.Bytes()).want(200)
	id := w.call(w.owner, "POST", "/cloudbuild/v1/projects/"+project+"/builds",
		buildRequest("v1.tar.gz", "v1")).want(200).text("metadata", "build", "id")
	if b := w.finished(id); b.text("status") != "SUCCESS" {
		t.Errorf("build: %s", b.body)
	}
}

// Docker logs in with an access token, asks for a bearer token, and pushes.
func TestRegistryLogin(t *testing.T) {
	w := start(t)
	w.prepareBuild()
	login := func(user, password string) answer {
		r, _ := http.NewRequest("GET", w.url("/v2/token?scope=repository:x:push"), nil)
		r.SetBasicAuth(user, password)
		return w.do(r)
	}
	login("oauth2accesstoken", "wrong").want(401)
	login("somebody", w.owner).want(401)
	if got := login("oauth2accesstoken", w.owner).want(200).text("token"); got != w.owner {
		t.Errorf("token %s", got)
	}
	if got := w.call("", "GET", "/v2/", nil).want(401).header.Get("WWW-Authenticate"); !strings.Contains(got,
		w.url("/v2/token")) {
		t.Errorf("WWW-Authenticate %q", got)
	}
	w.push("v1", authn.FromConfig(authn.AuthConfig{Username: "oauth2accesstoken", Password: w.owner}))
	w.call(w.owner, "GET", repository+"/dockerImages/app:v1", nil).want(200)
	w.call(w.token(w.account("stranger")), "GET", "/v2/"+imageName+"/manifests/v1",
		nil).want(403).saying("artifactregistry.repositories.downloadArtifacts")
}

// push makes an image of random bytes and pushes it.
func (w *world) push(tag string, as authn.Authenticator) {
	w.t.Helper()
	image, err := random.Image(100, 1)
	if err != nil {
		w.t.Fatal(err)
	}
	ref, err := name.ParseReference(w.address+"/"+imageName+":"+tag, name.Insecure)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := remote.Write(ref, image, remote.WithAuth(as)); err != nil {
		w.t.Fatal(err)
	}
}
