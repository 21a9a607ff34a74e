package cloud_test

import (
	"bytes"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCopyRewriteAndCompose(t *testing.T) {
	w := start(t)
	w.bucket("papers")
	w.bucket("copies")
	w.upload("papers", "a", []byte("one ")).want(200)
	w.upload("papers", "b", []byte("two")).want(200)
	rewritten := w.call(w.owner, "POST", "/storage/v1/b/papers/o/a/rewriteTo/b/copies/o/dir%2Fc", nil).want(200)
	if rewritten.at("done") != true || rewritten.text("objectSize") != "4" ||
		rewritten.text("resource", "name") != "dir/c" {
		t.Errorf("rewrite: %s", rewritten.body)
	}
	w.call(w.owner, "POST", "/storage/v1/b/papers/o/b/rewriteTo/b/copies/o/d",
		map[string]any{"contentType": "text/d"}).want(200).saying("text/d")
	composed := w.call(w.owner, "POST", "/storage/v1/b/papers/o/both/compose",
		map[string]any{"sourceObjects": []any{map[string]any{"name": "a"}, map[string]any{"name": "b"}}}).want(200)
	if composed.text("componentCount") != "2" || composed.at("md5Hash") != nil {
		t.Errorf("composed: %s", composed.body)
	}
	w.call(w.owner, "GET", "/papers/both", nil).want(200).saying("one two")
	w.call(w.owner, "POST", "/storage/v1/b/papers/o/none/rewriteTo/b/copies/o/x", nil).want(404)
	reader := w.account("reader")
	w.grant(bucketPolicy("papers"), "roles/storage.objectViewer", "serviceAccount:"+reader)
	w.call(w.token(reader), "POST", "/storage/v1/b/papers/o/a/rewriteTo/b/copies/o/x",
		nil).want(403).saying("storage.objects.create")
}

// Hostile names stay names: no request leaves the state folder.
func TestObjectNamesAreOnlyNames(t *testing.T) {
	w := start(t)
	w.bucket("papers")
	for _, name := range []string{"../../../etc/passwd", "../up", "./up", "a/../b", strings.Repeat("long/", 200),
		"weird \x01\t\"'<>&%?#:"} {
		r, err := http.NewRequest("POST", w.url("/upload/storage/v1/b/papers/o"), strings.NewReader(name))
		if err != nil {
			t.Fatal(err)
		}
		q := r.URL.Query()
		q.Set("uploadType", "media")
		q.Set("name", name)
		r.URL.RawQuery = q.Encode()
		r.Header.Set("Authorization", "Bearer "+w.owner)
		link := w.do(r).want(200).text("mediaLink")
		w.call(w.owner, "GET", link, nil).want(200).saying(name)
	}
	w.upload("papers", strings.Repeat("x", 1025), nil).want(400)
}

func TestStateSurvivesARestart(t *testing.T) {
	w := start(t)
	w.bucket("papers")
	w.upload("papers", "a", []byte("kept")).want(200)
	email := w.account("reader")
	key, token := w.key(email), w.token(email)
	w.grant(bucketPolicy("papers"), "roles/storage.objectViewer", "serviceAccount:"+email)
	before := w.call("", "GET", "/inventory", nil).want(200)
	w.restart()
	w.call(token, "GET", "/papers/a", nil).want(200).saying("kept")
	w.exchange(key.assertion(t, nil)).want(200)
	if after := w.call("", "GET", "/inventory", nil).want(200); !bytes.Equal(after.body, before.body) {
		t.Errorf("inventory after the restart:\n%s\nbefore:\n%s", after.body, before.body)
	}
}

// Lifecycle rules are carried out at a start, and every hour after it.
func TestLifecycleDeletesByAge(t *testing.T) {
	w := start(t)
	rule := func(days int, more map[string]any) map[string]any {
		condition := map[string]any{"age": days}
		for k, v := range more {
			condition[k] = v
		}
		return map[string]any{"rule": []any{map[string]any{"action": map[string]any{"type": "Delete"},
			"condition": condition}}}
	}
	create := func(name string, lifecycle map[string]any) answer {
		return w.call(w.owner, "POST", "/storage/v1/b?project="+project, map[string]any{"name": name, "lifecycle": lifecycle})
	}
	create("short-lived", rule(0, nil)).want(200)
	create("long-lived", rule(1, nil)).want(200)
	create("kept-alive", rule(0, map[string]any{"isLive": false})).want(200)
	for _, bucket := range []string{"short-lived", "long-lived", "kept-alive"} {
		w.upload(bucket, "a", []byte("x")).want(200)
	}
	w.restart()
	eventually(t, "the short-lived object is gone",
		func() bool { return w.call(w.owner, "GET", "/storage/v1/b/short-lived/o/a", nil).status == 404 })
	w.call(w.owner, "GET", "/storage/v1/b/long-lived/o/a", nil).want(200)
	w.call(w.owner, "GET", "/storage/v1/b/kept-alive/o/a", nil).want(200)
	create("refused-1", rule(1, map[string]any{"numNewerVersions": 3})).want(501)
	create("refused-2", map[string]any{"rule": []any{map[string]any{"action": map[string]any{"type": "SetStorageClass"},
		"condition": map[string]any{"age": 1}}}}).want(501)
	create("refused-3",
		map[string]any{"rule": []any{map[string]any{"action": map[string]any{"type": "Delete"}}}}).want(400)
}

// files lists what is under a folder of the state.
func (w *world) files(folder string) []string {
	w.t.Helper()
	var names []string
	err := filepath.WalkDir(filepath.Join(w.options.Dir, folder), func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			names = append(names, path)
		}
		return err
	})
	if err != nil && !os.IsNotExist(err) {
		w.t.Fatal(err)
	}
	return names
}

// What is deleted takes its files along, and what a stop cut off is cleared away at the next start.
func TestNothingIsLeftOnDisk(t *testing.T) {
	w := start(t)
	w.service(nil)
	w.bucket("papers")
	w.call(w.owner, "POST", "/upload/storage/v1/b/papers/o?uploadType=resumable&name=unfinished", nil).want(200)
	w.upload("papers", "a", []byte("1")).want(200)
	w.upload("papers", "a", []byte("2")).want(200)
	w.call(w.owner, "DELETE", "/storage/v1/b/papers/o/a", nil).want(204)
	w.call(w.owner, "DELETE", "/storage/v1/b/source/o/v1.zip", nil).want(204)
	w.await("/run/v2/" + w.call(w.owner, "DELETE", "/run/v2"+location+"/services/app", nil).want(200).text("name"))
	w.await("/artifactregistry/v1/" + w.call(w.owner, "DELETE", repository, nil).want(200).text("name"))
	w.restart()
	for _, folder := range []string{"storage/blobs", "run/images", "run/instances", "registry/blobs",
		"registry/manifests"} {
		if left := w.files(folder); len(left) > 0 {
			t.Errorf("left in %s: %v", folder, left)
		}
	}
}
