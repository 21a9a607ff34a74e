package build_test

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"

	"docx2pdf/local/google/build"
	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/google/logging"
	"docx2pdf/local/google/servicetest"
	"docx2pdf/local/google/storage"
)

const (
	builds  = "/cloudbuild/v1/projects/" + servicetest.Project + "/builds"
	builder = "builder@" + servicetest.Project + ".iam.gserviceaccount.com"
)

// open is Cloud Build with the buckets that sources are in.
func open(t *testing.T, dir string) *servicetest.World {
	t.Helper()
	w := servicetest.Start(t, dir)
	buckets, err := storage.Open(w.DB, w.Policies, w.Door, w.Accounts, w.Projects, w.Keys, nil)
	if err != nil {
		t.Fatal(err)
	}
	logs, err := logging.Open(w.DB)
	if err != nil {
		t.Fatal(err)
	}
	service, err := build.Open(w.DB, build.Services{Door: w.Door, Tokens: w.Tokens, Accounts: w.Accounts,
		Projects: w.Projects, Storage: buckets, Logging: logs, Operations: w.Operations,
		Registry: func() string { return strings.TrimPrefix(w.URL, "http://") },
		MayPush:  func(policy.Principal, string) error { return nil }}, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(service.Close)
	w.Serve(nil, service.API(), buckets.API(), w.Accounts.API())
	return w
}

// start has a bucket with a source, and an account for builds.
func start(t *testing.T, dir string, source []byte) *servicetest.World {
	t.Helper()
	w := open(t, dir)
	w.Call("POST", "/storage/v1/b?project="+servicetest.Project, map[string]any{"name": "sources"}).Want(200)
	w.Call("POST", "/upload/storage/v1/b/sources/o?uploadType=media&name=source.zip", source).Want(200)
	w.Call("POST", "/iam/v1/projects/"+servicetest.Project+"/serviceAccounts",
		map[string]any{"accountId": "builder"}).Want(200)
	return w
}

func grant(t *testing.T, w *servicetest.World) {
	t.Helper()
	if err := w.Policies.Grant("buckets/sources", "roles/storage.objectViewer", "serviceAccount:"+builder); err != nil {
		t.Fatal(err)
	}
}

func archive(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var content bytes.Buffer
	w := zip.NewWriter(&content)
	for name, text := range files {
		f, err := w.Create(name)
		if err == nil {
			_, err = f.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return content.Bytes()
}

func request(tags ...string) map[string]any {
	return map[string]any{"serviceAccount": "projects/" + servicetest.Project + "/serviceAccounts/" + builder,
		"options": map[string]any{"logging": "CLOUD_LOGGING_ONLY"}, "tags": tags,
		"source": map[string]any{"storageSource": map[string]any{"bucket": "sources", "object": "source.zip"}},
		"steps": []any{map[string]any{"name": "gcr.io/cloud-builders/docker",
			"args": []string{"build", "-t", "europe-west1-docker.pkg.dev/p/images/app:v1", "."}}}}
}

// listed are the ids and states of builds.
func listed(w *servicetest.World, filter string) (states []string) {
	var answer struct {
		Builds []struct{ ID, Status string }
	}
	w.Call("GET", builds+filter, nil).Want(200).Into(&answer)
	for _, b := range answer.Builds {
		states = append(states, b.Status)
	}
	return states
}

// The source is looked at as the build's account, before there is a build.
func TestASourceThatCannotBeReadIsNoBuild(t *testing.T) {
	w := start(t, t.TempDir(), nil)
	refused := w.Call("POST", builds, request()).Want(400)
	if text := string(refused.Body); !strings.Contains(text, "could not resolve source: googleapi: Error 403") ||
		!strings.Contains(text, builder) {
		t.Errorf("%s", text)
	}
	if states := listed(w, ""); len(states) != 0 {
		t.Errorf("builds: %v", states)
	}
	grant(t, w)
	w.Call("POST", builds, request()).Want(200)
	w.Operations.Wait()
}

func TestABuildThatFailsSaysWhy(t *testing.T) {
	for name, test := range map[string]struct {
		source []byte
		why    string
	}{
		"no archive": {[]byte("this is no archive"), "zip"},
		"no program": {archive(t, map[string]string{"main.go": "package main"}), "go.mod"},
		"a way out":  {archive(t, map[string]string{"../../up": "x", "Dockerfile": "FROM scratch"}), "escapes"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			w := start(t, dir, test.source)
			grant(t, w)
			var made struct {
				Metadata struct{ Build struct{ ID string } }
			}
			w.Call("POST", builds, request("mine")).Want(200).Into(&made)
			w.Operations.Wait()
			var failed struct {
				Status      string
				FailureInfo struct{ Detail string }
			}
			w.Call("GET", builds+"/"+made.Metadata.Build.ID, nil).Want(200).Into(&failed)
			if failed.Status != "FAILURE" || !strings.Contains(failed.FailureInfo.Detail, test.why) {
				t.Errorf("%+v, want a FAILURE that names %s", failed, test.why)
			}
			w.Call("POST", builds+"/"+made.Metadata.Build.ID+":cancel", map[string]any{}).Want(400) // it has ended
			w.Call("GET", builds+"/none", nil).Want(404)
			if all, none := listed(w, "?filter=tags%3D%22mine%22"), listed(w, "?filter=tags%3D%22x%22"); len(all) != 1 ||
				len(none) != 0 {
				t.Errorf("by its tag %v, by another %v", all, none)
			}
			w.Stop()
			if states := listed(open(t, dir), ""); len(states) != 1 || states[0] != "FAILURE" {
				t.Errorf("after a restart: %v", states)
			}
		})
	}
}
