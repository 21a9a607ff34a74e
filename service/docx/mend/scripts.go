package mend

import (
	"strings"

	"docx2pdf/service/docx/inventory"
	"docx2pdf/service/docx/markup"
)

// dropScripts takes relations out that are links which run something: their text is then no link.
func dropScripts(_ *Package, _ *inventory.Part, source []byte) ([]byte, error) {
	var edits markup.Edits
	within := 0 // the beginning of a relation that goes, plus one
	each(source, func(t *markup.Token) {
		switch {
		case t.Opens(markup.REL, "Relationship"):
			within = 0
			if strings.EqualFold(t.Get("TargetMode"), "External") && inventory.IsScript(t.Get("Target")) {
				edits.Delete(t.At, t.Until())
				within = t.At + 1
			}
		case within > 0 && t.Is(markup.REL, "Relationship"):
			edits.Delete(t.At, t.Until()) // its end
			within = 0
		}
	})
	return edits.Apply(source)
}
