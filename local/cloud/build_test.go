package cloud_test

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func (w *world) buildLog(id string) string {
	w.t.Helper()
	a := w.call(w.owner, "POST", "/logging/v2/entries:list",
		map[string]any{"resourceNames": []string{"projects/" + project},
			"filter": `resource.type="build" AND resource.labels.build_id="` + id + `"`, "pageSize": 1000}).want(200)
	var lines []string
	entries, _ := a.at("entries").([]any)
	for _, e := range entries {
		lines = append(lines, dig(e, "textPayload").(string))
	}
	return strings.Join(lines, "\n")
}

func TestBuildPushesAnImageAndWritesItsLog(t *testing.T) {
	w := start(t)
	w.prepareBuild()
	first := w.build(source(t, nil), "v1")
	if first.text("status") != "SUCCESS" {
		t.Fatalf("build: %s", first.body)
	}
	digest := first.text("results", "images", 0, "digest")
	if log := w.buildLog(first.text("id")); !strings.Contains(log, "go build") || !strings.Contains(log, digest) ||
		!strings.Contains(log, "DONE") {
		t.Errorf("log:\n%s", log)
	}
	w.call(w.owner, "GET", repository+"/dockerImages/app:v2", nil).want(404)
	w.call(w.owner, "GET", repository+"/dockerImages/app@"+digest, nil).want(200).saying(imageName)
	w.call(w.owner, "GET", repository+"/dockerImages/app:v1", nil).want(200).saying(digest)

	if again := w.build(source(t, nil), "v2"); again.text("results", "images", 0, "digest") != digest {
		t.Errorf("the same source gives %s and then %s", digest, again.text("results", "images", 0, "digest"))
	}
	w.restart()
	w.call(w.owner, "GET", repository+"/dockerImages/app:v2", nil).want(200)
	w.await("/artifactregistry/v1/" + w.call(w.owner, "DELETE", repository, nil).want(200).text("name"))
	w.call(w.owner, "GET", repository, nil).want(404)
	w.call(w.owner, "GET", "/v2/"+imageName+"/manifests/v1", nil).want(404)
}

// Fonts beside the Dockerfile are part of the image, and its program finds them.
func TestBuildTakesFontsAlong(t *testing.T) {
	w := start(t)
	w.prepareBuild()
	w.account("runtime")
	caller := "serviceAccount:" + w.account("caller")
	fontsOf := func(tag string, files map[string]string) string {
		b := w.build(source(t, files), tag)
		image := imageName + "@" + b.text("results", "images", 0, "digest")
		url := w.deploy(tag, container(image, nil)).text("response", "uri")
		w.grant("/run/v2"+location+"/services/"+tag, "roles/run.invoker", caller)
		env, _ := w.call(w.idToken(strings.TrimPrefix(caller, "serviceAccount:"), url), "GET", url+"/", nil).want(200).
			at("env").([]any)
		for _, variable := range env {
			if dir, found := strings.CutPrefix(variable.(string), "FONTS_DIR="); found {
				return dir
			}
		}
		return ""
	}
	dir := fontsOf("with", map[string]string{"app/fonts/own/Brand/Bold.ttf": "a font"})
	if content, err := os.ReadFile(filepath.Join(dir, "Brand", "Bold.ttf")); string(content) != "a font" {
		t.Errorf("in FONTS_DIR=%s the font is %q: %v", dir, content, err)
	}
	if dir := fontsOf("without", nil); dir != "" {
		t.Errorf("FONTS_DIR=%s of an image without fonts", dir)
	}
}

// A build sees nothing of the environment that the local cloud was started in, but how the compiler is found.
func TestBuildHasAnEnvironmentOfItsOwn(t *testing.T) {
	compiler, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "go"), []byte("#!/bin/sh\nenv\nexec "+compiler+" \"$@\"\n"),
		0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	t.Setenv("GOOGLE_CREDENTIALS", "not for builds")
	t.Setenv("DATABASE_PASSWORD", "not for builds")
	w := start(t)
	w.prepareBuild()
	b := w.build(source(t, nil), "v1")
	log := w.buildLog(b.text("id"))
	if b.text("status") != "SUCCESS" || !strings.Contains(log, "GOWORK=off") || strings.Contains(log, "not for builds") {
		t.Errorf("the build ended as %s; its log:\n%s", b.text("status"), log)
	}
}

