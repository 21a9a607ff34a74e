package layout

// column is what a table's column needs and asks for, in twentieths of a point.
type column struct {
	least, most float64 // of the content: with a line break wherever there may be one, and without any
	preferred   float64 // what its cells ask for at most; 0 when they do not
}

// wanted is what the column gets where there is room.
func (c column) wanted() float64 {
	if c.preferred > 0 {
		return max(c.preferred, c.least)
	}
	return c.most
}

// fit divides a table's width among its columns as Word does (ECMA-376 part 1, 17.18.87): none is narrower than its
// content, each gets what it asks for as far as there is room, and what is missing is taken from all by what they have
// to spare. A table without a width of its own, 0, is as wide as its columns want to be, and no wider than the room.
func fit(columns []column, width, room float64) []float64 {
	least, wanted, open := 0.0, 0.0, 0.0
	for _, c := range columns {
		least += c.least
		wanted += c.wanted()
		if c.preferred == 0 {
			open += c.most
		}
	}
	if width == 0 {
		width = min(wanted, room)
	}
	widths := make([]float64, len(columns))
	for i, c := range columns {
		switch {
		case least >= width:
			widths[i] = c.least
		case wanted > width:
			widths[i] = c.least + (c.wanted()-c.least)*(width-least)/(wanted-least)
		case open > 0: // what is over goes to the columns that ask for nothing
			widths[i] = c.wanted()
			if c.preferred == 0 {
				widths[i] += (width - wanted) * c.most / open
			}
		case wanted > 0:
			widths[i] = c.wanted() * width / wanted
		}
	}
	return widths
}

// spread raises columns so that a cell across them has room.
func spread(columns []column, least, most, preferred float64) {
	sum := column{}
	unasked := 0
	for _, c := range columns {
		sum.least += c.least
		sum.most += max(c.most, c.preferred)
		sum.preferred += c.preferred
		if c.preferred == 0 {
			unasked++
		}
	}
	n := float64(len(columns))
	for i := range columns {
		c := &columns[i]
		if preferred > sum.preferred && c.preferred == 0 {
			c.preferred = (preferred - sum.preferred) / float64(unasked)
		}
		share := 1 / n
		if sum.most > 0 {
			share = max(c.most, c.preferred) / max(sum.most, 1)
		}
		c.least += max(0, least-sum.least) * share
		c.most = max(c.most+max(0, most-sum.most)*share, c.least)
	}
}
