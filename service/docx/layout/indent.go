package layout

import (
	"strconv"

	"docx2pdf/service/docx/markup"
)

// Indent is how far a table is indented that does not say so itself, in twentieths of a point: as far as the default
// style of tables has it, or not at all. It is not missing where the table's style says so.
func (s *Styles) Indent(style string) (indent int, missing bool) {
	if _, found := s.indentOf(style); found {
		return 0, false
	}
	indent, _ = s.indentOf(s.table)
	return indent, true
}

// indentOf is how far a style, or one that it is based on, has tables indented.
func (s *Styles) indentOf(style string) (indent int, found bool) {
	for _, n := range s.lineage(style) {
		properties := n.Child(markup.W, "tblPr")
		if properties == nil {
			continue
		}
		if n := properties.Child(markup.W, "tblInd"); n != nil {
			indent, found = readIndent(n), true
		}
	}
	return indent, found
}

func readIndent(n *markup.Node) int {
	value, err := strconv.Atoi(n.Tag.Get("w"))
	if kind := n.Tag.Get("type"); err != nil || kind != "dxa" && kind != "" || value < -31680 || value > 31680 {
		return 0
	}
	return value
}
