package layout

import (
	"math"
	"strconv"
	"strings"

	"docx2pdf/service/docx/markup"
)

// cellMargin is that on the left and on the right of a cell's text where nothing else is said, as Word has it.
const cellMargin = 108

// mostColumns is what Word has at most, and mostNesting how deep tables in tables are looked at.
const (
	mostColumns = 63
	mostNesting = 8
)

// table is a table that is being looked at.
type table struct {
	*Styles
	node    *markup.Node
	style   string
	fixed   bool
	width   length
	margins [2]float64
	grid    []float64
	rows    [][]*cell
	columns []column
}

// cell is one of a table, in the columns from at on.
type cell struct {
	node     *markup.Node
	at, span int
	wanted   length
	extent   extent
}

// length is a width as documents state it (ECMA-376 part 1, 17.4.87).
type length struct{ points, share float64 } // in twentieths of a point, or of the room; both 0 when it is automatic

func readLength(n *markup.Node) length {
	if n == nil {
		return length{}
	}
	text := n.Tag.Get("w")
	value, err := strconv.ParseFloat(strings.TrimSuffix(text, "%"), 64)
	switch {
	case err != nil || math.IsNaN(value) || value <= 0 || value > 1e6:
		return length{}
	case strings.HasSuffix(text, "%"):
		return length{share: value / 100}
	case n.Tag.Get("type") == "pct":
		return length{share: value / 5000}
	case n.Tag.Get("type") == "dxa", n.Tag.Get("type") == "":
		return length{points: value}
	}
	return length{}
}

// of is the length where there is room.
func (l length) of(room float64) float64 { return l.points + l.share*room }

// Fit gives all tables of an element the columns that Word gives them, where there is room for text of a width. Tables
// that Word has saved stay as they are. It tells whether anything was changed.
func (s *Styles) Fit(n *markup.Node, room float64) bool {
	changed := false
	for _, child := range n.Children {
		switch {
		case child.Is(markup.W, "tbl"):
			changed = s.fitTable(child, room) || changed
		case child.Is(markup.W, "txbxContent"): // whose width is not known
		default:
			changed = s.Fit(child, room) || changed
		}
	}
	return changed
}

func (s *Styles) fitTable(node *markup.Node, room float64) bool {
	s.depth++
	defer func() { s.depth-- }()
	t := s.read(node)
	if t == nil || s.depth > mostNesting {
		return false
	}
	changed := false
	widths := t.grid
	if !t.saved() {
		if fitted := t.fit(room); t.differs(fitted) {
			widths = fitted
			t.write(widths)
			changed = true
		}
	}
	for _, row := range t.rows {
		for _, c := range row {
			inner := -t.margins[0] - t.margins[1]
			for _, width := range widths[min(c.at, len(widths)):min(c.at+c.span, len(widths))] {
				inner += width
			}
			changed = s.Fit(c.node, max(inner, 0)) || changed
		}
	}
	return changed
}

// read looks at a table; nil when it has more columns than Word allows, or none.
func (s *Styles) read(node *markup.Node) *table {
	t := &table{Styles: s, node: node, style: s.table, margins: [2]float64{cellMargin, cellMargin}}
	if p := node.Child(markup.W, "tblPr"); p != nil {
		if style := p.Child(markup.W, "tblStyle"); style != nil {
			t.style = style.Tag.Get("val")
		}
		t.width = readLength(p.Child(markup.W, "tblW"))
		if layout := p.Child(markup.W, "tblLayout"); layout != nil {
			t.fixed = layout.Tag.Get("type") == "fixed"
		}
	}
	for _, style := range append(s.lineage(t.style), node) {
		if p := style.Child(markup.W, "tblPr"); p != nil {
			readMargins(p.Child(markup.W, "tblCellMar"), &t.margins)
		}
	}
	if grid := node.Child(markup.W, "tblGrid"); grid != nil {
		for _, n := range grid.Children {
			if n.Is(markup.W, "gridCol") {
				t.grid = append(t.grid, readLength(n).points)
			}
		}
	}
	columns := 0
	for _, row := range rowsOf(node) {
		at := skipped(row, "gridBefore")
		var cells []*cell
		for _, n := range cellsOf(row) {
			c := &cell{node: n, at: at, span: 1}
			if p := n.Child(markup.W, "tcPr"); p != nil {
				c.wanted = readLength(p.Child(markup.W, "tcW"))
				c.span = spanOf(p)
			}
			at += c.span
			cells = append(cells, c)
		}
		t.rows = append(t.rows, cells)
		columns = max(columns, at+skipped(row, "gridAfter"))
	}
	if columns == 0 || columns > mostColumns {
		return nil
	}
	t.columns = make([]column, columns)
	return t
}

