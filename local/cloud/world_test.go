package cloud_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"docx2pdf/local/cloud"
	"docx2pdf/local/machinery/fault"
)

const project = cloud.DefaultProject

// world is a local cloud that a test runs, seen as its clients see it: over HTTP.
type world struct {
	t         *testing.T
	dir       string
	options   cloud.Options
	cloud     *cloud.Cloud
	address   string
	stop      func()
	owner     string
	userAgent string // User-Agent of calls; empty for Go's own
}

type setting func(*cloud.Options)

func faults(plan fault.Plan) setting {
	return func(o *cloud.Options) { o.Faults = fault.New(plan) }
}

func idle(d time.Duration) setting { return func(o *cloud.Options) { o.Idle = d } }

func pending(d time.Duration) setting { return func(o *cloud.Options) { o.Pending = d } }

var apis = []string{"cloudresourcemanager.googleapis.com", "cloudbilling.googleapis.com", "run.googleapis.com",
	"iam.googleapis.com", "iamcredentials.googleapis.com", "artifactregistry.googleapis.com", "cloudbuild.googleapis.com",
	"pubsub.googleapis.com", "billingbudgets.googleapis.com", "cloudkms.googleapis.com",
	"orgpolicy.googleapis.com"}

// start runs a cloud whose default project has all APIs enabled.
func start(t *testing.T, options ...setting) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), options: cloud.Options{Idle: time.Minute, Pending: 5 * time.Second}}
	for _, o := range options {
		o(&w.options)
	}
	w.options.Dir, w.options.Log = filepath.Join(w.dir, "cloud"), slog.New(slog.NewTextHandler(io.Discard, nil))
	w.up("127.0.0.1:0")
	w.call(w.owner, "POST", "/serviceusage/v1/projects/"+project+"/services:batchEnable",
		map[string]any{"serviceIds": apis}).want(200)
	return w
}

func (w *world) up(address string) {
	w.t.Helper()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	if w.cloud, err = cloud.Open(ctx, w.options); err != nil {
		w.t.Fatal(err)
	}
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() {
		done <- w.cloud.Serve(ctx, listener, func() error { close(ready); return nil })
	}()
	stopped := false
	w.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("serving: %v", err)
		}
	}
	w.t.Cleanup(w.stop)
	select {
	case <-ready:
	case err := <-done:
		w.t.Fatalf("starting: %v", err)
	}
	w.address, w.owner = w.cloud.Address(), w.cloud.OwnerToken()
}

// restart stops the cloud and starts it again on the same state and port.
func (w *world) restart() {
	w.t.Helper()
	w.stop()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections() // they lead to the cloud that was
	w.up(w.address)
}

func (w *world) url(path string) string { return "http://" + w.address + path }

// answer is what a call got.
type answer struct {
	t      *testing.T
	call   string
	status int
	header http.Header
	body   []byte
}

func (w *world) call(token, method, path string, body any) answer {
	w.t.Helper()
	var content io.Reader
	kind := "application/json"
	switch b := body.(type) {
	case nil:
	case []byte:
		content, kind = bytes.NewReader(b), "application/octet-stream"
	case string:
		content = strings.NewReader(b)
	default:
		data, err := json.Marshal(b)
		if err != nil {
			w.t.Fatal(err)
		}
		content = bytes.NewReader(data)
	}
	url := path
	if strings.HasPrefix(path, "/") {
		url = w.url(path)
	}
	r, err := http.NewRequest(method, url, content)
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	if w.userAgent != "" {
		r.Header.Set("User-Agent", w.userAgent)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return w.do(r)
}

func (w *world) do(r *http.Request) answer {
	w.t.Helper()
	return w.doBy(http.DefaultTransport, r)
}

func (w *world) doBy(transport http.RoundTripper, r *http.Request) answer {
	w.t.Helper()
	response, err := transport.RoundTrip(r)
	if err != nil {
		w.t.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	return answer{w.t, r.Method + " " + r.URL.String(), response.StatusCode, response.Header, data}
}

// want fails the test unless the call got the status.
func (a answer) want(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%s answered %d, want %d: %s", a.call, a.status, status, a.body)
	}
	return a
}

// saying fails the test unless the body holds the text.
func (a answer) saying(text string) answer {
	a.t.Helper()
	if !strings.Contains(string(a.body), text) {
		a.t.Fatalf("%s answered %d %s\nwant it to say %q", a.call, a.status, a.body, text)
	}
	return a
}

// at returns the value at a path of fields and indexes in the JSON answer, or nil.
func (a answer) at(path ...any) any {
	a.t.Helper()
	var value any
	if err := json.Unmarshal(a.body, &value); err != nil {
		a.t.Fatalf("%s: not JSON: %v: %s", a.call, err, a.body)
	}
	return dig(value, path...)
}

func dig(value any, path ...any) any {
	for _, step := range path {
		switch s := step.(type) {
		case string:
			fields, _ := value.(map[string]any)
			value = fields[s]
		case int:
			items, _ := value.([]any)
			if s >= len(items) {
				return nil
			}
			value = items[s]
		}
	}
	return value
}

func (a answer) text(path ...any) string {
	a.t.Helper()
	value := a.at(path...)
	if value == nil {
		a.t.Fatalf("%s: nothing at %v in %s", a.call, path, a.body)
	}
	return fmt.Sprint(value)
}

// eventually waits until the condition holds, and fails the test if it does not in time.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.NewTimer(30 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("waited 30 s in vain until %s", what)
		}
	}
}

// await polls an operation until it is done and returns it.
func (w *world) await(path string) answer {
	w.t.Helper()
	var last answer
	eventually(w.t, path+" is done", func() bool {
		last = w.call(w.owner, "GET", path, nil).want(200)
		return last.at("done") == true
	})
	return last
}