// Each of the build account's grants is needed, and the message says which one is missing.
func TestBuildNeedsEachOfItsGrants(t *testing.T) {
	w := start(t)
	w.prepareBuild()
	member := "serviceAccount:" + builder

	w.revoke(bucketPolicy("source"), "roles/storage.objectViewer", member)
	w.upload("source", "v1.zip", source(t, nil)).want(200)
	w.call(w.owner, "POST", "/cloudbuild/v1/projects/"+project+"/builds", buildRequest("v1.zip", "v1")).want(400).
		saying("could not resolve source: googleapi: Error 403: " + builder + " does not have storage.objects.get access")
	w.grant(bucketPolicy("source"), "roles/storage.objectViewer", member)

	w.revoke(repository, "roles/artifactregistry.writer", member)
	b := w.build(source(t, nil), "v2")
	if b.text("status") != "FAILURE" || b.text("failureInfo", "type") != "PUSH_NOT_AUTHORIZED" ||
		b.text("steps", 0, "status") != "SUCCESS" {
		t.Errorf("without the right to push: %s", b.body)
	}
	b.saying("artifactregistry.repositories.")
	w.grant(repository, "roles/artifactregistry.writer", member)

	w.revoke(projectPolicy, "roles/logging.logWriter", member)
	b = w.build(source(t, nil), "v3")
	if b.text("status") != "SUCCESS" || w.buildLog(b.text("id")) != "" {
		t.Errorf("without the right to write logs: %s, log %q; want a build without a log", b.body, w.buildLog(b.text("id")))
	}
	b.saying("roles/logging.logWriter")

	deployer := w.account("deployer")
	w.grant(projectPolicy, "roles/cloudbuild.builds.editor", "serviceAccount:"+deployer)
	token := w.token(deployer)
	builds := "/cloudbuild/v1/projects/" + project + "/builds"
	w.call(token, "POST", builds, buildRequest("v3.zip", "v4")).want(403).saying("act as service account")
	w.grant("/iam/v1/projects/"+project+"/serviceAccounts/"+builder, "roles/iam.serviceAccountUser",
		"serviceAccount:"+deployer)
	w.finished(w.call(token, "POST", builds, buildRequest("v3.zip", "v4")).want(200).text("metadata", "build", "id"))
}

