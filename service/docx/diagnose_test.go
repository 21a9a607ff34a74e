package docx_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"docx2pdf/service/docx"
	"docx2pdf/service/docx/docxtest"
)

func TestWhatIsWrongWithADocumentIsSaid(t *testing.T) {
	header := docxtest.Part{Name: "word/_rels/document.xml.rels", Content: docxtest.Relationships(
		docxtest.Relationship{ID: "h", Type: "header", Target: "header1.xml"})}
	styles := docxtest.Part{Name: "word/styles.xml", Content: "<w:styles"}
	paragraph := docxtest.Paragraph
	for _, test := range []struct {
		content []byte
		want    string
	}{
		{docxtest.Document(paragraph("well\n") + paragraph("Fish & Chips")), "word/document.xml is not well-formed: line 2"},
		{docxtest.Document(paragraph("a&nbsp;b")), "&nbsp;"},
		{docxtest.Document(paragraph("a\x0bb")), "U+000B"},
		{docxtest.Document(paragraph("caf\xe9")), "invalid UTF-8"},
		{docxtest.Document("<w:p>"), "</body>"},
		{docxtest.Document(`<w:p w:a="1" w:a="2"/>`), "the attribute a twice"},
		{docxtest.Document(`<x:p/>`), "the prefix of x:p"},
		{docxtest.Document(paragraph("a"), header), "its part word/header1.xml is not there"},
		{docxtest.Document(paragraph("a"), styles), "word/styles.xml is not well-formed"},
		{docxtest.Document(paragraph("a")), ""},
		{[]byte("no document"), ""},
	} {
		path := filepath.Join(t.TempDir(), "a.docx")
		if err := os.WriteFile(path, test.content, 0o600); err != nil {
			t.Fatal(err)
		}
		got := docx.Diagnose(t.Context(), path)
		if !strings.Contains(got, test.want) || (got == "") != (test.want == "") {
			t.Errorf("it says %q, want %q", got, test.want)
		}
	}
}
