package layout

import (
	"bytes"
	"fmt"
	"math"

	"docx2pdf/service/docx/markup"
)

// slack is added to what text needs, since LibreOffice rounds elsewhere.
const slack = 10

// measure is how wide a cell's content is, with its margins.
func (t *table) measure(c *cell) extent {
	margins := t.margins
	keep := false // on one line
	if p := c.node.Child(markup.W, "tcPr"); p != nil {
		readMargins(p.Child(markup.W, "tcMar"), &margins)
		if n := p.Child(markup.W, "noWrap"); n != nil {
			keep = n.Tag.On()
		}
		if n := p.Child(markup.W, "textDirection"); n != nil && n.Tag.Get("val") != "lrTb" {
			return extent{tab, tab} // lines run upwards or downwards
		}
	}
	e := t.blocks(c.node, t.styled(t.defaults, t.style))
	if keep {
		e.least = e.most
	}
	around := margins[0] + margins[1] + slack
	return extent{e.least + around, e.most + around}
}

// blocks measures paragraphs and tables.
func (t *table) blocks(parent *markup.Node, base look) extent {
	var e extent
	for _, n := range parent.Children {
		switch {
		case n.Is(markup.W, "p"):
			e.include(t.paragraph(n, base))
		case n.Is(markup.W, "tbl"):
			e.include(t.inner(n))
		case n.Is(markup.W, "tcPr"), n.Is(markup.W, "sdtPr"):
		default:
			e.include(t.blocks(n, base))
		}
	}
	return e
}

// inner measures a table in a cell.
func (t *table) inner(node *markup.Node) extent {
	t.depth++
	defer func() { t.depth-- }()
	inner := t.read(node)
	if inner == nil || t.depth > mostNesting {
		return extent{}
	}
	if inner.fixed || inner.saved() {
		width := 0.0
		for _, w := range inner.fixedColumns(0) {
			width += w
		}
		return extent{width, width}
	}
	inner.fit(0) // shares of a room that is not known yet are nothing
	var e extent
	for _, c := range inner.columns {
		e.least += c.least
		e.most += c.wanted()
	}
	return e
}

// differs tells whether columns are others than those of the grid, by more than what comes of rounding.
func (t *table) differs(widths []float64) bool {
	if len(t.grid) != len(widths) {
		return true
	}
	for i, width := range widths {
		if math.Abs(width-t.grid[i]) > max(20, t.grid[i]/50) {
			return true
		}
	}
	return false
}

// write puts columns into the table.
func (t *table) write(widths []float64) {
	var grid bytes.Buffer
	total := 0.0
	prefix := prefixOf(&t.node.Tag)
	fmt.Fprintf(&grid, "<%stblGrid>", prefix)
	for _, width := range widths {
		fmt.Fprintf(&grid, `<%sgridCol %[1]sw="%.0f"/>`, prefix, math.Round(width))
		total += math.Round(width)
	}
	fmt.Fprintf(&grid, "</%stblGrid>", prefix)
	put(t.node, "tblGrid", grid.String(), "tblPr")
	if p := t.node.Child(markup.W, "tblPr"); p != nil && t.width.share == 0 {
		put(p, "tblW", fmt.Sprintf(`<%stblW %[1]sw="%.0f" %[1]stype="dxa"/>`, prefix, total), "tblStyle", "tblpPr",
			"tblOverlap", "bidiVisual", "tblStyleRowBandSize", "tblStyleColBandSize")
	}
	for _, row := range t.rows {
		for _, c := range row {
			width := 0.0
			for _, w := range widths[c.at : c.at+c.span] {
				width += math.Round(w)
			}
			element := fmt.Sprintf(`<%stcW %[1]sw="%.0f" %[1]stype="dxa"/>`, prefix, width)
			if p := c.node.Child(markup.W, "tcPr"); p != nil {
				put(p, "tcW", element, "cnfStyle")
			} else {
				put(c.node, "tcPr", "<"+prefix+"tcPr>"+element+"</"+prefix+"tcPr>")
			}
		}
	}
}

// put has an element be in another, in the place of the one of its name or else behind those that come before it.
func put(parent *markup.Node, local, element string, before ...string) {
	n := &markup.Node{Tag: markup.Token{Kind: markup.Other, Bytes: []byte(element)}}
	if parent.Tag.Kind == markup.Empty {
		prefix := prefixOf(&parent.Tag)
		parent.Close = []byte("</" + prefix + string(parent.Tag.Local) + ">")
		parent.Tag.Bytes = append(bytes.TrimSuffix(bytes.Clone(parent.Tag.Bytes), []byte("/>")), '>')
		parent.Tag.Kind = markup.Start
	}
	at := 0
	for i, child := range parent.Children {
		if child.Is(markup.W, local) {
			parent.Children[i] = n
			return
		}
		for _, name := range before {
			if child.Is(markup.W, name) {
				at = i + 1
			}
		}
	}
	parent.Children = append(parent.Children[:at:at], append([]*markup.Node{n}, parent.Children[at:]...)...)
}

// prefixOf is the namespace prefix of a start tag, with its colon.
func prefixOf(t *markup.Token) string {
	return string(t.Bytes[1 : 1+bytes.Index(t.Bytes[1:], t.Local)])
}
