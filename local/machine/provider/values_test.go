package provider_test

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/archive"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/asset"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"docx2pdf/local/machine/provider"
)

func TestPreview(t *testing.T) {
	cloud := newStandIn(t)
	e := attach(t, cloud.URL, stack)
	checked, _ := e.check("gcp:storage/bucket:Bucket", nil, props(map[string]any{"location": "EU"}))
	res, err := e.client.Create(t.Context(), &pulumirpc.CreateRequest{
		Urn: urnOf("gcp:storage/bucket:Bucket", "x"), Properties: e.marshal(checked), Preview: true})
	if err != nil {
		t.Fatal(err)
	}
	outputs := e.unmarshal(res.Properties)
	for name, known := range map[resource.PropertyKey]bool{
		"name": true, "location": true, "project": true, "storageClass": true, "url": false, "selfLink": false,
	} {
		if v, ok := outputs[name]; !ok || v.ContainsUnknowns() == known {
			t.Errorf("%s = %v, known should be %t", name, v, known)
		}
	}
	if len(cloud.calls) > 0 {
		t.Errorf("a preview called %q", cloud.calls)
	}

	d := e.up("gcp:storage/bucket:Bucket", props(map[string]any{"name": "b1", "location": "EU"}))
	news, _ := e.check(d.token(), d.inputs, props(map[string]any{"name": "b1", "location": "EU", "forceDestroy": true}))
	calls := len(cloud.calls)
	updated, err := e.client.Update(t.Context(), &pulumirpc.UpdateRequest{Id: d.id, Urn: d.urn, Preview: true,
		Olds: e.marshal(d.outputs), News: e.marshal(news), OldInputs: e.marshal(d.inputs)})
	if err != nil {
		t.Fatal(err)
	}
	outputs = e.unmarshal(updated.Properties)
	if !outputs["forceDestroy"].BoolValue() || outputs["url"].StringValue() != "gs://b1" {
		t.Errorf("preview of an update = %v", outputs)
	}
	if len(cloud.calls) != calls {
		t.Errorf("the preview of an update called %q", cloud.calls[calls:])
	}
}

// TestSecrets checks that nothing that came in as a secret leaves as plain text.
func TestSecrets(t *testing.T) {
	cloud := newStandIn(t)
	e := attach(t, cloud.URL, stack)
	inputs := props(runInputs("i"))
	env := inputs["template"].ObjectValue()["containers"].ArrayValue()[0].ObjectValue()["envs"].ArrayValue()[0].ObjectValue()
	env["value"] = secret("hunter2")
	inputs["description"] = secret("hidden")
	service := e.up("gcp:cloudrunv2/service:Service", inputs)
	if !service.outputs["description"].IsSecret() {
		t.Errorf("description = %v, want a secret", service.outputs["description"])
	}
	if container := service.outputs["template"].ObjectValue()["containers"].ArrayValue()[0].ObjectValue(); container["image"].IsSecret() ||
		!container["envs"].ArrayValue()[0].ObjectValue()["value"].IsSecret() {
		t.Errorf("container = %v, want a secret value and a plain image", container)
	}
	if got := service.diff(inputs).Diffs; got != nil {
		t.Errorf("diff of the same secrets = %q, want none", got)
	}
	if !service.refresh() || !service.inputs["description"].IsSecret() || !service.outputs["description"].IsSecret() {
		t.Errorf("refresh shows the secret: %v, %v", service.inputs["description"], service.outputs["description"])
	}
	object := e.up("gcp:storage/bucketObject:BucketObject",
		props(map[string]any{"bucket": "b", "name": "o", "content": "text"}))
	if !object.outputs["content"].IsSecret() {
		t.Error("an object's content is always secret")
	}
}

func TestObjectFromArchive(t *testing.T) {
	cloud := newStandIn(t)
	e := attach(t, cloud.URL, stack)
	file := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(file, []byte("package main"), 0o600); err != nil {
		t.Fatal(err)
	}
	source := func(mod string) resource.PropertyMap {
		path, err := asset.FromPath(file)
		if err != nil {
			t.Fatal(err)
		}
		text, err := asset.FromText(mod)
		if err != nil {
			t.Fatal(err)
		}
		zipped, err := archive.FromAssets(map[string]any{"service/main.go": path, "go.mod": text})
		if err != nil {
			t.Fatal(err)
		}
		return resource.PropertyMap{
			"bucket": resource.NewProperty("b"), "name": resource.NewProperty("src.zip"), "source": resource.NewProperty(zipped),
		}
	}
	d := e.up("gcp:storage/bucketObject:BucketObject", source("module a"))
	content := cloud.media["storage/v1/b/b/o/src.zip"]
	files, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, f := range files.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(r)
		got[f.Name] = string(text)
	}
	if len(got) != 2 || got["service/main.go"] != "package main" || got["go.mod"] != "module a" {
		t.Errorf("zip = %q", got)
	}
	if res := d.diff(source("module a")); len(res.Diffs) > 0 {
		t.Errorf("the same files: diff %q", res.Diffs)
	}
	if res := d.diff(source("module b")); len(res.Replaces) == 0 || !res.DeleteBeforeReplace {
		t.Errorf("other files: replaces %q, delete before %t; want a replacement that deletes first", res.Replaces,
			res.DeleteBeforeReplace)
	}
}

func TestObjectFromRelativePath(t *testing.T) {
	cloud := newStandIn(t)
	program := t.TempDir()
	if err := os.WriteFile(filepath.Join(program, "a.txt"), []byte("relative"), 0o600); err != nil {
		t.Fatal(err)
	}
	port, err := provider.Serve(t.Context(), provider.Options{Endpoint: cloud.URL, AccessToken: "owner", WorkDir: program})
	if err != nil {
		t.Fatal(err)
	}
	e := connect(t, port, stack)
	object := func(path string) resource.PropertyMap {
		return resource.PropertyMap{
			"bucket": resource.NewProperty("b"), "name": resource.NewProperty("o"),
			"source": resource.NewProperty(&asset.Asset{Sig: asset.AssetSig, Path: path, Hash: "1"}),
		}
	}
	e.up("gcp:storage/bucketObject:BucketObject", object("a.txt"))
	if got := string(cloud.media["storage/v1/b/b/o/o"]); got != "relative" {
		t.Errorf("content = %q", got)
	}
	if _, err := e.tryUp("gcp:storage/bucketObject:BucketObject", object("missing.txt")); err == nil ||
		!strings.Contains(err.Error(), "an absolute one always works") {
		t.Errorf("a missing file: %v", err)
	}
}
