package mend

import (
	"fmt"

	"docx2pdf/service/docx/inventory"
	"docx2pdf/service/docx/markup"
)

// outline gives Word's own headings the levels that they have in Word whether they are written or not. LibreOffice
// finds
// no headings without for a table of contents.
func outline(_ *Package, _ *inventory.Part, source []byte) ([]byte, error) {
	var edits markup.Edits
	level, place, bare := -1, 0, true // of a style: where its level would go, and whether it has no properties to be in
	each(source, func(t *markup.Token) {
		switch {
		case t.Opens(markup.W, "style"):
			level, place, bare = -1, 0, true
		case t.Opens(markup.W, "name"):
			level = inventory.HeadingLevel(t.Get("val"))
		case t.Opens(markup.W, "outlineLvl"):
			level = -1
		case t.Kind == markup.End && t.Is(markup.W, "pPr") && bare:
			place, bare = t.At, false
		case t.Opens(markup.W, "rPr") && place == 0:
			place = t.At
		case t.Kind == markup.End && t.Is(markup.W, "style") && level >= 0:
			if place == 0 {
				place = t.At
			}
			element := fmt.Sprintf(`<%soutlineLvl %[1]sval="%d"/>`, prefixOf(t), level)
			if bare {
				element = fmt.Sprintf(`<%spPr>%s</%[1]spPr>`, prefixOf(t), element)
			}
			edits.Insert(place, element)
			level = -1
		}
	})
	return edits.Apply(source)
}
