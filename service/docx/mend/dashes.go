package mend

import (
	"strconv"
	"strings"

	"docx2pdf/service/docx/inventory"
	"docx2pdf/service/docx/markup"
)

// dashes writes the dashes of lists that are numbered - 1 -, - 2 - into the text of their levels: LibreOffice has no
// such numbers, and leaves them out. Digits in Chinese signs it has by one of their names.
func dashes(_ *Package, _ *inventory.Part, source []byte) ([]byte, error) {
	var edits markup.Edits
	number, dashed := "", false
	each(source, func(t *markup.Token) {
		switch {
		case t.Opens(markup.W, "lvl"):
			level, _ := strconv.Atoi(t.Get("ilvl"))
			number, dashed = "%"+strconv.Itoa(level+1), false
		case t.Opens(markup.W, "numFmt") && inventory.DigitsInSigns[t.Get("val")]:
			if from, to, found := t.Span("val"); found {
				edits.Replace(from, to, "ideographDigital")
			}
		case t.Opens(markup.W, "numFmt") && t.Get("val") == "numberInDash":
			if from, to, found := t.Span("val"); found {
				edits.Replace(from, to, "decimal")
				dashed = true
			}
		case t.Opens(markup.W, "lvlText") && dashed:
			if from, to, found := t.Span("val"); found {
				edits.Replace(from, to, strings.ReplaceAll(string(source[from:to]), number, "- "+number+" -"))
			}
		}
	})
	return edits.Apply(source)
}
