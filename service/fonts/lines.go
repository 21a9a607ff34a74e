package fonts

import "math"

// eastAsian is what Word multiplies the line height of an East Asian font with. Measured on Malgun Gothic (1.70 to 1.73
// em in four documents; 1.0884 + 0.2417 em in the font). Word's grids tell the same of others: Yu Gothic fits into a
// line of 18 points at 10.5 points and not at 11, MS Mincho and SimSun are 1.3 em. The gap does not count.
const eastAsian = 1.3

// lineOf is the line height that Word gives a family's style, as a twin states it: the part above the base line, with
// the gap, and the part below. ok is false where nothing is known of it.
func lineOf(f family, style Style) (above, below float64, ok bool) {
	line, ok := known().lines[Face{f.name, style}]
	for _, name := range []string{f.name, f.like} {
		for _, s := range styles {
			if !ok {
				line, ok = known().lines[Face{name, s}]
			}
		}
	}
	if !ok {
		return 0, 0, false
	}
	if f.east != "" {
		// Half of what is added lies above the text.
		height := line.Ascent + line.Descent
		above = line.Ascent + height*(eastAsian-1)/2
		return above, height*eastAsian - above, true
	}
	return line.Ascent + line.Gap, line.Descent, true
}

// units are em in the twins' units: the sum is rounded, not its parts.
func units(above, below float64) (ascent, descent int) {
	ascent = int(math.Round(above * unitsPerEm))
	return ascent, int(math.Round((above+below)*unitsPerEm)) - ascent
}
