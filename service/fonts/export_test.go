package fonts

// Widths are the facts of a face, in unitsPerEm.
func Widths(face Face) map[rune]int { return known().widths[face] }

// Lines are the line heights that are known.
func Lines() map[Face]Line { return known().lines }

// UnitsPerEm is the unit of Widths.
const UnitsPerEm = unitsPerEm

// File is the name of the twin's file.
func (t Twin) File() string { return t.file() }

// EastAsian tells whether the twin's lines are higher than the font says.
func (t Twin) EastAsian() bool { return t.family.east != "" }

// ParseWidths reads facts.
var ParseWidths = parseWidths
