package mend

import (
	"strconv"
	"strings"

	"docx2pdf/service/docx/inventory"
	"docx2pdf/service/docx/markup"
	"docx2pdf/service/warning"
)

// symbols puts the characters that Unicode has in place of the signs of Webdings, Wingdings and Symbol, and a font that
// has them: without those fonts LibreOffice draws some as empty boxes, and nobody can search for any.
func (p *Package) symbols(part *inventory.Part, source []byte) ([]byte, error) {
	if part.Root == "numbering" {
		return p.bullets(source)
	}
	var edits markup.Edits
	r := runs{source: source}
	font := "" // of the run, when it is a symbol font
	var fonts *markup.Token
	inText := false
	each(source, func(t *markup.Token) {
		r.see(t)
		switch {
		case t.Is(markup.W, "r") && t.Kind != markup.Empty:
			font, fonts, inText = "", nil, false
		case t.Opens(markup.W, "rFonts") && r.inProps != nil:
			if name := t.Get("ascii"); inventory.IsSymbolFont(name) {
				font, fonts = name, t
			}
		case t.Opens(markup.W, "sym") && r.current != nil:
			p.sym(&edits, r.current, t)
		case t.Is(markup.W, "t"):
			inText = t.Kind == markup.Start
		case t.Kind == markup.Text && inText && font != "" && r.current != nil:
			text, with, changed := p.translate(font, markup.Unescape(t.Bytes))
			if !changed {
				return
			}
			edits.Replace(t.At, t.Until(), markup.Escape(text))
			if fonts != nil {
				edits.Replace(fonts.At, fonts.Until(), fontProperty(r.current.prefix, with, fonts.Kind))
				fonts = nil
			}
		}
	})
	return edits.Apply(source)
}

// sym is a sign that is given by its font and code.
func (p *Package) sym(edits *markup.Edits, r *run, t *markup.Token) {
	if edits.Full() {
		return
	}
	font := t.Get("font")
	code, err := strconv.ParseUint(t.Get("char"), 16, 32)
	if err != nil || !inventory.IsSymbolFont(font) || t.Kind != markup.Empty {
		return
	}
	s, found := signOf(font, rune(code))
	if !found {
		p.Warnings.Add(warning.SignUnknown, font+" "+t.Get("char"))
		return
	}
	text := "<" + r.prefix + "t>" + markup.Escape(string(s.char)) + "</" + r.prefix + "t>"
	edits.Replace(t.At, t.Until(), r.between(fontProperty(r.prefix, s.font, markup.Empty)+r.without("rFonts"), text))
}

// fontProperty names a font for all scripts.
func fontProperty(prefix, font string, kind markup.Kind) string {
	property := "<" + prefix + "rFonts"
	for _, script := range []string{"ascii", "hAnsi", "eastAsia", "cs"} {
		property += " " + prefix + script + `="` + font + `"`
	}
	if kind == markup.Start {
		return property + ">"
	}
	return property + "/>"
}

// translate is a text in a symbol font as Unicode has it, and a font that has most of it.
func (p *Package) translate(font, text string) (translated, with string, changed bool) {
	var b strings.Builder
	count := map[string]int{}
	for _, char := range text {
		s, found := signOf(font, char)
		switch {
		case found:
			b.WriteRune(s.char)
			changed = changed || s.char != ' '
			if count[s.font]++; s.char != ' ' && (with == "" || count[s.font] > count[with]) {
				with = s.font
			}
		case char >= 0xf000 && char <= 0xf0ff:
			p.Warnings.Add(warning.SignUnknown, font+" "+strings.ToUpper(strconv.FormatInt(int64(char), 16)))
			b.WriteRune(char)
		default:
			b.WriteRune(char)
		}
	}
	return b.String(), with, changed && with != ""
}

// bullets changes those signs of lists that LibreOffice does not draw with its own. The text of a level comes before
// its
// font.
func (p *Package) bullets(source []byte) ([]byte, error) {
	var edits markup.Edits
	var text *markup.Token
	each(source, func(t *markup.Token) {
		switch {
		case t.Is(markup.W, "lvl"):
			text = nil
		case t.Opens(markup.W, "lvlText"):
			text = t
		case t.Opens(markup.W, "rFonts") && text != nil:
			font := t.Get("ascii")
			if f := strings.ToLower(font); !inventory.IsSymbolFont(font) || f == "symbol" || f == "wingdings" {
				return
			}
			sign, with, changed := p.translate(font, text.Get("val"))
			if from, to, found := text.Span("val"); found && changed {
				edits.Replace(from, to, markup.Escape(sign))
				edits.Replace(t.At, t.Until(), fontProperty(prefixOf(t), with, t.Kind))
			}
		}
	})
	return edits.Apply(source)
}
