package mend

import (
	"docx2pdf/service/docx/inventory"
	"docx2pdf/service/docx/markup"
	"docx2pdf/service/fonts"
)

// fontLists leaves the first of the names where a font's name looks like a list of them. LibreOffice 25.2 asks for what
// stands for the first, 26.8 for what stands for the last, which is "Bold" as often as not.
func fontLists(_ *Package, _ *inventory.Part, source []byte) ([]byte, error) {
	var edits markup.Edits
	each(source, func(t *markup.Token) {
		if !t.Opens(markup.W, "rFonts") {
			return
		}
		for _, script := range []string{"ascii", "hAnsi", "eastAsia", "cs"} {
			from, to, found := t.Span(script)
			if !found {
				continue
			}
			name := t.Get(script)
			if first := fonts.First(name); first != name {
				edits.Replace(from, to, markup.Escape(first))
			}
		}
	})
	return edits.Apply(source)
}
