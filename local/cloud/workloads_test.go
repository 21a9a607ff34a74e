package cloud_test

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"testing"
)

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
	all := map[string]string{"go.mod": "module app\n\ngo 1.26\n", "app/main.go": string(program),
		"app/Dockerfile": "FROM scratch\n"}
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
	w.call(w.owner, "POST", "/artifactregistry/v1"+location+"/repositories?repository_id=images",
		map[string]any{"format": "DOCKER"}).want(200)
	w.grant(bucketPolicy("source"), "roles/storage.objectViewer", "serviceAccount:"+builder)
	w.grant(repository, "roles/artifactregistry.writer", "serviceAccount:"+builder)
	w.grant(projectPolicy, "roles/logging.logWriter", "serviceAccount:"+builder)
}

const imageName = "us-central1-docker.pkg.dev/" + project + "/images/app"

func buildRequest(object, tag string) map[string]any {
	return map[string]any{
		"source": map[string]any{"storageSource": map[string]any{"bucket": "source", "object": object}},
		"steps": []any{map[string]any{"name": "gcr.io/cloud-builders/docker",
			"args": []string{"build", "--file", "app/Dockerfile", "--tag", imageName + ":" + tag, "."}}},
		"images": []string{imageName + ":" + tag}, "timeout": "120s", "serviceAccount": "projects/" + project +
			"/serviceAccounts/" + builder,
		"options": map[string]any{"logging": "CLOUD_LOGGING_ONLY"},
	}
}

// build runs a build of a source and returns it when it is finished.
func (w *world) build(zip []byte, tag string) answer {
	w.t.Helper()
	w.upload("source", tag+".zip", zip).want(200)
	id := w.call(w.owner, "POST", "/cloudbuild/v1/projects/"+project+"/builds",
		buildRequest(tag+".zip", tag)).want(200).text("metadata", "build", "id")
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
	c := map[string]any{"image": image, "resources": map[string]any{"limits": map[string]any{"cpu": "1",
		"memory": "512Mi"}, "cpuIdle": true}}
	template := map[string]any{"serviceAccount": runtimeSA, "containers": []any{c},
		"scaling": map[string]any{"maxInstanceCount": 2}}
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
