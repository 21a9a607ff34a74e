package cloud_test

import (
	"context"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// The page in a real browser: it shows what exists, follows without a reload, and takes names for text.
func TestPageInChromium(t *testing.T) {
	w := start(t)
	w.bucket("first-bucket")
	temporary := t.TempDir() // also for what Chromium would leave in the system's folder
	options := append(
		chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox,
		chromedp.UserDataDir(filepath.Join(temporary, "profile")),
		chromedp.Env("TMPDIR="+temporary),
	)
	allocated, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	defer cancel()
	browser, cancel := chromedp.NewContext(allocated)
	defer cancel()
	if err := chromedp.Do(browser, chromedp.Navigate(w.url("/"))); err != nil {
		t.Fatalf("opening the page: %v; is chromium installed?", err)
	}
	shows := func(id, text string) {
		t.Helper()
		expression := `document.getElementById("` + id + `").innerText.includes("` + text + `")`
		if _, err := chromedp.Run(browser, chromedp.Poll[bool](expression,
			chromedp.WithPollingInterval(50*time.Millisecond))); err != nil {
			t.Fatalf("the page does not show %q in %s: %v", text, id, err)
		}
	}
	shows("live", "Live.")
	shows("buckets", "first-bucket")
	shows("projects", project)
	shows("address", w.address)

	w.bucket("second-bucket")
	w.upload("second-bucket", "%3Cimg%20src=x%20onerror=document.title='hit'%3E", []byte("x")).want(200)
	stranger := w.token(w.account("stranger"))
	w.call(stranger, "GET", "/storage/v1/b/first-bucket", nil).want(403)
	topic := w.topic("news")
	w.subscribe("readers", topic, nil).want(200)
	w.publish(topic, "x", nil)
	shows("buckets", "<img src=x")
	shows(
		"request-list",
		"stranger lacks storage.buckets.get on bucket first-bucket. It would be allowed by roles/storage.bucketViewer there.",
	)
	shows("subscriptions", "readers")
	shows("policies", "Only Google’s own grants")
	title, err := chromedp.Run(browser, chromedp.Title())
	if err != nil || title != "Local Google Cloud" {
		t.Errorf("an object's name ran as code: title %q, %v", title, err)
	}
}

func TestPageIsForThisMachineOnly(t *testing.T) {
	w := start(t)
	for _, path := range []string{"/", "/console/state", "/console/events", "/console/files/page.js",
		"/console/object?bucket=a&name=b", "/inventory", "/requests"} {
		r, _ := http.NewRequest("GET", w.url(path), nil)
		r.Host = "attacker.example.com"
		w.do(r).want(403)
	}
	a := w.call("", "GET", "/console/state", nil).want(200)
	if strings.Contains(string(a.body), w.owner) {
		t.Error("the page shows the owner token")
	}
	w.call("", "GET", "/", nil).want(200).saying("reachable from this machine only")
}