// rowsOf are a table's rows, also those that are in content controls or were inserted.
func rowsOf(n *markup.Node) []*markup.Node { return within(n, "tr") }

func cellsOf(n *markup.Node) []*markup.Node { return within(n, "tc") }

func within(n *markup.Node, local string) []*markup.Node {
	var found []*markup.Node
	for _, child := range n.Children {
		switch {
		case child.Is(markup.W, local):
			found = append(found, child)
		case child.Is(markup.W, "sdt"), child.Is(markup.W, "sdtContent"), child.Is(markup.W, "customXml"),
			child.Is(markup.W, "ins"), child.Is(markup.W, "del"):
			found = append(found, within(child, local)...)
		}
	}
	return found
}

func spanOf(properties *markup.Node) int {
	if n := properties.Child(markup.W, "gridSpan"); n != nil {
		if span, err := strconv.Atoi(n.Tag.Get("val")); err == nil {
			return min(max(span, 1), mostColumns)
		}
	}
	return 1
}

// skipped is how many columns a row leaves out before or after its cells.
func skipped(row *markup.Node, name string) int {
	if p := row.Child(markup.W, "trPr"); p != nil {
		if n := p.Child(markup.W, name); n != nil {
			if columns, err := strconv.Atoi(n.Tag.Get("val")); err == nil {
				return min(max(columns, 0), mostColumns)
			}
		}
	}
	return 0
}

func readMargins(n *markup.Node, margins *[2]float64) {
	if n == nil {
		return
	}
	for _, side := range n.Children {
		width, err := strconv.ParseFloat(side.Tag.Get("w"), 64)
		if err != nil || width < 0 || width > 31680 {
			continue
		}
		switch string(side.Tag.Local) {
		case "left", "start":
			margins[0] = width
		case "right", "end":
			margins[1] = width
		}
	}
}

// saved tells whether Word has saved the table, which leaves the marks of its editing sessions (w:rsidR …).
func (t *table) saved() bool {
	for _, row := range rowsOf(t.node) {
		for _, name := range []string{"rsidR", "rsidTr"} {
			if _, given := row.Tag.Attribute(name); given {
				return true
			}
		}
	}
	return false
}

// fit are the table's columns.
func (t *table) fit(room float64) []float64 {
	width := t.width.of(room)
	if t.fixed {
		return t.fixedColumns(width)
	}
	whole := width
	if whole == 0 {
		whole = room
	}
	for _, row := range t.rows {
		for _, c := range row {
			c.extent = t.measure(c)
			if c.span == 1 {
				column := &t.columns[c.at]
				column.least = max(column.least, c.extent.least)
				column.most = max(column.most, c.extent.most)
				column.preferred = max(column.preferred, c.wanted.of(whole))
			}
		}
	}
	for _, row := range t.rows {
		for _, c := range row {
			if c.span > 1 {
				spread(t.columns[c.at:c.at+c.span], c.extent.least, c.extent.most, c.wanted.of(whole))
			}
		}
	}
	return fit(t.columns, width, room)
}

// fixedColumns are as wide as their cells ask for, whatever is in them.
func (t *table) fixedColumns(whole float64) []float64 {
	widths := make([]float64, len(t.columns))
	copy(widths, t.grid)
	for i := range widths {
		wanted := 0.0
		for _, row := range t.rows {
			for _, c := range row {
				if c.at == i && c.span == 1 {
					wanted = max(wanted, c.wanted.of(whole))
				}
			}
		}
		if wanted > 0 {
			widths[i] = wanted
		}
	}
	return widths
}