func TestBuildsThatFail(t *testing.T) {
	w := start(t)
	w.prepareBuild()
	broken := w.build(source(t, map[string]string{"app/broken.go": "package main\n\nvar x int = \"text\"\n"}), "broken")
	if broken.text("status") != "FAILURE" || broken.text("failureInfo", "type") != "USER_BUILD_STEP" {
		t.Errorf("a program that does not compile: %s", broken.body)
	}
	broken.saying("build step 0")
	if broken.text("steps", 0, "status") != "FAILURE" || broken.at("steps", 0, "exitCode") != 1.0 {
		t.Errorf("the step that failed: %v", broken.at("steps", 0))
	}
	if log := w.buildLog(broken.text("id")); !strings.Contains(log, "broken.go:3") {
		t.Errorf("log:\n%s\nwant the compiler's message", log)
	}
	if b := w.build([]byte("not a zip"), "garbage"); b.text("status") != "FAILURE" {
		t.Errorf("garbage: %s", b.body)
	}

	var escaping bytes.Buffer
	z := zip.NewWriter(&escaping)
	f, _ := z.Create("../../escaped.txt")
	io.WriteString(f, "out")
	z.Close()
	if b := w.build(escaping.Bytes(), "escaping"); b.text("status") != "FAILURE" ||
		!strings.Contains(b.text("statusDetail"), "unpacking") {
		t.Errorf("a zip that leaves its folder: %s", b.body)
	}

	builds := "/cloudbuild/v1/projects/" + project + "/builds"
	for name, test := range map[string]struct {
		change func(map[string]any)
		status int
	}{
		"no steps":         {func(b map[string]any) { b["steps"] = []any{} }, 400},
		"no source":        {func(b map[string]any) { delete(b, "source") }, 501},
		"another builder":  {func(b map[string]any) { b["steps"] = []any{map[string]any{"name": "gcr.io/cloud-builders/npm"}} }, 501},
		"logs to a bucket": {func(b map[string]any) { delete(b, "options") }, 400},
		"bad timeout":      {func(b map[string]any) { b["timeout"] = "-1s" }, 400},
		"unknown field":    {func(b map[string]any) { b["colour"] = "blue" }, 400},
		"unknown account": {func(b map[string]any) { b["serviceAccount"] = "projects/p/serviceAccounts/x@example.com" },
			403},
	} {
		request := buildRequest("broken.zip", "x")
		test.change(request)
		if a := w.call(w.owner, "POST", builds, request); a.status != test.status {
			t.Errorf("%s: %d %s, want %d", name, a.status, a.body, test.status)
		}
	}
}

// A build whose compiler would never end stops at its timeout, or when it is cancelled.
func TestBuildTimeoutAndCancel(t *testing.T) {
	w := start(t)
	w.prepareBuild()
	slow := map[string]string{} // a large generated package keeps the compiler busy
	var body strings.Builder
	body.WriteString("package main\n")
	for range 3000 {
		body.WriteString("var _ = func(m map[string][]func() int) any { return [...]any{m, len(m), map[any]any{1: m}} }\n")
	}
	slow["app/slow.go"] = body.String()
	w.upload("source", "slow.zip", source(t, slow)).want(200)

	builds := "/cloudbuild/v1/projects/" + project + "/builds"
	request := buildRequest("slow.zip", "slow")
	request["timeout"] = "0.05s"
	b := w.finished(w.call(w.owner, "POST", builds, request).want(200).text("metadata", "build", "id"))
	if b.text("status") != "TIMEOUT" {
		t.Errorf("build: %s, want a timeout", b.body)
	}

	request["timeout"] = "300s"
	operation := w.call(w.owner, "POST", builds, request).want(200)
	id := operation.text("metadata", "build", "id")
	w.call(w.owner, "POST", builds+"/"+id+":cancel", map[string]any{}).want(200)
	done := w.await("/cloudbuild/v1/" + operation.text("name"))
	if w.finished(id).text("status") != "CANCELLED" || done.at("error") == nil {
		t.Errorf("cancelled build: %s", done.body)
	}
	w.call(w.owner, "POST", builds+"/"+id+":cancel", map[string]any{}).want(400)
}

// The builds that were started last can be asked for; their number does not grow without end.
func TestBuildsOfLongAgoAreForgotten(t *testing.T) {
	w := start(t)
	w.prepareBuild()
	w.upload("source", "v1.zip", []byte("not a zip")).want(200)
	var ids []string
	for range 103 {
		b := w.call(w.owner, "POST", "/cloudbuild/v1/projects/"+project+"/builds", buildRequest("v1.zip", "v1")).want(200)
		ids = append(ids, b.text("metadata", "build", "id"))
		w.await("/cloudbuild/v1/" + b.text("name"))
	}
	for i, id := range ids {
		want := 200
		if i < 3 {
			want = 404
		}
		w.call(w.owner, "GET", "/cloudbuild/v1/projects/"+project+"/builds/"+id, nil).want(want)
	}
	all, _ := w.call(w.owner, "GET", "/cloudbuild/v1/projects/"+project+"/builds", nil).want(200).at("builds").([]any)
	if len(all) != 100 {
		t.Errorf("%d builds are left, want 100", len(all))
	}
}
