package server_test

import (
	"strings"
	"testing"

	"docx2pdf/service/docx/docxtest"
)

// incomplete shows a picture that is not in it.
var incomplete = string(docxtest.Document(docxtest.Paragraph("a")+docxtest.Picture("r:link", "p"),
	docxtest.Part{Name: "word/_rels/document.xml.rels",
		Content: docxtest.Relationships(docxtest.Relationship{ID: "p", Type: "image", Target: "http://127.0.0.1:1/a.png",
			External: true})}))

func TestWarningsAreInEveryAnswer(t *testing.T) {
	f, _ := bare(t)
	const want = "picture_linked=1"
	r := f.post("/", incomplete)
	r.isPDF(t)
	if got := r.Header.Get("X-Warnings"); got != want {
		t.Errorf("the header is %q", got)
	}
	f.storage.Put("in", "a.docx", []byte(incomplete))
	answer := f.message("a.docx")
	answer.wants(t, 200, "")
	warnings, _ := answer.json(t)["warnings"].([]any)
	if len(warnings) != 1 || warnings[0].(map[string]any)["code"] != "picture_linked" ||
		warnings[0].(map[string]any)["count"] != 1.0 {
		t.Errorf("the answer is %s", answer.body)
	}
	if stored := f.storage.Object("out", "a.pdf"); stored == nil || stored.Metadata["warnings"] != want {
		t.Errorf("the PDF in the bucket is %+v", stored)
	}
	if log := f.log.text(); !strings.Contains(log, `"warnings":"`+want+`"`) {
		t.Errorf("the log is %s", log)
	}
	if r := f.post("/", small); r.Header.Get("X-Warnings") != "" {
		t.Errorf("a whole document has the warnings %q", r.Header.Get("X-Warnings"))
	}
}

func TestStrictRefusesWhatWouldBeIncomplete(t *testing.T) {
	f, engine := bare(t)
	f.post("/?strict=true", incomplete).wants(t, 422, "document_incomplete")
	if n := engine.Converted(); n != 0 {
		t.Errorf("%d conversions of a document that is refused", n)
	}
	f.post("/?strict=true", small).isPDF(t)
	f.storage.Put("in", "a.docx", []byte(incomplete))
	f.message("a.docx", "strict", "true").wants(t, 422, "document_incomplete")
}
