package mend

import (
	"strings"
	"unicode"

	"docx2pdf/service/docx/markup"
)

// operator names a large operator that the importer does not know before its structure, of which the importer makes
// all but the operator.
func (e *equation) operator(chr *markup.Token) {
	if len(e.open) < 2 || e.inside() != "naryPr" {
		return
	}
	nary := e.open[len(e.open)-2]
	sign := []rune(chr.Get("val"))
	if len(sign) != 1 || !unicode.Is(unicode.Sm, sign[0]) || strings.ContainsRune("∫∬∭∮∯∰∏∐∑", sign[0]) {
		return
	}
	m := prefixOf(nary)
	e.edits.Insert(nary.At, runOf(m, "oper "+string(sign)))
}

// delimiter writes a delimiter that the importer does not know on its side.
func (e *equation) delimiter(t *markup.Token) {
	sign := t.Get("val")
	from, to, found := t.Span("val")
	if !found || sign == "" || len([]rune(sign)) > 1 {
		return
	}
	written := ""
	if string(t.Local) == "begChr" {
		switch {
		case strings.Contains("([{|‖∥⟦⟨〈⌊⌈", sign):
			return
		case strings.Contains(")]", sign):
			written = "left " + sign + " "
		default:
			written = "left none " + quoted(sign) + " "
		}
	} else {
		switch {
		case strings.Contains(")]}|‖∥⟧⟩〉⌋⌉", sign):
			return
		case strings.Contains("([", sign):
			written = " right " + sign
		default:
			written = " " + quoted(sign) + " right none"
		}
	}
	e.edits.Replace(from, to, markup.Escape(written))
}

// wrapper takes away what is around a part of an equation, which the importer passes over with all that is in it. What
// was deleted is struck through.
func (e *equation) wrapper(t *markup.Token) {
	if !isArgument[e.inside()] {
		return
	}
	m := prefixOf(e.open[0])
	switch string(t.Local) {
	case "ins", "moveTo", "smartTag", "customXml", "hyperlink", "fldSimple", "sdt", "sdtContent":
		e.edits.Delete(t.At, t.Until())
	case "del", "moveFrom":
		switch t.Kind {
		case markup.Start:
			e.edits.Replace(t.At, t.Until(), "<"+m+"borderBox><"+m+"borderBoxPr><"+m+"strikeH "+m+`val="1"/></`+m+
				"borderBoxPr><"+m+"e>")
			e.arguments = append(e.arguments, &argument{name: "e"})
		case markup.End:
			e.edits.Replace(t.At, t.Until(), "</"+m+"e></"+m+"borderBox>")
			if len(e.arguments) > 1 {
				e.finish()
				e.add(nil)
			}
		}
	}
}
