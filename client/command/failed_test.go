package command_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFailuresAreToldAndTheRestGoesOn(t *testing.T) {
	g, dir := newGoogle(t), letters(t, 6)
	write(t, filepath.Join(dir, "bad.docx"), "bad")
	write(t, filepath.Join(dir, "empty.docx"), "")
	write(t, filepath.Join(dir, "line\nend 'q' \"d\".docx"), "PK")
	write(t, filepath.Join(dir, "~$letter.docx"), "lock file")
	write(t, filepath.Join(dir, strings.Repeat("n", 250)+".docx"), "PK")
	write(t, filepath.Join(dir, "theirs.docx"), "PK")
	write(t, filepath.Join(dir, "theirs.pdf"), "somebody else's")
	os.Symlink("nowhere", filepath.Join(dir, "broken.docx"))
	empty := filepath.Join(t.TempDir(), "nothing")
	os.Mkdir(empty, 0o755)
	csvFile, jsonFile := filepath.Join(t.TempDir(), "report.csv"), filepath.Join(t.TempDir(), "report.jsonl")
	for _, file := range []string{csvFile, jsonFile} {
		out := g.client("convert", dir, "/no/such/folder", empty, "--report", file, "--again")
		if out.status != 2 {
			t.Errorf("status %d, want 2: %s", out.status, out.all())
		}
		for _, want := range []string{
			"bad.docx: the document is damaged", "empty.docx is empty", "theirs.pdf is there and was not made by this client",
			"/no/such/folder: there is no such file or folder", "nothing: there are no Word documents in it", "broken.docx: ",
			"1 lock files of Word",
		} {
			if !strings.Contains(out.stderr, want) {
				t.Errorf("it does not say %q:\n%s", want, out.stderr)
			}
		}
	}
	holds(t, dir, 6)
	if theirs := read(t, filepath.Join(dir, "theirs.pdf")); theirs != "somebody else's" {
		t.Errorf("another's file was replaced by %q", theirs)
	}
	rows, err := csv.NewReader(strings.NewReader(read(t, csvFile))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	statuses := map[string]int{}
	for _, row := range rows[1:] {
		statuses[row[2]]++
	}
	for line := range strings.Lines(read(t, jsonFile)) {
		var row struct{ Source, Status, Code string }
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		statuses[row.Status]--
		if strings.HasSuffix(row.Source, "bad.docx") && row.Code != "document_corrupt" {
			t.Errorf("the code of the damaged document is %q", row.Code)
		}
	}
	if len(rows) != 1+8+7 || statuses["converted"] != 0 || statuses["failed"] != 0 {
		t.Errorf("%d rows, and the two reports differ by %v", len(rows), statuses)
	}
}

func TestWhatEveryDocumentWouldMeetEndsTheRun(t *testing.T) {
	g, dir := newGoogle(t), letters(t, 30)
	g.refuse = answer(401, "<html>")
	out := g.client("convert", dir)
	asked := g.requests()
	if out.status != 1 || asked > 8 || !strings.Contains(out.stderr, "its audience must be the service's URL") {
		t.Errorf("asked %d times, %v", asked, out)
	}
}

func TestFailedAreListedRetriedAndCleared(t *testing.T) {
	g := newGoogle(t)
	g.busy = map[string]bool{}
	for _, name := range []string{"a", "b"} {
		document := g.put("in/"+name+".docx", map[string]string{"a": "PK mended", "b": "bad"}[name], nil)
		g.put("out/"+name+".error.json", "{}", map[string]string{
			"source-bucket": "in", "source-object": name + ".docx", "source-generation": fmt.Sprint(document.generation),
			"error": "the document is too complex", "code": "document_too_complex",
		})
	}
	if out := g.client("failed"); out.status != 0 || strings.Count(out.stdout, "the document is too complex") != 2 {
		t.Errorf("the list: %v", out)
	}
	if out := g.client("failed", "retry", "c.docx"); out.status != 1 || g.asked > 0 {
		t.Errorf("what did not fail: %v", out)
	}
	if out := g.client("failed", "retry"); out.status != 2 ||
		!strings.Contains(out.stderr, "b.docx: the document is damaged") {
		t.Errorf("retry: %v", out)
	}
	if _, there := g.objects["out/a.error.json"]; there || g.objects["out/a.pdf"].content != "%PDF of PK mended" {
		t.Error("what succeeded is not cleared")
	}
	if _, there := g.objects["out/b.error.json"]; !there {
		t.Error("what failed again is cleared")
	}
	if out := g.client("failed", "--json"); strings.Count(out.stdout, "\n") != 1 ||
		!strings.Contains(out.stdout, `"source":"gs://in/b.docx"`) {
		t.Errorf("the list as JSON: %v", out)
	}
}
