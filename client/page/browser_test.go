package page_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// converting stands in for the service: documents that start with "bad" are refused, all others are their own PDFs.
func converting(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/health" {
		fmt.Fprint(w, `{"ready":true}`)
		return
	}
	file, _, err := r.FormFile("file")
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	content, _ := io.ReadAll(file)
	if strings.HasPrefix(string(content), "bad") {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnprocessableEntity)
		fmt.Fprint(w, `{"error":"the document is damaged","code":"document_corrupt"}`)
		return
	}
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("X-Pages", "3")
	w.Header().Set("X-Fonts-Substituted",
		"Calibri=Calibri%20Twin (same widths); Comic%20Sans=Comic%20Neue+Noto%20Sans (other widths)")
	fmt.Fprintf(w, "%%PDF of %s, pdfa %s", content, r.FormValue("pdfa"))
}

// opened is the page in Chromium.
type opened struct {
	t *testing.T
	context.Context
	dir       string
	downloads string
}

func open(t *testing.T) *opened {
	t.Helper()
	service := httptest.NewServer(http.HandlerFunc(converting))
	t.Cleanup(service.Close)
	s := serve(t, service.URL)
	dir := t.TempDir() // also for what Chromium would leave in the system's folder
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox,
		chromedp.UserDataDir(filepath.Join(dir, "profile")), chromedp.Env("TMPDIR="+dir))
	allocated, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(allocated)
	t.Cleanup(cancel)
	p := &opened{t, ctx, dir, filepath.Join(dir, "downloads")}
	p.do(chromedp.EmulateViewport(1000, 800), chromedp.Navigate(s.URL()))
	_, err := chromedp.CallBrowser(ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: p.downloads,
	})
	if err != nil {
		t.Fatal(err)
	}
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
	if _, err := chromedp.Run(ctx,
		chromedp.Poll[bool](expression, chromedp.WithPollingInterval(50*time.Millisecond))); err != nil {
		p.t.Fatalf("the page never has %s: %v\nit shows:\n%s", expression, err, p.text("body"))
	}
}

func (p *opened) text(selector string) string {
	p.t.Helper()
	text, err := chromedp.Run(p.Context,
		chromedp.Evaluate[string](fmt.Sprintf("document.querySelector(%q).innerText", selector)))
	if err != nil {
		p.t.Fatal(err)
	}
	return text
}

// drop drops files onto the page, as from a file manager.
func (p *opened) drop(files ...string) {
	p.t.Helper()
	data := &input.DragData{Items: []*input.DragDataItem{}, Files: files, DragOperationsMask: 1}
	for _, event := range []input.DispatchDragEventType{
		input.DispatchDragEventTypeDragEnter, input.DispatchDragEventTypeDragOver, input.DispatchDragEventTypeDrop,
	} {
		if _, err := chromedp.Call(p.Context, input.DispatchDragEvent,
			input.DispatchDragEventParams{Type: event, X: 500, Y: 200, Data: data}); err != nil {
			p.t.Fatalf("%s: %v", event, err)
		}
	}
}

func (p *opened) document(name, content string) string {
	p.t.Helper()
	file := filepath.Join(p.dir, name)
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		p.t.Fatal(err)
	}
	return file
}

// screenshot keeps a picture of the page for a person, when PAGE_SCREENSHOTS names a folder.
func (p *opened) screenshot(name string) {
	p.t.Helper()
	folder := os.Getenv("PAGE_SCREENSHOTS")
	for _, scheme := range []string{"light", "dark"} {
		_, err := chromedp.Call(p.Context, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		if err != nil {
			p.t.Fatal(err)
		}
		picture, err := chromedp.Run(p.Context, chromedp.CaptureScreenshot())
		if err != nil || len(picture) == 0 {
			p.t.Fatalf("a picture of %d bytes, %v", len(picture), err)
		}
		if folder == "" {
			continue
		}
		if err := os.WriteFile(filepath.Join(folder, name+"-"+scheme+".png"), picture, 0o644); err != nil {
			p.t.Fatal(err)
		}
	}
}

// saved waits for a download.
func (p *opened) saved(name string) string {
	p.t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); <-time.After(50 * time.Millisecond) {
		if content, err := os.ReadFile(filepath.Join(p.downloads, name)); err == nil && len(content) > 0 {
			return string(content)
		}
	}
	p.t.Fatalf("%s was not saved", name)
	return ""
}

