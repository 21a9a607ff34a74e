package console_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"docx2pdf/local/machine/console"
	"docx2pdf/local/machinery/traffic"
)

// broken finds words of letters that a line's end falls into. What is longer than any word, such as a digest, may be
// broken anywhere.
const broken = `(() => {
	const found = [];
	const walk = document.createTreeWalker(document.querySelector("body"), NodeFilter.SHOW_TEXT);
	for (let node = walk.nextNode(); node; node = walk.nextNode()) {
		if (!node.parentElement.checkVisibility()) continue;
		if (node.parentElement.closest("script, noscript, option, legend, .field > span")) continue;
		for (const word of node.data.matchAll(/[A-Za-z]{2,30}/g)) {
			const range = document.createRange();
			range.setStart(node, word.index);
			range.setEnd(node, word.index + word[0].length);
			const tops = new Set([...range.getClientRects()].map((r) => Math.round(r.top)));
			if (tops.size > 1) found.push(word[0] + " in: " + node.data);
		}
	}
	return found;
})()`

// faint finds text whose contrast with what is behind it is under 4.5 to 1
// (https://www.w3.org/TR/WCAG22/#contrast-minimum).
const faint = `(() => {
	const rgb = (colour) => colour.match(/[\d.]+/g).map(Number);
	const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
		.map((c) => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
		.reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
	const behind = (e) => {
		for (; e; e = e.parentElement) {
			const colour = rgb(getComputedStyle(e).backgroundColor);
			if (colour.length < 4 || colour[3] > 0) return colour;
		}
	};
	const found = [];
	for (const e of document.querySelectorAll("body *")) {
		const own = [...e.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.data.trim());
		if (!own || !e.checkVisibility() || e.closest("svg, script, noscript")) continue;
		const [a, b] = [light(rgb(getComputedStyle(e).color)), light(behind(e))];
		const contrast = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
		if (contrast < 4.5) found.push(contrast.toFixed(2) + " " + e.className + ": " + e.textContent.slice(0, 40));
	}
	return found;
})()`

// The page is read on every screen, in both schemes, with everything unfolded.
func TestPageIsReadable(t *testing.T) {
	d := serve(t, deployment())
	d.add(conversion(1)...)
	d.add(
		refused,
		traffic.Entry{Method: http.MethodGet, Path: "/unknown/path", Status: 501, Why: "GET /unknown/path is not modelled"},
	)
	d.change(func(s *console.State) {
		s.Backlogs[0].Backlog = 1
		s.Backlogs[1].Dead = console.Verdict{Why: "no role of the agent holds pubsub.topics.publish"}
		s.Buckets[1].Objects[1].Name = "letters/2026/broken.error.json"
		s.Builds[0].Status, s.Builds[0].Detail = "FAILURE", "Build step failure: build step 0 failed"
	})
	d.write(t, line("1", `"build_id":"9abb68be-d7e4-43ed-bccf-933423e7c39e"`, "", `"textPayload":"compiling"`)+
		line(
			"2",
			`"service_name":"docx2pdf","revision_name":"docx2pdf-00001-die"`,
			"WARNING",
			`"jsonPayload":{"message":"the document is damaged","object":"broken.docx"}`,
		))
	p := open(t, d.url)
	p.shows("#log-list", "the document is damaged")
	p.becomes(`byID("request-list").children.length === 5`)
	p.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("details").forEach((d) => d.open = true)`))
	p.shows("#log-list dl", "broken.docx")
	for _, width := range []int64{1400, 1000, 480, 360} {
		for _, scheme := range []string{"light", "dark"} {
			p.look(width, scheme)
			if words := evaluate[[]string](p, broken); len(words) > 0 {
				t.Errorf("%d wide, words are broken: %q", width, words)
			}
			if words := evaluate[[]string](p, faint); len(words) > 0 {
				t.Errorf("%d wide, %s, too little contrast: %q", width, scheme, words)
			}
			if evaluate[bool](p, `document.documentElement.scrollWidth > innerWidth`) {
				t.Errorf("the page is wider than a screen of %d", width)
			}
		}
	}
}

// Everything is reached with the Tab key, and has a name for those who do not see it.
func TestPageIsForTheKeyboard(t *testing.T) {
	d := serve(t, deployment())
	d.add(refused)
	p := open(t, d.url)
	p.becomes(`byID("request-list").children.length === 1`)
	unnamed := evaluate[[]string](
		p,
		`[...document.querySelectorAll("a, button, input, select, summary")].filter((e) => e.checkVisibility())
		.filter((e) => !(e.getAttribute("aria-label") || e.innerText || e.labels?.[0]?.innerText || e.labels?.[0]?.textContent))
		.map((e) => e.outerHTML)`,
	)
	if len(unnamed) > 0 {
		t.Errorf("without a name: %q", unnamed)
	}
	reached := map[string]bool{}
	for range 60 {
		p.do(chromedp.KeyEvent("\t"))
		reached[evaluate[string](p, `(document.activeElement.innerText ||
			document.activeElement.name || "").trim().split("\n")[0]`)] = true
	}
	for _, want := range []string{
		"Requests", "12 objects", "outcome", "All services", "text", "403", "Copy the gcloud command",
		"letters/2026/report-00.docx", "and 1 that Google makes itself", "Show more (4 older)",
	} {
		if !reached[want] {
			t.Errorf("the Tab key does not reach %q: %v", want, reached)
		}
	}
	// What is unfolded stays so, and the focus stays, when the page follows.
	p.do(chromedp.Focus(`.defaults summary`), chromedp.KeyEvent(kb.Enter))
	p.becomes(`document.querySelector(".defaults").open`)
	d.change(func(s *console.State) {
		s.Policies = append(
			s.Policies,
			console.Policy{Resource: "buckets/" + output, Role: "roles/storage.objectViewer", Member: caller},
		)
	})
	p.shows("#policies", "bucket "+output)
	if !evaluate[bool](
		p,
		`document.querySelector(".defaults").open && document.activeElement === document.querySelector(".defaults summary")`,
	) {
		t.Error("what was unfolded is folded again, or the focus is lost")
	}
}

// Names of others' making are text.
func TestNamesAreText(t *testing.T) {
	const hostile = `<img src=x onerror=document.title='hit'>`
	state := deployment()
	state.Buckets[0].Objects[0].Name, state.Buckets[0].Objects[0].Type = hostile, hostile
	state.Services[0].Message, state.Builds[0].Detail, state.Others[0] = hostile, hostile, hostile
	d := serve(t, state)
	bad := refused
	bad.Path, bad.Caller, bad.Agent, bad.Call, bad.Why = "/"+hostile, "serviceAccount:"+hostile, hostile, hostile, hostile
	d.add(bad, traffic.Entry{Path: "/%zz", Method: hostile, Status: 404})
	d.write(
		t,
		line(
			"1",
			`"service_name":"docx2pdf"`,
			hostile,
			`"jsonPayload":{"message":"`+hostile+`","`+hostile+`":"`+hostile+`"}`,
		),
	)
	p := open(t, d.url)
	p.shows("#buckets", "<img")
	p.becomes(`byID("request-list").children.length === 2 && byID("log-list").children.length === 1`)
	p.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("details").forEach((d) => d.open = true)`))
	p.shows("#request-list dl", "onerror")
	p.shows("#log-list dl", "onerror")
	if evaluate[int](p, `document.images.length`) > 0 || evaluate[string](p, `document.title`) != "Local Google Cloud" {
		t.Error("a name became markup")
	}
}

