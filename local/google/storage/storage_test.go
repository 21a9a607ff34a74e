package storage_test

import (
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"docx2pdf/local/google/servicetest"
	"docx2pdf/local/google/storage"
	"docx2pdf/local/machinery/door"
	"docx2pdf/local/machinery/store"
)

// topic is a topic that everybody may publish to, and that remembers the events in the order in which they were stored.
type topic struct{ events []string }

func (t *topic) MayPublish(*door.Visit, string) error { return nil }

func (t *topic) PublishIn(b *store.Batch, _ *door.Visit, _ string, _ []byte, attributes map[string]string) {
	b.After(func() { t.events = append(t.events, attributes["eventType"]+" "+attributes["objectId"]) })
}

// bucket is one bucket of the service.
type bucket struct {
	*servicetest.World
	topic *topic
	t     *testing.T
}

func open(t *testing.T, dir string) bucket {
	t.Helper()
	b := bucket{servicetest.Start(t, dir), &topic{}, t}
	s, err := storage.Open(b.DB, b.Policies, b.Door, b.Accounts, b.Projects, b.Keys, b.topic)
	if err != nil {
		t.Fatal(err)
	}
	b.Serve(nil, s.API())
	return b
}

func start(t *testing.T, fields map[string]any) bucket {
	t.Helper()
	b := open(t, t.TempDir())
	body := map[string]any{"name": "papers"}
	for name, value := range fields {
		body[name] = value
	}
	b.Call("POST", "/storage/v1/b?project="+servicetest.Project, body).Want(200)
	b.Call("POST", "/storage/v1/b/papers/notificationConfigs",
		map[string]any{"topic": "//pubsub.googleapis.com/projects/p/topics/t", "payload_format": "NONE"}).Want(200)
	return b
}

const objects = "/storage/v1/b/papers/o"

func (b bucket) put(name, content string) servicetest.Answer {
	return b.Call("POST", "/upload"+objects+"?uploadType=media&name="+url.QueryEscape(name), []byte(content))
}

// names lists all names, page by page.
func (b bucket) names(query string) (names []string) {
	b.t.Helper()
	for token := ""; ; {
		var page struct {
			Items         []struct{ Name, Generation string }
			Prefixes      []string
			NextPageToken string
		}
		b.Call("GET", objects+"?"+query+"&pageToken="+url.QueryEscape(token), nil).Want(200).Into(&page)
		names = append(names, page.Prefixes...)
		for _, o := range page.Items {
			names = append(names, o.Name)
		}
		if token = page.NextPageToken; token == "" {
			return names
		}
	}
}

// What replaces an object goes where the old one was; its content is dropped, and kept where the bucket keeps versions.
func TestReplacedContent(t *testing.T) {
	for _, versioned := range []bool{false, true} {
		b := start(t, map[string]any{"versioning": map[string]any{"enabled": versioned}})
		var first struct{ Generation string }
		b.put("a", "one").Want(200).Into(&first)
		b.put("a", "two").Want(200)
		if got := b.Call("GET", objects+"/a?alt=media", nil).Want(200); string(got.Body) != "two" {
			t.Errorf("the content is %q", got.Body)
		}
		status, contents, gone := 404, 1, "OBJECT_DELETE a"
		if versioned {
			status, contents, gone = 200, 2, "OBJECT_ARCHIVE a"
		}
		old := b.Call("GET", objects+"/a?alt=media&generation="+first.Generation, nil).Want(status)
		if versioned && string(old.Body) != "one" {
			t.Errorf("the older version is %q", old.Body)
		}
		if want := []string{"OBJECT_FINALIZE a", gone, "OBJECT_FINALIZE a"}; !slices.Equal(b.topic.events, want) {
			t.Errorf("events %q, want %q", b.topic.events, want)
		}
		files, err := os.ReadDir(b.DB.Folder("storage/blobs"))
		if err != nil || len(files) != contents {
			t.Errorf("%d contents are kept, want %d: %v", len(files), contents, err)
		}
	}
}

func TestPreconditionsLeaveThingsAsTheyAre(t *testing.T) {
	b := start(t, nil)
	var made struct{ Generation, Metageneration string }
	b.put("a", "one").Want(200).Into(&made)
	b.Call("POST", "/upload"+objects+"?uploadType=media&name=a&ifGenerationMatch=0", []byte("two")).Want(412)
	b.Call("PATCH", objects+"/a?ifMetagenerationMatch=9", map[string]any{"contentType": "a/b"}).Want(412)
	b.Call("DELETE", objects+"/a?ifGenerationMatch=1", nil).Want(412)
	b.Call("DELETE", "/storage/v1/b/papers", nil).Want(409)
	if got := b.Call("GET", objects+"/a?alt=media&ifGenerationMatch="+made.Generation, nil).Want(200); string(
		got.Body) != "one" {
		t.Errorf("the content is %q", got.Body)
	}
	b.Call("GET", objects+"/a?ifGenerationNotMatch="+made.Generation, nil).Want(304)
	if len(b.topic.events) != 1 {
		t.Errorf("events of what was refused: %q", b.topic.events)
	}
}

// Whoever reads an object gets one of its contents, also while it is replaced.
func TestReadingWhatIsBeingReplaced(t *testing.T) {
	b := start(t, nil)
	b.put("a", "content 0").Want(200)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 500 {
			if got := b.put("a", fmt.Sprint("content ", i)); got.Status != 200 {
				t.Errorf("replacing it answered %d: %s", got.Status, got.Body)
			}
		}
	}()
	for reads := 0; ; reads++ {
		got := b.Call("GET", objects+"/a?alt=media", nil)
		if got.Status != 200 || !strings.HasPrefix(string(got.Body), "content ") {
			t.Fatalf("read %d: %d %s", reads, got.Status, got.Body)
		}
		select {
		case <-done:
			return
		default:
		}
	}
}

// What a stop cut off is gone with the next start, and nothing else.
func TestContentThatNoObjectHasGoes(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	b.Call("POST", "/storage/v1/b?project="+servicetest.Project, map[string]any{"name": "papers"}).Want(200)
	b.put("a", "one").Want(200)
	blobs := b.DB.Folder("storage/blobs")
	b.Stop()
	for _, name := range []string{"1234567890123456", ".upload-1"} {
		if err := os.WriteFile(blobs+"/"+name, []byte("left"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	again := open(t, dir)
	if files, err := os.ReadDir(blobs); err != nil || len(files) != 1 {
		t.Errorf("contents: %v %v", files, err)
	}
	if got := again.Call("GET", objects+"/a?alt=media", nil).Want(200); string(got.Body) != "one" {
		t.Errorf("the content is %q", got.Body)
	}
}
