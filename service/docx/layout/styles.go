package layout

import (
	"strconv"

	"docx2pdf/service/docx/markup"
	"docx2pdf/service/fonts"
)

// Styles are what a document's styles say of the size of text.
type Styles struct {
	spacing  *markup.Node // properties of paragraphs whose styles have none
	defaults look
	styles   map[string]*markup.Node
	normal   string            // the id of the default style of paragraphs
	table    string            // and of tables
	theme    map[string]string // fonts, by minor and major

	advances map[face]fonts.Advances
	depth    int // of tables in tables
}

// face is a font in one of its styles.
type face struct {
	font         string
	bold, italic bool
}

// advancesOf remembers the widths of a look's letters.
func (s *Styles) advancesOf(l look) fonts.Advances {
	key := face{l.font, l.bold, l.italic}
	found, known := s.advances[key]
	if !known {
		found = fonts.AdvancesOf(l.font, l.bold, l.italic)
		s.advances[key] = found
	}
	return found
}

// look is how text is set.
type look struct {
	font         string
	size         float64 // in points
	bold, italic bool
	hidden, caps bool
}

// NewStyles reads a document's styles and theme, in UTF-8. Either may be nil, or not what it should be: then text is
// what it is in Word without them.
func NewStyles(styles, theme []byte) *Styles {
	s := &Styles{defaults: look{font: "Times New Roman", size: 10}, styles: map[string]*markup.Node{},
		advances: map[face]fonts.Advances{},
		theme:    map[string]string{"minor": "Calibri", "major": "Calibri"}}
	s.readTheme(theme)
	root, err := markup.Parse(styles)
	if err != nil {
		return s
	}
	for _, part := range root.Children {
		for _, n := range part.Children {
			switch {
			case n.Is(markup.W, "docDefaults"):
				if d := n.Child(markup.W, "rPrDefault"); d != nil {
					s.defaults.apply(d.Child(markup.W, "rPr"), s.theme)
				}
				if d := n.Child(markup.W, "pPrDefault"); d != nil {
					s.spacing = d.Child(markup.W, "pPr")
				}
			case n.Is(markup.W, "style"):
				id := n.Tag.Get("styleId")
				s.styles[id] = n
				if on := n.Tag.Get("default"); on == "1" || on == "true" {
					switch n.Tag.Get("type") {
					case "paragraph":
						s.normal = id
					case "table":
						s.table = id
					}
				}
			}
		}
	}
	return s
}

// readTheme looks for the Latin fonts of a theme (ECMA-376 part 1, 20.1.4.1.18).
func (s *Styles) readTheme(source []byte) {
	which := ""
	for r := markup.NewReader(source); ; {
		t := r.Next()
		if t == nil {
			return
		}
		switch {
		case t.Opens(markup.A, "majorFont"):
			which = "major"
		case t.Opens(markup.A, "minorFont"):
			which = "minor"
		case t.Opens(markup.A, "latin") && which != "":
			if name := t.Get("typeface"); name != "" {
				s.theme[which] = name
			}
			which = ""
		}
	}
}

// mostAncestors is how many styles one may be based on, by way of others: Word takes eleven.
const mostAncestors = 11

// lineage is a style and those that it is based on, the last of them first.
func (s *Styles) lineage(id string) []*markup.Node {
	var all []*markup.Node
	for n := s.styles[id]; n != nil && len(all) < mostAncestors; {
		all = append([]*markup.Node{n}, all...)
		base := n.Child(markup.W, "basedOn")
		if base == nil {
			break
		}
		n = s.styles[base.Tag.Get("val")]
	}
	return all
}

// styled is a look with what a style says of it.
func (s *Styles) styled(l look, id string) look {
	for _, n := range s.lineage(id) {
		l.apply(n.Child(markup.W, "rPr"), s.theme)
	}
	return l
}

// apply takes what properties of a run say.
func (l *look) apply(properties *markup.Node, theme map[string]string) {
	if properties == nil {
		return
	}
	for _, n := range properties.Children {
		if n.Tag.Space != markup.W {
			continue
		}
		switch string(n.Tag.Local) {
		case "rFonts":
			if name := n.Tag.Get("ascii"); name != "" {
				l.font = name
			}
			if name := n.Tag.Get("asciiTheme"); len(name) > 5 {
				l.font = theme[name[:5]]
			}
		case "sz":
			if size, err := strconv.ParseFloat(n.Tag.Get("val"), 64); err == nil && size > 0 && size < 3277 {
				l.size = size / 2
			}
		case "b":
			l.bold = n.Tag.On()
		case "i":
			l.italic = n.Tag.On()
		case "vanish":
			l.hidden = n.Tag.On()
		case "caps":
			l.caps = n.Tag.On()
		}
	}
}
