package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// killed is a local cloud that runs as a process, to be killed.
type killed struct {
	t       *testing.T
	program string
	state   string
	serving serving
	process *exec.Cmd
}

func (k *killed) start() {
	k.t.Helper()
	k.process = exec.Command(k.program, "serve", "-addr", "127.0.0.1:0", "-state", k.state)
	if err := k.process.Start(); err != nil {
		k.t.Fatal(err)
	}
	var err error
	if k.serving, err = awaitServing(k.t.Context(), k.state, 20*time.Second); err != nil {
		k.t.Fatal(err)
	}
}

func (k *killed) kill() {
	k.process.Process.Kill()
	k.process.Wait()
}

// call is a request of the owner; ok says that it succeeded, which is acknowledged.
func (k *killed) call(ctx context.Context, method, path string, body []byte) (answer []byte, ok bool) {
	r, err := http.NewRequestWithContext(ctx, method, k.serving.url()+path, bytes.NewReader(body))
	if err != nil {
		k.t.Error(err)
		return nil, false
	}
	r.Header.Set("Authorization", "Bearer "+k.serving.OwnerToken)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, false
	}
	defer response.Body.Close()
	answer, err = io.ReadAll(response.Body)
	return answer, err == nil && response.StatusCode < 300
}

func (k *killed) must(method, path string, body []byte) []byte {
	k.t.Helper()
	answer, ok := k.call(k.t.Context(), method, path, body)
	if !ok {
		k.t.Fatalf("%s %s: %s", method, path, answer)
	}
	return answer
}

// acknowledged is what a client has been told of an object: one of these contents is there, "" for none. There are
// several when a call was cut off.
type acknowledged map[string][]string

const (
	killTopic  = "/pubsub/v1/projects/docx2pdf-local/topics/news"
	killReader = "/pubsub/v1/projects/docx2pdf-local/subscriptions/reader"
	killKeeper = "/pubsub/v1/projects/docx2pdf-local/subscriptions/keeper"
)

// history is what the client of a cloud that is killed has been told, and what it has seen.
type history struct {
	objects   acknowledged
	published map[string]bool // texts
	stored    map[string]bool // generations of objects that were there
	acked     map[string]bool // messages that the reader gave back for good
	perhaps   map[string]bool // and those where the answer was cut off
}

// TestNothingAcknowledgedIsLost kills the cloud again and again while objects are written, replaced and deleted, and
// messages published and acknowledged. What was acknowledged is there afterwards; what was not is there whole or not at
// all: an object with the messages that tell of it, and a message in all subscriptions of its topic.
func TestNothingAcknowledgedIsLost(t *testing.T) {
	k := &killed{t: t, program: filepath.Join(t.TempDir(), "local"), state: t.TempDir()}
	if out, err := exec.Command("go", "build", "-o", k.program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Cleanup(func() { k.kill() })
	k.start()
	k.prepare()
	random := rand.New(rand.NewPCG(1, 1))
	h := history{acknowledged{}, map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}}
	for range 200 {
		ctx, cut := context.WithCancel(t.Context())
		process := k.process.Process
		// When it is killed is left to chance: in the middle of whatever it does.
		time.AfterFunc(time.Duration(random.IntN(60))*time.Millisecond, func() {
			process.Kill()
			cut()
		})
		k.writeUntil(ctx, random, h)
		k.process.Wait()
		k.start()
		k.check(h)
	}
	k.checkMessages(h)
	k.must("DELETE", killReader, nil)
}

// prepare makes a bucket that tells a topic of its objects, and two subscriptions of the topic.
func (k *killed) prepare() {
	k.must("POST", "/storage/v1/b?project=docx2pdf-local", []byte(`{"name":"documents"}`))
	k.must("POST", "/serviceusage/v1/projects/docx2pdf-local/services/pubsub.googleapis.com:enable", nil)
	k.must("PUT", killTopic, []byte(`{}`))
	for _, subscription := range []string{killReader, killKeeper} {
		k.must("PUT", subscription, []byte(`{"topic":"projects/docx2pdf-local/topics/news","ackDeadlineSeconds":600}`))
	}
	var agent struct {
		Email string `json:"email_address"`
	}
	answer := k.must("GET", "/storage/v1/projects/docx2pdf-local/serviceAccount", nil)
	if err := json.Unmarshal(answer, &agent); err != nil {
		k.t.Fatal(err)
	}
	k.must("POST", killTopic+":setIamPolicy", fmt.Appendf(nil,
		`{"policy":{"bindings":[{"role":"roles/pubsub.publisher","members":["serviceAccount:%s"]}]}}`, agent.Email))
	k.must("POST", "/storage/v1/b/documents/notificationConfigs", []byte(
		`{"topic":"//pubsub.googleapis.com/projects/docx2pdf-local/topics/news","payload_format":"NONE"}`))
}

// writeUntil changes things until the cloud no longer answers.
func (k *killed) writeUntil(ctx context.Context, random *rand.Rand, h history) {
	for {
		name := fmt.Sprint("letters/", random.IntN(8))
		object := "/storage/v1/b/documents/o/" + url.PathEscape(name)
		content, ok := "", false
		switch random.IntN(6) {
		case 0:
			if len(h.objects[name]) == 1 && h.objects[name][0] == "" {
				continue // there is nothing to delete
			}
			_, ok = k.call(ctx, "DELETE", object, nil)
		case 1:
			text := fmt.Sprintf("%d-%d", len(h.published), random.Int64())
			body := fmt.Sprintf(`{"messages":[{"attributes":{"text":%q}}]}`, text)
			if _, ok = k.call(ctx, "POST", killTopic+":publish", []byte(body)); !ok {
				return
			}
			h.published[text] = true
			continue
		case 2:
			if !k.acknowledge(ctx, h) {
				return
			}
			continue
		default:
			content = fmt.Sprintf("%d %s", random.Int64(), bytes.Repeat([]byte("x"), random.IntN(100_000)))
			_, ok = k.call(ctx, "POST", "/upload/storage/v1/b/documents/o?uploadType=media&name="+url.QueryEscape(name),
				[]byte(content))
		}
		if !ok {
			h.objects[name] = append(h.objects.of(name), content)
			return
		}
		h.objects[name] = []string{content}
	}
}

func (a acknowledged) of(name string) []string {
	if a[name] == nil {
		return []string{""}
	}
	return a[name]
}

// check reads what is there, which from then on is what was acknowledged.
func (k *killed) check(h history) {
	k.t.Helper()
	objects := h.objects
	for name, may := range objects {
		got, there := k.call(k.t.Context(), "GET", "/storage/v1/b/documents/o/"+url.PathEscape(name)+"?alt=media", nil)
		if !there {
			got = nil
		}
		known := false
		for _, content := range may {
			known = known || content == string(got)
		}
		if !known {
			k.t.Fatalf("%s has %d bytes, %.40q, which nobody wrote last", name, len(got), got)
		}
		objects[name] = []string{string(got)}
	}
	var there struct {
		Items []struct{ Generation string }
	}
	if err := json.Unmarshal(k.must("GET", "/storage/v1/b/documents/o", nil), &there); err != nil {
		k.t.Fatal(err)
	}
	for _, o := range there.Items {
		h.stored[o.Generation] = true
	}
	blobs, err := os.ReadDir(filepath.Join(k.state, "cloud", "storage", "blobs"))
	live := 0
	for _, may := range objects {
		if may[0] != "" {
			live++
		}
	}
	if err != nil || len(blobs) != live {
		k.t.Fatalf("%d blobs for %d objects: %v", len(blobs), live, err)
	}
}