// Ten thousand requests are all found, few are drawn, and those that come are on top.
func TestTenThousandRequests(t *testing.T) {
	d := serve(t, deployment())
	for i := range 11_999 {
		e := conversion(i)[i%3]
		if i == 4321 {
			e = refused
			e.Path = "/storage/v1/b/" + output + "/o/needle.pdf"
		}
		d.add(e)
	}
	p := open(t, d.url)
	p.becomes(`byID("count-all").innerText === "10,000"`)
	p.shows("#request-more", "Show more (9,975 older)")
	if rows := evaluate[int](p, `document.querySelectorAll("#request-list li").length`); rows != 25 {
		t.Errorf("%d rows are drawn at first, want 25", rows)
	}
	d.add(refused)
	p.becomes(`document.querySelector("#request-list li").classList.contains("refused")`)
	p.becomes(`byID("count-refused").innerText === "2" && byID("count-all").innerText === "10,000"`)
	p.do(chromedp.Click("#request-more"))
	p.becomes(`document.querySelectorAll("#request-list li").length === 125`)
	p.do(chromedp.SendKeys(`input[name=text]`, "needle.pdf"))
	p.becomes(`byID("request-list").children.length === 1 && byID("request-list").innerText.includes("needle.pdf")`)
	// A row that stays is kept, so that what a person looks at does not move or fold.
	p.do(chromedp.Evaluate[chromedp.Void](`window.row = document.querySelector("#request-list li")`))
	for i := range 50 {
		d.add(conversion(i)...)
	}
	p.becomes(`requests.all.at(-1).call.startsWith("push") && byID("count-allowed").innerText === "9,998"`)
	if !evaluate[bool](p, `window.row === document.querySelector("#request-list li")`) {
		t.Error("a row that stays was drawn again")
	}
}

// line is an entry in Cloud Logging's file.
func line(id, labels, severity, payload string) string {
	kind := "cloud_run_revision"
	if strings.Contains(labels, "build_id") {
		kind = "build"
	}
	return fmt.Sprintf(
		`{"insertId":%q,"timestamp":"2026-01-02T03:04:05Z","severity":%q,"resource":{"type":%q,"labels":{%s}},%s}`+"\n",
		id,
		severity,
		kind,
		labels,
		payload,
	)
}