func TestDocumentsAreDroppedOnThePage(t *testing.T) {
	p := open(t)
	p.becomes(`document.getElementById("health").innerText === "The converter is ready."`)
	p.screenshot("empty")
	p.drop(p.document("letter.docx", "my letter"), p.document("<img src=x onerror=document.title='hit'>.docm", "markup"),
		p.document("damaged.docx", "bad"), p.document("empty.docx", ""))
	p.becomes(`document.getElementById("count").innerText === "2 of 4 converted, 2 failed"`)
	text := p.text("#list")
	for _, want := range []string{
		"letter.docx", "3 pages", "Lines may end elsewhere than in Word: Comic Sans → Comic Neue, Noto Sans",
		"the document is damaged", "It is empty, or a folder", "<img src=x",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q:\n%s", want, text)
		}
	}
	if title, err := chromedp.Run(p.Context, chromedp.Title()); err != nil || title != "Word to PDF" {
		t.Errorf("a document's name ran as code: title %q, %v", title, err)
	}
	p.screenshot("four")
	p.do(chromedp.Click(`a.save[aria-label="Save letter.docx"]`))
	if pdf := p.saved("letter.pdf"); pdf != "%PDF of my letter, pdfa " {
		t.Errorf("the PDF that was saved is %q", pdf)
	}
}

func TestTwentyDocumentsAtOnceFromTheFilePicker(t *testing.T) {
	p := open(t)
	var files []string
	for i := range 20 {
		files = append(files, p.document(fmt.Sprintf("report %02d.docx", i), fmt.Sprintf("report %d", i)))
	}
	p.do(chromedp.Click("summary"))
	p.do(chromedp.SendKeys(`select[name=pdfa]`, "2b"))
	p.do(chromedp.SetUploadFiles(`#files`, files))
	p.becomes(`document.getElementById("count").innerText === "20 of 20 converted"`)
	p.screenshot("twenty")
	p.do(chromedp.Click(`a.save[aria-label="Save report 19.docx"]`))
	if pdf := p.saved("report 19.pdf"); pdf != "%PDF of report 19, pdfa 2b" {
		t.Errorf("the PDF that was saved is %q", pdf)
	}
	p.do(chromedp.Click("#clear"))
	p.becomes(`document.getElementById("documents").hidden`)
}

// All of the page is reached with the keyboard, and everything has a name for those who do not see it.
func TestPageIsForEverybody(t *testing.T) {
	p := open(t)
	p.drop(p.document("letter.docx", "my letter"), p.document("damaged.docx", "bad"))
	p.becomes(`document.getElementById("count").innerText === "1 of 2 converted, 1 failed"`)
	unnamed, err := chromedp.Run(p.Context, chromedp.Evaluate[[]string](`
		[...document.querySelectorAll("a, button, input, select, progress")].filter((e) => e.checkVisibility())
			.filter((e) => !(e.getAttribute("aria-label") || e.innerText || e.labels?.[0]?.innerText)).map((e) => e.outerHTML)`))
	if err != nil || len(unnamed) > 0 {
		t.Errorf("without a name: %v, %v", unnamed, err)
	}
	var reached []string
	for range 12 {
		p.do(chromedp.KeyEvent("\t"))
		name, err := chromedp.Run(p.Context,
			chromedp.Evaluate[string](`(e => e.getAttribute("aria-label") || e.innerText || "")(document.activeElement)`))
		if err != nil {
			t.Fatal(err)
		}
		reached = append(reached, name)
	}
	for _, want := range []string{"Choose files…", "Options for the next documents", "Open letter.docx",
		"Save letter.docx", "Try again damaged.docx", "Remove damaged.docx"} {
		if !strings.Contains(strings.Join(reached, "\n"), want) {
			t.Errorf("the Tab key does not reach %q: %q", want, reached)
		}
	}
	p.do(chromedp.EmulateViewport(360, 700))
	wide, err := chromedp.Run(p.Context, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > innerWidth`))
	if err != nil || wide {
		t.Errorf("on a narrow screen the page is wider than it: %v, %v", wide, err)
	}
	p.screenshot("narrow")
}
