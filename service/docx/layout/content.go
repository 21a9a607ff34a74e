package layout

import (
	"strconv"
	"strings"
	"unicode"

	"docx2pdf/service/docx/markup"
	"docx2pdf/service/fonts"
)

// Sizes in twentieths of a point.
const (
	tab       = 720  // between tab stops; also what a list's text is moved in by
	emuOfUnit = 635  // English Metric Units, in which drawings are measured
	chunk     = 9000 // what comes in later has lines of text, as long as there is room
)

// ChunkBookmark begins the names of bookmarks where documents within the document come in.
const ChunkBookmark = "docx2pdf_chunk_"

// extent is how wide content is, with a line break wherever there may be one, and without any.
type extent struct{ least, most float64 }

func (e *extent) include(other extent) {
	e.least, e.most = max(e.least, other.least), max(e.most, other.most)
}

// line measures text piece by piece.
type line struct {
	extent
	word, all float64 // so far
	field     string  // the instruction of a field of which no result has come yet
}

// result has room for what a field will be of which no result has been saved.
func (l *line) result(advances fonts.Advances, k look) {
	name, _, _ := strings.Cut(strings.TrimSpace(l.field), " ")
	switch l.field = ""; strings.ToUpper(name) {
	case "PAGE", "NUMPAGES":
		l.text("00", k, advances)
	case "DATE", "TIME":
		l.text("00/00/0000", k, advances)
	}
}

// end ends a line.
func (l *line) end() {
	l.endWord()
	l.most, l.all = max(l.most, l.all), 0
}

func (l *line) endWord() { l.least, l.word = max(l.least, l.word), 0 }

func (l *line) text(text string, k look, advances fonts.Advances) {
	if k.caps {
		text = strings.ToUpper(text)
	}
	for _, char := range text {
		width := advances.Of(char) * k.size * 20
		l.all += width
		switch {
		case unicode.IsSpace(char) && char != '\u00a0':
			l.endWord()
		case fonts.Ideographic(char):
			l.endWord()
			l.least = max(l.least, width)
		default:
			l.word += width
			if char == '-' || char == '–' || char == '—' {
				l.endWord()
			}
		}
	}
}

func (l *line) piece(width float64) {
	l.endWord()
	l.least, l.all = max(l.least, width), l.all+width
}

// paragraph measures a paragraph whose text is set in a look, but for what it and its styles say.
func (s *Styles) paragraph(p *markup.Node, base look) extent {
	properties := p.Child(markup.W, "pPr")
	id := s.normal
	if properties != nil {
		if style := properties.Child(markup.W, "pStyle"); style != nil {
			id = style.Tag.Get("val")
		}
	}
	l := &line{}
	l.all = s.indents(id, properties, "firstLine") - s.indents(id, properties, "hanging")
	s.runs(l, p, s.styled(base, id))
	l.end()
	margins := s.indents(id, properties, "left", "start") + s.indents(id, properties, "right", "end")
	return extent{max(0, l.least+margins), max(0, l.most+margins)}
}

// indents is how far a paragraph is moved in, by the first of an indent's names that is given.
func (s *Styles) indents(style string, properties *markup.Node, names ...string) float64 {
	indent := 0.0
	read := func(properties *markup.Node) {
		if properties == nil {
			return
		}
		if properties.Child(markup.W, "numPr") != nil && names[0] == "left" {
			indent = tab
		}
		if n := properties.Child(markup.W, "ind"); n != nil {
			for _, name := range names {
				if value, err := strconv.ParseFloat(n.Tag.Get(name), 64); err == nil {
					indent = value
				}
			}
		}
	}
	for _, n := range s.lineage(style) {
		read(n.Child(markup.W, "pPr"))
	}
	read(properties)
	return indent
}

// runs measures what is in a paragraph, a link and so on.
func (s *Styles) runs(l *line, parent *markup.Node, base look) {
	for _, n := range parent.Children {
		switch {
		case n.Is(markup.W, "r"):
			s.run(l, n, base)
		case n.Is(markup.W, "pPr"), n.Is(markup.W, "sdtPr"):
		case n.Is(markup.M, "oMath"):
			l.piece(s.equation(n, base))
		case n.Is(markup.W, "fldSimple"):
			l.field = n.Tag.Get("instr")
			s.runs(l, n, base)
			l.result(s.advancesOf(base), base)
		case n.Is(markup.W, "bookmarkStart") && strings.HasPrefix(n.Tag.Get("name"), ChunkBookmark):
			l.all += chunk
		case n.Is(markup.MC, "AlternateContent"):
			if choice := n.Child(markup.MC, "Choice"); choice != nil {
				s.runs(l, choice, base)
			}
		default:
			s.runs(l, n, base)
		}
	}
}

func (s *Styles) run(l *line, r *markup.Node, k look) {
	if properties := r.Child(markup.W, "rPr"); properties != nil {
		if style := properties.Child(markup.W, "rStyle"); style != nil {
			k = s.styled(k, style.Tag.Get("val"))
		}
		k.apply(properties, s.theme)
	}
	if k.hidden {
		return
	}
	for _, n := range r.Children {
		if choice := n.Child(markup.MC, "Choice"); choice != nil {
			l.piece(picture(choice))
			continue
		}
		switch string(n.Tag.Local) {
		case "t", "delText":
			for _, text := range n.Children {
				l.text(markup.Unescape(text.Tag.Bytes), k, s.advancesOf(k))
				l.field = ""
			}
		case "instrText":
			for _, text := range n.Children {
				l.field += markup.Unescape(text.Tag.Bytes)
			}
		case "fldChar":
			if n.Tag.Get("fldCharType") == "end" {
				l.result(s.advancesOf(k), k)
			}
		case "tab":
			l.piece(tab)
		case "br", "cr":
			l.end()
		case "noBreakHyphen", "sym":
			l.text("\u2011", k, s.advancesOf(k))
		case "ruby":
			if below := n.Child(markup.W, "rubyBase"); below != nil {
				s.runs(l, below, k)
			}
		case "drawing", "pict", "object":
			l.piece(picture(n))
		}
	}
}

// picture is how wide a drawing in the line is; what floats has room elsewhere.
func picture(n *markup.Node) float64 {
	for _, child := range n.Children {
		if string(child.Tag.Local) == "anchor" {
			return 0
		}
		if string(child.Tag.Local) == "extent" {
			width, err := strconv.ParseFloat(child.Tag.Get("cx"), 64)
			if err != nil || width < 0 {
				return 0
			}
			return width / emuOfUnit
		}
		if width := picture(child); width > 0 {
			return width
		}
	}
	return 0
}
