package rendering

import (
	"strings"
	"testing"

	"docx2pdf/service/docx/docxtest"
)

// Word prints the picture that it has saved of an object, whatever the object is.
func TestEmbeddedObjectsAreTheirPictures(t *testing.T) {
	inner := string(docxtest.Document(docxtest.Paragraph("inner")))
	for _, test := range []struct{ program, part, relation string }{
		{"Excel.Sheet.12", "embeddings/o.xlsx", "package"},
		{"Word.Document.12", "embeddings/o.docx", "package"},
		{"PowerPoint.Show.12", "embeddings/o.pptx", "package"},
		{"Excel.Sheet.8", "embeddings/o.bin", "oleObject"},
		{"Equation.DSMT4", "embeddings/o.bin", "oleObject"},
		{"Package", "embeddings/o.bin", "oleObject"},
	} {
		object := `<w:object w:dxaOrig="3000" w:dyaOrig="3000"><v:shape id="s" style="width:150pt;height:150pt" o:ole="">` +
			`<v:imagedata r:id="picture"/></v:shape><o:OLEObject Type="Embed" ProgID="` + test.program +
			`" ShapeID="s" DrawAspect="Content" ObjectID="_1" r:id="object"/></w:object>`
		types := strings.Replace(contentTypes(t), "<Default", `<Default Extension="emf" ContentType="image/x-emf"/>`+
			`<Default Extension="xlsx" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"/>`+
			`<Default Extension="docx" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document"/>`+
			`<Default Extension="pptx" ContentType="application/vnd.openxmlformats-officedocument.presentationml.presentation"/>`+
			`<Default Extension="bin" ContentType="application/vnd.openxmlformats-officedocument.oleObject"/><Default`, 1)
		made := render(t, docxtest.Document(paragraph(`<w:r>`+object+`</w:r>`),
			docxtest.Part{Name: "[Content_Types].xml", Content: types},
			docxtest.Part{Name: "word/media/p.emf", Content: enhanced(200, 0, 200)},
			docxtest.Part{Name: "word/" + test.part, Content: inner},
			related(docxtest.Relationship{ID: "picture", Type: "image", Target: "media/p.emf"},
				docxtest.Relationship{ID: "object", Type: test.relation, Target: test.part})))
		if seen := made.share(t, near(200, 0, 200)); seen < 30 || made.warnings != "" {
			t.Errorf("%s: %d of 1000 pixels are of its picture, and the warnings are %q", test.program, seen, made.warnings)
		}
		made.hasNot(t, "inner")
	}
}
