package command_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDocumentGoesThroughTheBucketsWithoutACommand(t *testing.T) {
	g := newGoogle(t)
	g.busy = map[string]bool{}
	dir := t.TempDir()
	document, pdf := write(t, filepath.Join(dir, "letter.docx"), "PK document"), filepath.Join(dir, "out.pdf")
	out := g.client("-o", pdf, document)
	if out.status != 0 {
		t.Fatal(out.all())
	}
	if read(t, pdf) != "%PDF of PK document" {
		t.Errorf("the PDF has %q", read(t, pdf))
	}
	uploaded := g.objects["in/letter.docx"]
	if uploaded.metadata["docx2pdf-events"] != "off" {
		t.Errorf("the upload would be converted by its event too: %v", uploaded)
	}
	if len(g.messages) != 1 || g.messages[0]["objectGeneration"] != fmt.Sprint(uploaded.generation) {
		t.Errorf("posted %v, want one message that names generation %d", g.messages, uploaded.generation)
	}
	for _, want := range []string{"uploaded gs://in/letter.docx", "converted to gs://out/letter.pdf", "3 pages"} {
		if !strings.Contains(out.stdout, want) {
			t.Errorf("it does not say %q:\n%s", want, out.stdout)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".docx2pdf*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestOthersDocumentsAreNeitherReplacedNorTakenForOnesOwn(t *testing.T) {
	g := newGoogle(t)
	g.put("in/report.docx", "another's", nil)
	g.put("out/letter.pdf", "%PDF of something else", map[string]string{"source-object": "letter.docm"})
	for _, name := range []string{"report", "letter"} {
		dir := t.TempDir()
		out := g.client("convert", "--via", "bucket", write(t, filepath.Join(dir, name+".docx"), "my "+name))
		if out.status != 0 || read(t, filepath.Join(dir, name+".pdf")) != "%PDF of my "+name {
			t.Errorf("%s: %v", name, out)
		}
	}
	if g.objects["in/report.docx"].content != "another's" ||
		g.objects["out/letter.pdf"].content != "%PDF of something else" {
		t.Errorf("another's object was replaced: %v", g.objects)
	}
}

func TestPDFThatWasReplacedMeanwhileIsAskedForAgain(t *testing.T) {
	g := newGoogle(t)
	times := 0
	g.after = func(g *google) { // somebody converts the same document with other options
		if times++; times == 1 {
			g.put("out/letter.pdf", "%PDF with options", g.objects["out/letter.pdf"].metadata)
		}
	}
	dir := t.TempDir()
	out := g.client("convert", "--via", "bucket", write(t, filepath.Join(dir, "letter.docx"), "mine"))
	if out.status != 0 || read(t, filepath.Join(dir, "letter.pdf")) != "%PDF of mine" || len(g.messages) != 2 {
		t.Errorf("%v after %d messages", out, len(g.messages))
	}
}

func TestPDFOfAnotherDocumentIsRefused(t *testing.T) {
	g := newGoogle(t)
	g.after = func(g *google) {
		pdf := g.objects["out/letter.pdf"]
		pdf.metadata["source-generation"] = "99"
	}
	dir := t.TempDir()
	out := g.client("convert", "--via", "bucket", write(t, filepath.Join(dir, "letter.docx"), "mine"))
	if _, err := os.Stat(filepath.Join(dir, "letter.pdf")); err == nil || out.status == 0 ||
		!strings.Contains(out.stderr, "was made from") {
		t.Errorf("%v, %v", out, err)
	}
}

func TestDocumentInTheRequestLeavesNothingInTheBuckets(t *testing.T) {
	g := newGoogle(t)
	dir := t.TempDir()
	out := g.client("convert", write(t, filepath.Join(dir, "report.final.docx"), "PK"), "--pdfa", "2b", "--json")
	if out.status != 0 || read(t, filepath.Join(dir, "report.final.pdf")) != "%PDF of PK" {
		t.Fatal(out.all())
	}
	if len(g.objects) > 0 || g.forms[0]["pdfa"] != "2b" {
		t.Errorf("objects %v, form %v", g.objects, g.forms)
	}
	for _, want := range []string{`"pages":3`,
		`{"font":"Comic Sans","used":["Carlito","DejaVu Sans"],"kind":"other widths"},` +
			`{"font":"A=B","used":["A+B"],"kind":"same widths"}`, `"status":"converted"`} {
		if !strings.Contains(out.stdout, want) {
			t.Errorf("the object lacks %s: %s", want, out.stdout)
		}
	}
}

// A person is told of the fonts that move lines and pages, and of no others.
func TestOnlyFontsThatMatterAreShown(t *testing.T) {
	g := newGoogle(t)
	out := g.client("convert", write(t, filepath.Join(t.TempDir(), "a.docx"), "PK"))
	if !strings.Contains(out.all(), "elsewhere than in Word: Comic Sans=Carlito+DejaVu Sans (other widths)\n") ||
		strings.Contains(out.all(), "A=B") {
		t.Errorf("%s, want Comic Sans alone", out.all())
	}
}

func TestWherePDFsGo(t *testing.T) {
	g := newGoogle(t)
	dir := t.TempDir()
	document := write(t, filepath.Join(dir, "in put", "a 'b'\n.docx"), "PK")
	folder := filepath.Join(dir, "folder")
	os.Mkdir(folder, 0o755)
	old := write(t, filepath.Join(dir, "old.pdf"), "old")
	os.Chmod(old, 0o640)
	os.Symlink("old.pdf", filepath.Join(dir, "link.pdf"))
	for out, pdf := range map[string]string{
		folder:                          filepath.Join(folder, "a 'b'\n.pdf"),
		filepath.Join(dir, "new") + "/": filepath.Join(dir, "new", "a 'b'\n.pdf"),
		filepath.Join(dir, "link.pdf"):  old,
		filepath.Join(dir, "x.pdf"):     filepath.Join(dir, "x.pdf"),
	} {
		if ran := g.client("convert", document, "-o", out); ran.status != 0 || read(t, pdf) != "%PDF of PK" {
			t.Errorf("-o %s: %v", out, ran)
		}
	}
	if info, _ := os.Lstat(filepath.Join(dir, "link.pdf")); info.Mode()&os.ModeSymlink == 0 {
		t.Error("the link was replaced")
	}
	if info, _ := os.Stat(old); info.Mode().Perm() != 0o640 {
		t.Errorf("the file's mode became %v", info.Mode())
	}
	if ran := g.client("convert", document, "--out", "-"); ran.stdout != "%PDF of PK" {
		t.Errorf("-o -: %q", ran.stdout)
	}
	if ran := g.client("convert", document, "-o", "/dev/null"); ran.status != 0 {
		t.Errorf("-o /dev/null: %v", ran)
	}
	if info, err := os.Stat("/dev/null"); err != nil || info.Mode()&os.ModeDevice == 0 {
		t.Fatalf("/dev/null was replaced: %v", err)
	}
	if ran := g.client("convert", document, "-o", "gs://shared/2026/"); ran.status != 0 ||
		g.objects["shared/2026/a 'b'\n.pdf"].content != "%PDF of PK" {
		t.Errorf("-o gs://: %v", ran)
	}
}

func TestPlacesThatCannotBeWrittenAreFoundOutFirst(t *testing.T) {
	g := newGoogle(t)
	dir := t.TempDir()
	document := write(t, filepath.Join(dir, "a.docx"), "PK")
	os.Mkdir(filepath.Join(dir, "a.pdf"), 0o755)
	os.Mkdir(filepath.Join(dir, "a.pdf", "a.pdf"), 0o755)
	os.Symlink("loop", filepath.Join(dir, "loop"))
	for _, out := range []string{"", filepath.Join(dir, "none", "a.pdf"), filepath.Join(dir, "loop"), "gs://"} {
		args := []string{"convert", document}
		if out != "" {
			args = append(args, "-o", out)
		}
		if ran := g.client(args...); ran.status != 1 || g.asked > 0 {
			t.Errorf("-o %q: %v after %d requests", out, ran, g.asked)
		}
	}
}

func TestObjectPrintsTheAnswer(t *testing.T) {
	g := newGoogle(t, answer(200, `{"error":"","pages":1}`+"\n"))
	if out := g.client("-object", "dir/name.docx"); out.status != 0 || out.stdout != `{"error":"","pages":1}`+"\n" {
		t.Error(out)
	}
}
