package command_test

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestWrongUse(t *testing.T) {
	document := write(t, filepath.Join(t.TempDir(), "a.docx"), "PK")
	for _, args := range [][]string{
		{"convert"}, {"convert", "--object", "x.docx", document}, {"--token", "--object", "x.docx"}, {"--unknown", document},
		{"convert", document, "--via", "pigeon"}, {"convert", document, "--at-once", "0"},
		{"convert", document, "--option", "pdfa"},
		{"convert", document, "--option", "password=x"}, {"convert", document, "--report", "x.txt"}, {"token", "x"},
		{"convert", document, document, "--out", "-"}, {"convert", document, "--password-file", "/nonexistent"},
		{"serve", "--address", "0.0.0.0:0"},
	} {
		g := newGoogle(t)
		if out := g.client(args...); out.status != 1 || out.stderr == "" {
			t.Errorf("client %v: %v", args, out)
		}
		if g.asked != 0 {
			t.Errorf("client %v called the service", args)
		}
	}
}

func TestFlagsMayStandAfterTheDocumentAndHaveOneDash(t *testing.T) {
	g := newGoogle(t)
	dir := t.TempDir()
	document := write(t, filepath.Join(dir, "a.docx"), "PK")
	if out := g.client(document, "-o", filepath.Join(dir, "b.pdf"), "-pdfa=2b"); out.status != 0 ||
		g.messages[0]["pdfa"] != "2b" {
		t.Error(out, g.messages)
	}
}

func TestPasswordIsReadFromAFileAndShownNowhere(t *testing.T) {
	g := newGoogle(t)
	dir := t.TempDir()
	password := write(t, filepath.Join(dir, "password"), "p,ä ss\r\nsecond line\n")
	document := write(t, filepath.Join(dir, "docs", "a.docx"), "PK")
	report := filepath.Join(dir, "report.csv")
	out := g.client("convert", filepath.Dir(document), "--password-file", password, "--report", report)
	if out.status != 0 || g.forms[0]["password"] != "p,ä ss" {
		t.Fatal(out, g.forms)
	}
	record := read(t, filepath.Join(dir, "docs", ".docx2pdf.jsonl"))
	if shown := out.all() + read(t, report) + record; strings.Contains(shown, "p,ä") {
		t.Errorf("the password is shown:\n%s", shown)
	}
	marked := write(t, filepath.Join(dir, "marked"), "\ufeffsecret\r\n") // as Windows's editors do
	out = g.client("convert", document, "-o", filepath.Join(dir, "b.pdf"), "--password-file", marked)
	if out.status != 0 || g.forms[1]["password"] != "secret" {
		t.Fatal(out, g.forms)
	}
	g.forms = g.forms[:1]
	write(t, password, "another\n")
	if g.client("convert", filepath.Dir(document), "--password-file", password); len(g.forms) != 2 {
		t.Error("a PDF with another password passes for the one that is wanted")
	}
	if g.client("convert", filepath.Dir(document), "--password-file", password); len(g.forms) != 2 {
		t.Error("a PDF with the same password is made again")
	}
}
