package mend

import (
	"strings"

	"docx2pdf/service/docx/inventory"
	"docx2pdf/service/docx/markup"
)

// bindings writes the namespaces of values that are bound to custom XML in single quotation marks, as Word does:
// LibreOffice finds no others, and shows what was saved rather than the value.
func bindings(_ *Package, _ *inventory.Part, source []byte) ([]byte, error) {
	var edits markup.Edits
	each(source, func(t *markup.Token) {
		if !t.Opens(markup.W, "dataBinding") {
			return
		}
		from, to, found := t.Span("prefixMappings")
		if !found {
			return
		}
		mappings := markup.Unescape(source[from:to])
		if !strings.Contains(mappings, `"`) {
			return
		}
		// With its own quotation marks, which may be single ones.
		edits.Replace(from-1, to+1, `"`+strings.ReplaceAll(markup.Escape(strings.ReplaceAll(mappings, `"`, `'`)),
			"&#39;", `'`)+`"`)
	})
	return edits.Apply(source)
}
