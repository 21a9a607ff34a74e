package mend

import (
	"docx2pdf/service/docx/inventory"
	"docx2pdf/service/docx/markup"
)

// comments takes content controls and drawings from comments: LibreOffice refuses a document that has them there. What
// is in a control stays; a comment's drawing is nowhere to be seen.
func comments(_ *Package, _ *inventory.Part, source []byte) ([]byte, error) {
	var edits markup.Edits
	for r := markup.NewReader(source); ; {
		t := r.Next()
		switch {
		case t == nil:
			return edits.Apply(source)
		case t.Opens(markup.W, "drawing"), t.Opens(markup.W, "sdtPr"), t.Opens(markup.W, "sdtEndPr"):
			edits.Delete(t.At, r.Skip(t))
		case t.Is(markup.W, "sdt"), t.Is(markup.W, "sdtContent"):
			edits.Delete(t.At, t.Until())
		}
	}
}
