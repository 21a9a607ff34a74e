package layout

import (
	"docx2pdf/service/docx/markup"
)

// small is how large the letters of exponents and limits are, of the others.
const small = 0.7

// equation is how wide an equation is, about: its texts one after another, but for those that stand one above the
// other.
func (s *Styles) equation(n *markup.Node, k look) float64 {
	above, beside := 0.0, 0.0
	for _, child := range n.Children {
		switch {
		case child.Is(markup.M, "t"):
			for _, text := range child.Children {
				for _, char := range markup.Unescape(text.Tag.Bytes) {
					beside += s.advancesOf(k).Of(char) * k.size * 20
				}
			}
		case child.Is(markup.M, "num"), child.Is(markup.M, "den"):
			above = max(above, s.equation(child, k))
		case child.Is(markup.M, "sub"), child.Is(markup.M, "sup"), child.Is(markup.M, "lim"):
			above = max(above, small*s.equation(child, k))
		case child.Tag.Space == markup.W: // properties, and what is around a part of the equation
			if !child.Is(markup.W, "rPr") && !child.Is(markup.W, "del") {
				beside += s.equation(child, k)
			}
		default:
			beside += s.equation(child, k)
		}
	}
	return beside + above
}
