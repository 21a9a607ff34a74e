package mend

import (
	"fmt"

	"docx2pdf/service/docx/inventory"
	"docx2pdf/service/docx/markup"
)

// indents has tables say how far they are indented where neither they nor their styles do. In documents for Word 2010
// and older the text of their first cells is indented so far, not their borders ([MS-DOCX] 2.3.5), and LibreOffice 26.8
// knows that only of tables that say it. It does not look at the default style of tables.
func (p *Package) indents(_ *inventory.Part, source []byte) ([]byte, error) {
	if err := p.readStyles(); err != nil {
		return nil, err
	}
	var edits markup.Edits
	var open *tableStart
	depth := 0 // those of tables in tables are measured as in newer documents
	each(source, func(t *markup.Token) {
		switch {
		case t.Kind == markup.Start && t.Is(markup.W, "tbl"):
			if depth++; depth == 1 {
				open = &tableStart{table: t}
			}
		case t.Kind == markup.End && t.Is(markup.W, "tbl"):
			depth--
			open = nil
		case open != nil && open.over(t):
			if indent, missing := p.styles.Indent(open.style); missing && !open.indented {
				open.indent(&edits, t, indent)
			}
			open = nil
		}
	})
	return edits.Apply(source)
}

// tableStart is what a table begins with, up to the end of its properties.
type tableStart struct {
	table    *markup.Token
	style    string
	indented bool
	before   *markup.Token // what may not stand before the indent
}

// over takes a token of a table and tells whether its properties end with it.
func (b *tableStart) over(t *markup.Token) bool {
	switch {
	case t.Kind == markup.Text || t.Kind == markup.Other || t.Space != markup.W:
		return false
	case t.Is(markup.W, "tblPr"):
		return t.Kind != markup.Start
	case t.Kind == markup.End:
		return false
	}
	switch string(t.Local) {
	case "tblStyle":
		b.style = t.Get("val")
	case "tblInd":
		b.indented = true
	case "tblBorders", "shd", "tblLayout", "tblCellMar", "tblLook", "tblCaption", "tblDescription":
		if b.before == nil {
			b.before = t
		}
	case "tblPrChange", "tblGrid", "tr":
		return true
	}
	return false
}

// indent writes it down, with the token that the properties end with.
func (b *tableStart) indent(edits *markup.Edits, last *markup.Token, width int) {
	prefix := prefixOf(b.table)
	indent := fmt.Sprintf(`<%[1]stblInd %[1]sw="%[2]d" %[1]stype="dxa"/>`, prefix, width)
	whole := "<" + prefix + "tblPr>" + indent + "</" + prefix + "tblPr>"
	switch {
	case b.before != nil:
		edits.Insert(b.before.At, indent)
	case last.Kind == markup.Empty && last.Is(markup.W, "tblPr"):
		edits.Replace(last.At, last.Until(), whole)
	case last.Is(markup.W, "tblPr") || last.Is(markup.W, "tblPrChange"):
		edits.Insert(last.At, indent)
	default: // there are none
		edits.Insert(b.table.Until(), whole)
	}
}
