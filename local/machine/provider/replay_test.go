package provider_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
)

// exchange is one call of a recording of Google Cloud, made through the code of
// the official provider. Recordings say where they come from.
type exchange struct {
	Method, URL  string
	RequestBody  map[string]any
	Status       int
	ResponseBody json.RawMessage
}

// replay is a Google Cloud that answers with a recording, in its order, and
// holds requests against those that the official provider sent.
type replay struct {
	t         *testing.T
	mu        sync.Mutex
	exchanges []exchange
	next      int
}

var placeholders = strings.NewReplacer(
	"${projectId}", "example-project", "${uniqueId}", "u1", "${projectNumber}", "123456789", "${operationID}", "o1")

func newReplay(t *testing.T, recording string) *httptest.Server {
	t.Helper()
	text, err := os.ReadFile("testdata/recordings/" + recording + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Exchanges []exchange }
	if err := json.Unmarshal([]byte(placeholders.Replace(string(text))), &file); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(&replay{t: t, exchanges: file.Exchanges})
	t.Cleanup(server.Close)
	return server
}

// localPath is the path of a Google URL at the local cloud, which has all APIs at one address.
func localPath(u *url.URL) string {
	if api, _, _ := strings.Cut(u.Host, "."); api != "storage" {
		return "/" + api + u.Path
	}
	return u.Path
}

func (p *replay) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := p.find(r)
	if at < 0 {
		p.t.Errorf("%s %s is not in the recording after exchange %d", r.Method, r.URL, p.next)
		answerError(w, http.StatusNotImplemented, "not recorded", "notImplemented")
		return
	}
	p.next = max(p.next, at+1)
	p.compare(r, p.exchanges[at])
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(p.exchanges[at].Status)
	if p.exchanges[at].Status != http.StatusNoContent {
		_, _ = w.Write(p.exchanges[at].ResponseBody)
	}
}

// find returns the next exchange of the request's method and path. A GET does
// not reach over a later write: it repeats the last one.
func (p *replay) find(r *http.Request) int {
	matches := func(e exchange) bool {
		u, err := url.Parse(e.URL)
		return err == nil && e.Method == r.Method && localPath(u) == r.URL.Path
	}
	for i := p.next; i < len(p.exchanges); i++ {
		if matches(p.exchanges[i]) {
			return i
		}
		if r.Method == http.MethodGet && p.exchanges[i].Method != http.MethodGet {
			break
		}
	}
	for i := p.next - 1; i >= 0 && r.Method == http.MethodGet; i-- {
		if matches(p.exchanges[i]) {
			return i
		}
	}
	return -1
}

// compare demands that a request is the official provider's own. Of a change it
// may be a part: the official provider sends more than its update mask names.
func (p *replay) compare(r *http.Request, e exchange) {
	recorded, _ := url.Parse(e.URL)
	for name, want := range recorded.Query() {
		got, official := r.URL.Query().Get(name), want[0]
		if name == "updateMask" {
			got, official = sorted(got), sorted(official)
		}
		if name != "alt" && name != "prettyPrint" && got != official {
			p.t.Errorf("%s %s: %s = %q, the official provider sent %q", r.Method, r.URL.Path, name, got, official)
		}
	}
	if r.Method == http.MethodGet || r.Method == http.MethodDelete {
		return
	}
	var got map[string]any
	text, _ := io.ReadAll(r.Body)
	if err := json.Unmarshal(text, &got); err != nil {
		p.t.Errorf("%s %s: %v", r.Method, r.URL.Path, err)
	}
	if mask, want := got["updateMask"], e.RequestBody["updateMask"]; mask != nil && want != nil {
		got["updateMask"], e.RequestBody["updateMask"] = sorted(mask.(string)), sorted(want.(string))
	}
	masked := r.Method == http.MethodPatch && !strings.Contains(r.URL.Path, "/run/")
	if !contains(e.RequestBody, got) || !masked && !contains(got, e.RequestBody) {
		want, _ := json.Marshal(e.RequestBody)
		p.t.Errorf("%s %s: body\n%s\nthe official provider sent\n%s", r.Method, r.URL.Path, text, want)
	}
}

func sorted(mask string) string {
	fields := strings.Split(mask, ",")
	slices.Sort(fields)
	return strings.Join(fields, ",")
}

// contains says whether whole has everything that part has and that is not empty.
func contains(whole, part any) bool {
	switch part := part.(type) {
	case nil:
		return true
	case map[string]any:
		object, _ := whole.(map[string]any)
		for key, v := range part {
			if !contains(object[key], v) {
				return false
			}
		}
		return true
	case []any:
		list, _ := whole.([]any)
		if len(list) != len(part) {
			return len(part) == 0
		}
		for i := range part {
			if !contains(list[i], part[i]) {
				return false
			}
		}
		return true
	}
	return whole == part || whole == nil && (part == false || part == 0.0)
}
