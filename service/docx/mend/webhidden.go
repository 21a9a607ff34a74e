package mend

import (
	"docx2pdf/service/docx/field"
	"docx2pdf/service/docx/inventory"
	"docx2pdf/service/docx/markup"
)

// showWebHidden shows what is hidden on web pages only (ECMA-376 part 1, 17.3.2.44), such as tabs and page numbers of
// contents. LibreOffice shows it within a table of contents, and hides it in one that has lost its field.
func showWebHidden(_ *Package, _ *inventory.Part, source []byte) ([]byte, error) {
	var edits markup.Edits
	fields := field.NewTracker(false)
	each(source, func(t *markup.Token) {
		fields.See(t)
		if t.Is(markup.W, "webHidden") && !fields.Within("TOC") {
			edits.Delete(t.At, t.Until())
		}
	})
	return edits.Apply(source)
}
