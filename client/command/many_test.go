package command_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// letters is a folder with documents, some of them in folders of it.
func letters(t *testing.T, n int) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "letters")
	for i := range n {
		write(t, filepath.Join(dir, fmt.Sprintf("%d", i%3), fmt.Sprintf("letter %d.docx", i)), fmt.Sprintf("PK %d", i))
	}
	return dir
}

// holds asserts that each PDF is of its own document.
func holds(t *testing.T, dir string, n int) {
	t.Helper()
	for i := range n {
		pdf := filepath.Join(dir, fmt.Sprintf("%d", i%3), fmt.Sprintf("letter %d.pdf", i))
		if content := read(t, pdf); content != fmt.Sprintf("%%PDF of PK %d", i) {
			t.Errorf("%s is %q", pdf, content)
		}
	}
}

func TestTwoPeopleConvertDifferentDocumentsOfOneName(t *testing.T) {
	g := newGoogle(t)
	const rounds, people = 12, 2
	var group sync.WaitGroup
	for round := range rounds {
		for person := range people {
			dir := t.TempDir()
			mine := fmt.Sprintf("PK round %d of person %d", round, person)
			document, key := write(t, filepath.Join(dir, "report.docx"), mine), g.keyFile()
			group.Go(func() {
				out := g.clientWithKey(context.Background(), key, document)
				if got, err := os.ReadFile(filepath.Join(dir, "report.pdf")); out.status != 0 || string(got) != "%PDF of "+mine {
					t.Errorf("%s: %q, %v, %v", mine, got, err, out)
				}
			})
		}
	}
	group.Wait()
}

func TestFolderIsConvertedOnceAndGoesOn(t *testing.T) {
	const n = 20
	g, dir := newGoogle(t), letters(t, n)
	write(t, filepath.Join(dir, "~$letter.docx"), "lock file")
	write(t, filepath.Join(dir, "notes.txt"), "no document")
	pdfs := filepath.Join(t.TempDir(), "pdfs")
	if out := g.client("convert", dir, "--out", pdfs, "--dry-run"); out.status != 0 ||
		strings.Count(out.stdout, "planned: ") != n {
		t.Errorf("the dry run: %v", out)
	}
	if _, err := os.Stat(pdfs); err == nil || g.asked > 0 {
		t.Errorf("the dry run asked %d times and made a folder", g.asked)
	}
	out := g.client("convert", dir, "--out", pdfs)
	if out.status != 0 || g.asked != n || !strings.Contains(out.stderr, "lock files of Word") {
		t.Errorf("asked %d times, %v", g.asked, out)
	}
	holds(t, pdfs, n)
	write(t, filepath.Join(dir, "1", "letter 1.docx"), "PK changed")
	if out := g.client("convert", dir, "--out", pdfs); out.status != 0 || g.asked != n+1 {
		t.Errorf("asked %d times after one change: %v", g.asked, out)
	}
	if pdf := read(t, filepath.Join(pdfs, "1", "letter 1.pdf")); pdf != "%PDF of PK changed" {
		t.Errorf("the changed document's PDF is %q", pdf)
	}
	if g.client("convert", dir, "--out", pdfs, "--pdfa", "2b"); g.asked != 2*n+1 {
		t.Errorf("asked %d times after a change of options, want %d", g.asked, 2*n+1)
	}
}

func TestInterruptedRunLeavesNoHalfFilesAndGoesOn(t *testing.T) {
	const n = 20
	dir := letters(t, n)
	ctx, interrupt := context.WithCancel(context.Background())
	g := newGoogle(t)
	g.beforeForm = func(form int) {
		if form == 8 {
			interrupt()
		}
	}
	out := g.clientWith(ctx, "convert", dir)
	if out.status != 130 || !strings.Contains(out.stderr, "run the same command again to go on") {
		t.Errorf("the interrupted run: %v", out)
	}
	first := g.requests()
	filepath.WalkDir(dir, func(file string, _ os.DirEntry, _ error) error {
		if strings.HasSuffix(file, ".part") {
			t.Errorf("left behind: %s", file)
		}
		return nil
	})
	if out := g.client("convert", dir); out.status != 0 {
		t.Errorf("the second run: %v", out)
	}
	holds(t, dir, n)
	if g.requests()-first >= n {
		t.Errorf("the second run converted all %d documents again", n)
	}
}

