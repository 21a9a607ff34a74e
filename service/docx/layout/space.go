package layout

import (
	"fmt"
	"strconv"

	"docx2pdf/service/docx/markup"
)

// mostSpace is what a paragraph may have above it: Word's own bound, in twentieths of a point.
const mostSpace = 31680

// before is the space above a paragraph, in twentieths of a point; 0 for one that stands elsewhere than in the column.
func (s *Styles) before(p *markup.Node) float64 {
	space, automatic := 0.0, false
	read := func(properties *markup.Node) {
		if properties == nil {
			return
		}
		if n := properties.Child(markup.W, "spacing"); n != nil {
			if value, err := strconv.ParseFloat(n.Tag.Get("before"), 64); err == nil {
				space = min(value, mostSpace)
			}
			if value := n.Tag.Get("beforeAutospacing"); value != "" {
				automatic = value == "1" || value == "true" || value == "on"
			}
		}
	}
	properties := p.Child(markup.W, "pPr")
	id := s.normal
	if properties != nil {
		if style := properties.Child(markup.W, "pStyle"); style != nil {
			id = style.Tag.Get("val")
		}
		for _, elsewhere := range []string{"framePr", "pageBreakBefore", "sectPr"} {
			if properties.Child(markup.W, elsewhere) != nil {
				return 0
			}
		}
	}
	read(s.spacing)
	for _, n := range s.lineage(id) {
		read(n.Child(markup.W, "pPr"))
	}
	if read(properties); automatic {
		return 0
	}
	return space
}

// SetApart has a paragraph's space above it be an empty line of that height before it, which is what is to be put in
// front of it; "" when there is no such space.
func (s *Styles) SetApart(p *markup.Node) string {
	space := s.before(p)
	if space < 1 || p.Tag.Kind != markup.Start {
		return ""
	}
	prefix := prefixOf(&p.Tag)
	spacing := fmt.Sprintf(`<%[1]sspacing %[1]sbefore="0" %[1]sbeforeLines="0"`, prefix)
	line := fmt.Sprintf(`<%[1]sp><%[1]spPr>%[2]s %[1]safter="0" %[1]sline="%[3]d" %[1]slineRule="exact"/></%[1]spPr></%[1]sp>`,
		prefix, spacing, int(space))
	properties := p.Child(markup.W, "pPr")
	if properties == nil {
		put(p, "pPr", "<"+prefix+"pPr>"+spacing+"/></"+prefix+"pPr>")
		return line
	}
	if old := properties.Child(markup.W, "spacing"); old != nil {
		for _, name := range []string{"after", "afterLines", "afterAutospacing", "line", "lineRule"} {
			if value := old.Tag.Get(name); value != "" {
				spacing += fmt.Sprintf(` %s%s="%s"`, prefix, name, markup.Escape(value))
			}
		}
	}
	put(properties, "spacing", spacing+"/>", "pStyle", "keepNext", "keepLines", "widowControl", "numPr", "pBdr", "shd",
		"tabs", "suppressAutoHyphens", "kinsoku", "wordWrap", "overflowPunct", "topLinePunct", "autoSpaceDE", "autoSpaceDN",
		"bidi", "adjustRightInd", "snapToGrid")
	return line
}
