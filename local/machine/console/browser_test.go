package console_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"docx2pdf/local/machine/console"
	"docx2pdf/local/machinery/traffic"
)

// opened is the page in Chromium.
type opened struct {
	t *testing.T
	context.Context
}

func open(t *testing.T, url string) *opened {
	t.Helper()
	dir := t.TempDir() // also for what Chromium would leave in the system's folder
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox,
		chromedp.UserDataDir(filepath.Join(dir, "profile")), chromedp.Env("TMPDIR="+dir))
	allocated, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(allocated)
	t.Cleanup(cancel)
	p := &opened{t, ctx}
	p.do(chromedp.EmulateViewport(1400, 900), chromedp.Navigate(url))
	p.becomes(`byID("live").innerText === "Live."`)
	return p
}

func (p *opened) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.Context, steps...); err != nil {
		p.t.Fatalf("%v; is chromium installed?", err)
	}
}

// becomes waits until an expression is true in the page.
func (p *opened) becomes(expression string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.Context, time.Minute)
	defer cancel()
	poll := chromedp.Poll[bool](expression, chromedp.WithPollingInterval(50*time.Millisecond))
	if _, err := chromedp.Run(ctx, poll); err != nil {
		p.t.Fatalf("the page never has %s: %v\nit shows:\n%.2000s", expression, err, p.text("main"))
	}
}

// shows waits until an element's text has a part.
func (p *opened) shows(selector, text string) {
	p.t.Helper()
	p.becomes(fmt.Sprintf("document.querySelector(%q)?.innerText.includes(%q)", selector, text))
}

func (p *opened) text(selector string) string {
	p.t.Helper()
	return evaluate[string](p, fmt.Sprintf("document.querySelector(%q).innerText", selector))
}

func evaluate[T any](p *opened, expression string) T {
	p.t.Helper()
	v, err := chromedp.Run(p.Context, chromedp.Evaluate[T](expression))
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// look sets the width and the scheme, and keeps a picture for a person when PAGE_SCREENSHOTS names a folder.
func (p *opened) look(width int64, scheme string) {
	p.t.Helper()
	p.do(chromedp.EmulateViewport(width, 900))
	_, err := chromedp.Call(p.Context, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme},
			{Name: "prefers-reduced-motion", Value: "reduce"},
		},
	})
	if err != nil {
		p.t.Fatal(err)
	}
	if folder := os.Getenv("PAGE_SCREENSHOTS"); folder != "" {
		picture, err := chromedp.Run(p.Context, chromedp.CaptureScreenshot())
		if err != nil {
			p.t.Fatal(err)
		}
		file := filepath.Join(folder, fmt.Sprintf("cloud-%d-%s.png", width, scheme))
		if err := os.WriteFile(file, picture, 0o644); err != nil {
			p.t.Fatal(err)
		}
	}
}

func TestTheDeploymentIsAPictureThatFollows(t *testing.T) {
	d := serve(t, deployment())
	d.add(conversion(1)...)
	p := open(t, d.url)
	for place, want := range map[string][]string{
		"input":        {"Input bucket", input, "12 objects", "3.4 MB"},
		"topic":        {"docx2pdf-uploads-95a1d54", "new objects"},
		"subscription": {"docx2pdf-push-1550537", "0 waiting", "1 delivery"},
		"service":      {"docx2pdf", "ready", "2 instances", "1 request"},
		"output":       {output, "2 objects", "114 kB"},
		"deadletters":  {"docx2pdf-dead-letters-4902015", "0 waiting"},
		"callers":      {"docx2pdf-push-3196b7a7", "1 call"},
	} {
		for _, text := range want {
			p.shows(".at-"+place, text)
		}
	}
	if evaluate[int](p, `document.querySelectorAll(".arrow.broken").length`) != 0 {
		t.Error("an arrow lacks a grant")
	}

	d.change(func(s *console.State) {
		s.Backlogs[0].Backlog, s.Backlogs[1].Backlog = 3, 7
		s.Backlogs[1].Push = console.Verdict{Why: "no role of the push account holds run.routes.invoke"}
		s.Services[0].State, s.Services[0].Message = "failed", "The container did not listen on PORT."
	})
	d.add(conversion(2)...)
	p.shows(".at-subscription", "7 waiting")
	p.shows(".at-subscription", "2 deliveries")
	p.shows(".at-deadletters.alarm", "3 waiting")
	p.shows(".at-push.broken", "a grant is missing")
	p.shows("#picture", "no role of the push account holds run.routes.invoke")
	p.shows(".at-service", "The container did not listen on PORT.")

	d.change(func(s *console.State) {
		s.Buckets, s.Services, s.Backlogs = []console.Bucket{}, []console.Service{}, []console.Subscription{}
	})
	p.shows("#picture", "Nothing is deployed yet.")
}

func TestRequestsAreFilteredAndRefusalsExplained(t *testing.T) {
	d := serve(t, deployment())
	d.add(conversion(1)...)
	d.add(
		refused,
		traffic.Entry{
			Method:     "POST",
			Path:       endpoint + "/",
			Call:       "run.routes.invoke",
			Caller:     "serviceAccount:" + pusher,
			Status:     422,
			Why:        "serviceAccount:" + pusher + " has roles/run.invoker on " + run,
			Permission: "run.routes.invoke",
			Resource:   run,
		},
	)
	p := open(t, d.url)
	p.becomes(`byID("count-all").innerText === "5"`)
	if first := p.text("#request-list li"); !strings.HasPrefix(first, "422") ||
		!strings.Contains(first, "answered with 422") {
		t.Errorf("the newest request is not the first: %q", first)
	}
	for _, want := range []string{
		"cr-test lacks storage.objects.delete on bucket " + output, "It would be allowed by roles/storage.objectUser there.",
	} {
		p.shows(".request.refused", want)
	}
	// The outcome, then the service, then words: all with the keyboard alone.
	p.do(chromedp.Focus(`input[name=outcome]`), chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent(kb.ArrowRight))
	p.becomes(`byID("request-list").children.length === 1 && document.querySelector("#request-list .refused") !== null`)
	p.do(chromedp.Focus(`.refused summary`), chromedp.KeyEvent("\r"))
	p.shows(
		".refused dl",
		"gcloud storage buckets add-iam-policy-binding gs://"+output+" --member="+caller+" --role=roles/storage.objectUser",
	)
	p.shows(".refused dl", "no role of "+caller)
	p.do(chromedp.Focus(`.refused .copy`), chromedp.Evaluate[chromedp.Void](`requests.choose({})`))
	p.do(chromedp.SendKeys(`select[name=service]`, "Pub"))
	p.becomes(`byID("request-list").children.length === 1 && byID("request-list").innerText.includes("Pub/Sub’s agent")`)
	p.do(
		chromedp.Evaluate[chromedp.Void](`requests.choose({}); document.activeElement.blur()`),
		chromedp.KeyEvent("/"),
		chromedp.KeyEvent("objectViewer report-1"),
	)
	p.becomes(
		`byID("request-list").children.length === 1 &&
			byID("request-list").innerText.includes("gs://` + input + `/letters/report-1.docx")`,
	)
	p.do(chromedp.KeyEvent("nothing"))
	p.shows("#request-none", "No request fits the filter.")
	// A count in the picture leads to its requests.
	p.do(chromedp.Click(`.at-service .bad`))
	p.becomes(`byID("request-list").children.length === 1 && document.querySelector("#request-list .failed") !== null`)
}
