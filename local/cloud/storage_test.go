package cloud_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestBucketsAreAsGoogleMakesThem(t *testing.T) {
	w := start(t)
	w.call(w.owner, "GET", "/storage/v1/b/papers", nil).want(404).saying("The specified bucket does not exist.")
	b := w.call(w.owner, "POST", "/storage/v1/b?project="+project,
		map[string]any{"name": "papers", "lifecycle": map[string]any{"rule": []any{}},
			"labels": map[string]string{"a": "b"}}).want(200)
	for path, want := range map[string]string{"location": "US", "locationType": "multi-region", "storageClass": "STANDARD",
		"rpo": "DEFAULT", "metageneration": "1", "kind": "storage#bucket"} {
		if got := b.text(path); got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
	if b.at("iamConfiguration", "uniformBucketLevelAccess", "enabled") != false || b.at("lifecycle") != nil ||
		b.text("softDeletePolicy", "retentionDurationSeconds") != "604800" {
		t.Errorf("defaults: %s", b.body)
	}
	w.call(w.owner, "POST", "/storage/v1/b?project="+project,
		map[string]any{"name": "papers"}).want(409).saying("you already own it")
	w.call(w.owner, "POST", "/storage/v1/b?project="+project, map[string]any{"name": "No!"}).want(400)
	w.call(w.owner, "POST", "/storage/v1/b?project="+project,
		map[string]any{"name": "new-bucket", "unknown": 1}).want(400).saying("Unknown name")
	w.call(w.owner, "POST", "/storage/v1/b?project="+project,
		map[string]any{"name": "new-bucket",
			"encryption": map[string]any{"googleManagedEncryptionEnforcementConfig": map[string]any{}}}).want(501).saying(
		"encryption")

	patched := w.call(w.owner, "PATCH", "/storage/v1/b/papers",
		map[string]any{"labels": map[string]any{"a": nil, "c": "d"}, "versioning": map[string]any{"enabled": true}}).want(200)
	if patched.text("labels") != "map[c:d]" || patched.text("metageneration") != "2" ||
		patched.at("versioning", "enabled") != true {
		t.Errorf("patched: %s", patched.body)
	}
	w.upload("papers", "a", []byte("x")).want(200)
	w.call(w.owner, "DELETE", "/storage/v1/b/papers", nil).want(409).saying("not empty")
	w.call(w.owner, "DELETE", "/storage/v1/b/papers/o/a", nil).want(204)
	w.call(w.owner, "DELETE", "/storage/v1/b/papers", nil).want(409) // the older version is still there
	generation := w.call(w.owner, "GET", "/storage/v1/b/papers/o?versions=true", nil).text("items", 0, "generation")
	w.call(w.owner, "DELETE", "/storage/v1/b/papers/o/a?generation="+generation, nil).want(204)
	w.call(w.owner, "DELETE", "/storage/v1/b/papers", nil).want(204)
}

func TestPublicAccessPreventionIsEnforced(t *testing.T) {
	w := start(t)
	w.call(w.owner, "POST", "/storage/v1/b?project="+project,
		map[string]any{"name": "papers", "iamConfiguration": map[string]any{
			"publicAccessPrevention": "enforced", "uniformBucketLevelAccess": map[string]any{"enabled": true}}}).want(200)
	public := map[string]any{"bindings": []any{map[string]any{"role": "roles/storage.objectViewer",
		"members": []string{"allUsers"}}}}
	w.call(w.owner, "PUT", "/storage/v1/b/papers/iam", public).want(412).saying("public access prevention is enforced")

	w.bucket("open")
	w.upload("open", "a", []byte("for all")).want(200)
	w.call("", "GET", "/open/a", nil).want(401)
	w.grant(bucketPolicy("open"), "roles/storage.objectViewer", "allUsers")
	w.call("", "GET", "/open/a", nil).want(200).saying("for all")
	w.call("", "GET", "/storage/v1/b/open/o/a?alt=media", nil).want(200).saying("for all")
	w.call("", "DELETE", "/storage/v1/b/open/o/a", nil).want(401)
}

func TestUploadsInAllForms(t *testing.T) {
	w := start(t)
	w.bucket("papers")
	multipart := "--b\r\nContent-Type: " +
		"application/json\r\n\r\n{\"name\":\"dir/m.txt\",\"contentType\":\"text/plain\",\"metadata\":{\"k\":\"v\"},\"crc32c\":\"mnG7TA==\"}\r\n--b\r\nContent-Type: text/html\r\n\r\nhello\r\n--b--"
	contentType := "multipart/related; boundary=b"
	send := func(body string) answer {
		r, _ := http.NewRequest("POST", w.url("/upload/storage/v1/b/papers/o?uploadType=multipart"), strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+w.owner)
		r.Header.Set("Content-Type", contentType)
		return w.do(r)
	}
	o := send(multipart).want(200)
	if o.text("md5Hash") != "XUFAKrxLKna5cZ2REBfFkg==" || o.text("size") != "5" || o.text("contentType") != "text/plain" ||
		o.text("metadata", "k") != "v" || o.text("metageneration") != "1" {
		t.Errorf("object %s", o.body)
	}
	w.call(w.owner, "GET", strings.TrimPrefix(o.text("mediaLink"), w.url("")), nil).want(200).saying("hello")
	w.call(w.owner, "GET", "/papers/dir/m.txt", nil).want(200).saying("hello")
	send(strings.Replace(multipart, "mnG7TA==", "AAAAAA==", 1)).want(400).saying("CRC32C")
	send("no parts").want(400)
	contentType = "multipart/related; boundary='b'" // as gcloud writes it
	send(multipart).want(200)
	contentType = "text/plain"
	send(multipart).want(400)
	w.call(w.owner, "POST", "/upload/storage/v1/b/papers/o?uploadType=media", []byte("x")).want(400).
		saying("Required parameter: name")
	w.call(w.owner, "POST", "/upload/storage/v1/b/papers/o?uploadType=odd&name=x", []byte("x")).want(400)
}

// A resumable upload in two chunks, with a chunk sent twice and a question between them.
func TestResumableUpload(t *testing.T) {
	w := start(t)
	w.bucket("papers")
	begin := w.call(w.owner, "POST", "/upload/storage/v1/b/papers/o?uploadType=resumable&name=big",
		map[string]any{"contentType": "text/plain"}).want(200)
	session := begin.header.Get("Location")
	put := func(body, contentRange string) answer {
		r, _ := http.NewRequest("PUT", session, strings.NewReader(body))
		r.Header.Set("Content-Range", contentRange)
		return w.do(r)
	}
	put("", "bytes */10").want(308)
	if got := put("01234", "bytes 0-4/*").want(308).header.Get("Range"); got != "bytes=0-4" {
		t.Errorf("Range %q after five bytes, want bytes=0-4", got)
	}
	put("34", "bytes 3-4/*").want(308)
	put("9", "bytes 9-9/10").want(400).saying("only 5 bytes have arrived")
	if got := put("", "bytes */*").want(308).header.Get("Range"); got != "bytes=0-4" {
		t.Errorf("Range %q, want bytes=0-4", got)
	}
	put("56789", "bytes 5-9/10").want(200).saying(`"size":"10"`)
	put("", "bytes */10").want(200) // the answer may have got lost: asking again is safe
	w.call(w.owner, "GET", "/storage/v1/b/papers/o/big?alt=media", nil).want(200).saying("0123456789")
	put("x", "bytes oops").want(200)

	again := w.call(w.owner, "POST", "/upload/storage/v1/b/papers/o?uploadType=resumable&name=other",
		nil).want(200).header.Get("Location")
	w.call("", "DELETE", again, nil).want(499)
	w.call("", "PUT", again, []byte("x")).want(404)
}

func TestDownloadsByRangeAndEncoding(t *testing.T) {
	w := start(t)
	w.bucket("papers")
	w.upload("papers", "digits", []byte("0123456789")).want(200)
	get := func(path string, header ...string) answer {
		r, _ := http.NewRequest("GET", w.url(path), nil)
		r.Header.Set("Authorization", "Bearer "+w.owner)
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		return w.do(r)
	}
	part := get("/storage/v1/b/papers/o/digits?alt=media", "Range", "bytes=2-4").want(206)
	if string(part.body) != "234" || part.header.Get("Content-Range") != "bytes 2-4/10" {
		t.Errorf("range: %q %s", part.body, part.header.Get("Content-Range"))
	}
	get("/papers/digits", "Range", "bytes=20-").want(416)
	if got := get("/papers/digits").want(200).header["X-Goog-Hash"]; len(got) != 2 ||
		!strings.HasPrefix(got[0], "crc32c=") || !strings.HasPrefix(got[1], "md5=") {
		t.Errorf("X-Goog-Hash %v", got)
	}
	get("/papers/none").want(404).saying("<Code>NoSuchKey</Code>")
	get("/nowhere/none").want(404).saying("<Code>NoSuchBucket</Code>")

	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	fmt.Fprint(z, "unpacked")
	z.Close()
	w.call(w.owner, "POST", "/upload/storage/v1/b/papers/o?uploadType=media&name=z&contentEncoding=gzip",
		packed.Bytes()).want(200)
	if got := get("/papers/z", "Accept-Encoding", "identity").want(200); string(got.body) != "unpacked" {
		t.Errorf("decompressed: %q", got.body)
	}
	if got := get("/papers/z", "Accept-Encoding", "gzip").want(200); !bytes.Equal(got.body, packed.Bytes()) {
		t.Errorf("a client that accepts gzip got %q", got.body)
	}
}

func TestPreconditions(t *testing.T) {
	w := start(t)
	w.bucket("papers")
	path := "/upload/storage/v1/b/papers/o?uploadType=media&name=a"
	first := w.call(w.owner, "POST", path+"&ifGenerationMatch=0", []byte("1")).want(200).text("generation")
	w.call(w.owner, "POST", path+"&ifGenerationMatch=0",
		[]byte("2")).want(412).saying("pre-conditions you specified did not hold")
	second := w.call(w.owner, "POST", path+"&ifGenerationMatch="+first, []byte("2")).want(200).text("generation")
	if second == first {
		t.Error("a new version has the old generation")
	}
	object := "/storage/v1/b/papers/o/a"
	w.call(w.owner, "GET", object+"?ifGenerationNotMatch="+second, nil).want(304)
	w.call(w.owner, "GET", object+"?generation="+first, nil).want(404) // gone: the bucket keeps no versions
	w.call(w.owner, "PATCH", object+"?ifMetagenerationMatch=7", map[string]any{}).want(412)
	patched := w.call(w.owner, "PATCH", object+"?ifMetagenerationMatch=1",
		map[string]any{"contentType": "text/x", "metadata": map[string]any{"k": "v"}}).want(200)
	if patched.text("metageneration") != "2" || patched.text("contentType") != "text/x" ||
		patched.text("metadata", "k") != "v" {
		t.Errorf("patched: %s", patched.body)
	}
	w.call(w.owner, "GET", object+"?ifGenerationMatch=x", nil).want(400)
	w.call(w.owner, "DELETE", object+"?ifGenerationMatch="+first, nil).want(412)
	w.call(w.owner, "DELETE", object+"?ifGenerationMatch="+second, nil).want(204)
	w.call(w.owner, "DELETE", object, nil).want(404).saying("No such object: papers/a")
}

func TestListingByPrefixDelimiterAndPage(t *testing.T) {
	w := start(t)
	w.bucket("papers")
	for _, name := range []string{"a", "dir/1", "dir/2", "dir/sub/3", "e%2Fodd", "z"} {
		w.upload("papers", strings.ReplaceAll(name, "%", "%25"), []byte("x")).want(200)
	}
	names := func(query string) string {
		var got []string
		token := ""
		for {
			page := w.call(w.owner, "GET", "/storage/v1/b/papers/o?"+query+"&pageToken="+token, nil).want(200)
			items, _ := page.at("items").([]any)
			for _, item := range items {
				got = append(got, fmt.Sprint(dig(item, "name")))
			}
			prefixes, _ := page.at("prefixes").([]any)
			for _, prefix := range prefixes {
				got = append(got, fmt.Sprint(prefix))
			}
			next, _ := page.at("nextPageToken").(string)
			if token = next; token == "" {
				return strings.Join(got, " ")
			}
		}
	}
	for query, want := range map[string]string{
		"":                                     "a dir/1 dir/2 dir/sub/3 e%2Fodd z",
		"maxResults=1":                         "a dir/1 dir/2 dir/sub/3 e%2Fodd z",
		"prefix=dir/":                          "dir/1 dir/2 dir/sub/3",
		"delimiter=/":                          "a e%2Fodd z dir/",
		"delimiter=/&maxResults=1":             "a dir/ e%2Fodd z",
		"prefix=dir/&delimiter=/":              "dir/1 dir/2 dir/sub/",
		"startOffset=dir/2&endOffset=z":        "dir/2 dir/sub/3 e%2Fodd",
		"prefix=nothing":                       "",
		"prefix=dir/&delimiter=/&maxResults=2": "dir/1 dir/2 dir/sub/",
	} {
		if got := names(query); got != want {
			t.Errorf("list %q: %s, want %s", query, got, want)
		}
	}
	w.call(w.owner, "GET", "/storage/v1/b/papers/o?matchGlob=*", nil).want(501)
}