// Whoever may write to a bucket names its objects.
func TestObjectsNamesDoNotLeadOutOfTheFolder(t *testing.T) {
	g := newGoogle(t)
	long := strings.Repeat("n", 1024-len("p/.docx"))
	for _, name := range []string{"p/good.docx", "p/../../evil.docx", "p/a/../../../evil.docx", "p/" + long + ".docx"} {
		g.put("in/"+name, "PK "+name, nil)
	}
	parent := t.TempDir()
	out := g.client("convert", "gs://in/p/", "--out", filepath.Join(parent, "a", "pdfs"))
	if out.status != 2 || strings.Count(out.stderr, "cannot be one below a folder") != 2 ||
		!strings.Contains(out.stderr, "too long") {
		t.Error(out)
	}
	if strays, _ := filepath.Glob(filepath.Join(parent, "*.pdf")); strays != nil {
		t.Errorf("outside of the folder are %v", strays)
	}
	if pdf := read(t, filepath.Join(parent, "a", "pdfs", "good.pdf")); pdf != "%PDF of PK p/good.docx" {
		t.Errorf("the good one is %q", pdf)
	}
	// Within buckets a name may have 1,024 bytes.
	if out := g.client("convert", "gs://in/p/"+long+".docx"); out.status != 0 {
		t.Error(out)
	}
}

func TestBucketThatTheAccountMayNotReadIsTold(t *testing.T) {
	g, dir := newGoogle(t), letters(t, 3)
	g.forbidden = "secret"
	out := g.client("convert", "gs://secret/p/", dir)
	if out.status != 2 || !strings.Contains(out.stderr, "gs://secret/p/: ") ||
		!strings.Contains(out.stderr, "roles/storage.objectViewer") {
		t.Error(out)
	}
	holds(t, dir, 3)
}

func TestDocumentsThatWouldHaveOnePDFAreTold(t *testing.T) {
	g := newGoogle(t)
	a := write(t, filepath.Join(t.TempDir(), "a.docx"), "PK 1")
	b := write(t, filepath.Join(t.TempDir(), "a.docx"), "PK 2")
	out := g.client("convert", a, b, "--out", t.TempDir())
	if out.status != 2 || !strings.Contains(out.stderr, "as that of "+a) {
		t.Errorf("%v", out)
	}
}

func TestPrefixOfABucketIsConverted(t *testing.T) {
	g := newGoogle(t)
	g.busy = map[string]bool{}
	for _, name := range []string{"2026/a.docx", "2026/q/b.docx", "2025/c.docx", "2026/~$a.docx"} {
		g.put("in/"+name, "PK "+name, nil)
	}
	if out := g.client("convert", "gs://in/2026/"); out.status != 0 || len(g.messages) != 2 {
		t.Fatalf("%d messages, %v", len(g.messages), out)
	}
	if pdf := g.objects["out/2026/q/b.pdf"].content; pdf != "%PDF of PK 2026/q/b.docx" {
		t.Errorf("the PDF in the bucket is %q", pdf)
	}
	pdfs := t.TempDir()
	if out := g.client("convert", "gs://in/2026/", "--out", pdfs); out.status != 0 ||
		read(t, filepath.Join(pdfs, "q", "b.pdf")) == "" {
		t.Error(out)
	}
	asked := g.asked
	if out := g.client("convert", "gs://in/2026", "--out", pdfs); out.status != 0 || g.asked != asked {
		t.Errorf("the same generations were converted again: %v", out)
	}
	if out := g.client("convert", "gs://in/2026/", "--out", "gs://archive/x/"); out.status != 0 ||
		g.objects["archive/x/q/b.pdf"].content == "" {
		t.Error(out)
	}
	if out := g.client("convert", "gs://in/nothing/"); out.status != 2 ||
		!strings.Contains(out.stderr, "no Word documents") {
		t.Error(out)
	}
}

func TestManyAtOnceShrinkWhenTheServiceIsBusy(t *testing.T) {
	const n = 40
	busy := answer(429, `{"error":"all places are taken","code":"busy"}`)
	g, dir := newGoogle(t, busy, busy, busy), letters(t, n)
	if out := g.client("convert", dir); out.status != 0 || g.asked != n+3 {
		t.Errorf("asked %d times, %v", g.asked, out)
	}
	holds(t, dir, n)
}

func TestJSONIsAnObjectForEachDocument(t *testing.T) {
	g, dir := newGoogle(t), letters(t, 5)
	out := g.client("convert", dir, "--json")
	decoder, n := json.NewDecoder(bytes.NewReader([]byte(out.stdout))), 0
	for ; decoder.More(); n++ {
		var row struct {
			Source, PDF, Status string
			Pages               int
		}
		if err := decoder.Decode(&row); err != nil || row.Status != "converted" || row.Pages != 3 || row.PDF == "" {
			t.Errorf("%+v, %v", row, err)
		}
	}
	if n != 5 {
		t.Errorf("%d objects: %v", n, out)
	}
}
