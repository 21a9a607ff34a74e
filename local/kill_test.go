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

// TestNothingAcknowledgedIsLost kills the cloud again and again while objects are written, replaced and deleted, and
// messages published. What was acknowledged is there afterwards; what was not is there whole or not at all.
func TestNothingAcknowledgedIsLost(t *testing.T) {
	k := &killed{t: t, program: filepath.Join(t.TempDir(), "local"), state: t.TempDir()}
	if out, err := exec.Command("go", "build", "-o", k.program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Cleanup(func() { k.kill() })
	k.start()
	const base = "/pubsub/v1/projects/docx2pdf-local"
	k.must("POST", "/storage/v1/b?project=docx2pdf-local", []byte(`{"name":"documents"}`))
	k.must("POST", "/serviceusage/v1/projects/docx2pdf-local/services/pubsub.googleapis.com:enable", nil)
	k.must("PUT", base+"/topics/news", []byte(`{}`))
	k.must("PUT", base+"/subscriptions/reader",
		[]byte(`{"topic":"projects/docx2pdf-local/topics/news","ackDeadlineSeconds":10}`))

	random := rand.New(rand.NewPCG(1, 1))
	objects, published := acknowledged{}, map[string]bool{}
	for range 200 {
		ctx, cut := context.WithCancel(t.Context())
		process := k.process.Process
		// When it is killed is left to chance: in the middle of whatever it does.
		time.AfterFunc(time.Duration(random.IntN(60))*time.Millisecond, func() {
			process.Kill()
			cut()
		})
		k.writeUntil(ctx, random, objects, published)
		k.process.Wait()
		k.start()
		k.check(objects)
	}
	k.checkMessages(base, published)
	k.must("DELETE", base+"/subscriptions/reader", nil)
}

// writeUntil changes things until the cloud no longer answers.
func (k *killed) writeUntil(ctx context.Context, random *rand.Rand, objects acknowledged, published map[string]bool) {
	for n := 0; ; n++ {
		name := fmt.Sprint("letters/", random.IntN(8))
		object := "/storage/v1/b/documents/o/" + url.PathEscape(name)
		content, ok := "", false
		switch random.IntN(5) {
		case 0:
			if len(objects[name]) == 1 && objects[name][0] == "" {
				continue // there is nothing to delete
			}
			_, ok = k.call(ctx, "DELETE", object, nil)
		case 1:
			text := fmt.Sprintf("%d-%d", len(published), random.Int64())
			body := fmt.Sprintf(`{"messages":[{"attributes":{"text":%q}}]}`, text)
			if _, ok = k.call(ctx, "POST", "/pubsub/v1/projects/docx2pdf-local/topics/news:publish", []byte(body)); !ok {
				return
			}
			published[text] = true
			continue
		default:
			content = fmt.Sprintf("%d %s", random.Int64(), bytes.Repeat([]byte("x"), random.IntN(100_000)))
			_, ok = k.call(ctx, "POST", "/upload/storage/v1/b/documents/o?uploadType=media&name="+url.QueryEscape(name),
				[]byte(content))
		}
		if !ok {
			objects[name] = append(objects.of(name), content)
			return
		}
		objects[name] = []string{content}
	}
}

func (a acknowledged) of(name string) []string {
	if a[name] == nil {
		return []string{""}
	}
	return a[name]
}

// check reads what is there, which from then on is what was acknowledged.
func (k *killed) check(objects acknowledged) {
	k.t.Helper()
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

func (k *killed) checkMessages(base string, published map[string]bool) {
	k.t.Helper()
	for len(published) > 0 {
		var pulled struct {
			ReceivedMessages []struct {
				AckID   string `json:"ackId"`
				Message struct{ Attributes map[string]string }
			}
		}
		if err := json.Unmarshal(k.must("POST", base+"/subscriptions/reader:pull",
			[]byte(`{"maxMessages":1000,"returnImmediately":true}`)), &pulled); err != nil {
			k.t.Fatal(err)
		}
		if len(pulled.ReceivedMessages) == 0 {
			k.t.Fatalf("%d messages that were published are not delivered", len(published))
		}
		for _, m := range pulled.ReceivedMessages {
			delete(published, m.Message.Attributes["text"])
		}
	}
}
