package mend

import (
	"math"
	"strconv"
	"strings"

	"docx2pdf/service/docx/inventory"
	"docx2pdf/service/docx/markup"
)

// Sizes in twentieths of a point. A page without a size is a letter (ECMA-376 part 1, 17.6.13); Word takes no page
// smaller than a tenth of an inch, nor larger than 22 inches.
const (
	letterWidth  = 12240
	letterHeight = 15840
	leastPage    = 144
	leastText    = 720  // what is left for text of a page whose margins leave none
	usualMargin  = 1440 // Word's
)

// pages gives pages without room for text their usual size or margins, and has tables that float at the bottom of the
// page float at the bottom of its text: in the margin LibreOffice divides them without end, or loses them.
func pages(_ *Package, _ *inventory.Part, source []byte) ([]byte, error) {
	var edits markup.Edits
	width, height := float64(letterWidth), float64(letterHeight)
	each(source, func(t *markup.Token) {
		switch {
		case t.Opens(markup.W, "sectPr"):
			width, height = letterWidth, letterHeight
		case t.Opens(markup.W, "pgSz"):
			width = pageSide(&edits, t, "w", letterWidth)
			height = pageSide(&edits, t, "h", letterHeight)
		case t.Opens(markup.W, "pgMar"):
			leaveRoom(&edits, t, width, "left", "right", "gutter")
			leaveRoom(&edits, t, height, "top", "bottom")
		case inventory.FloatsBelow(t):
			if from, to, found := t.Span("vertAnchor"); found {
				edits.Replace(from, to, "margin")
			}
		}
	})
	return edits.Apply(source)
}

func pageSide(edits *markup.Edits, t *markup.Token, name string, usual float64) float64 {
	value, given := t.Attribute(name)
	size, ok := twips(value)
	if !given || ok && size >= leastPage {
		if !given {
			return usual
		}
		return size
	}
	set(edits, t, name, usual)
	return usual
}

// leaveRoom makes margins smaller when they leave no room between them: the usual ones where they fit, or a quarter of
// the page each.
func leaveRoom(edits *markup.Edits, t *markup.Token, size float64, names ...string) {
	sum := 0.0
	for _, name := range names {
		margin, _ := twips(t.Get(name))
		sum += math.Abs(margin)
	}
	if size-sum >= min(leastText, size/4) {
		return
	}
	for i, name := range names {
		margin := min(usualMargin, size/4)
		if i == 2 {
			margin = 0
		}
		if _, given := t.Attribute(name); given {
			set(edits, t, name, margin)
		}
	}
	if len(names) == 2 { // header and footer begin within the margins
		for _, name := range []string{"header", "footer"} {
			if n, _ := twips(t.Get(name)); n > size/4 {
				set(edits, t, name, min(usualMargin, size/4)/2)
			}
		}
	}
}

func set(edits *markup.Edits, t *markup.Token, name string, value float64) {
	if from, to, found := t.Span(name); found {
		edits.Replace(from, to, strconv.Itoa(int(value)))
	}
}

// units of measures that a document may be written in (ISO/IEC 29500-1, 22.9.2.15), in twentieths of a point.
var units = map[string]float64{"mm": 1440 / 25.4, "cm": 14400 / 25.4, "in": 1440, "pt": 20, "pc": 240, "pi": 240}

// twips reads a measure.
func twips(value string) (float64, bool) {
	scale := 1.0
	if len(value) > 2 {
		if unit, found := units[strings.ToLower(value[len(value)-2:])]; found {
			value, scale = value[:len(value)-2], unit
		}
	}
	n, err := strconv.ParseFloat(value, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return 0, false
	}
	return n * scale, true
}
