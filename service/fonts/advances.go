package fonts

import (
	"sync"
	"unicode"
)

// Advances are the advance widths of a face of Microsoft's, as far as facts about it or its stand-in reach.
type Advances struct{ widths map[rune]int }

// AdvancesOf finds those of a font by the name that a document gives it. What nobody knows is taken for Arial.
func AdvancesOf(family string, bold, italic bool) Advances {
	style := Regular
	if bold {
		style += Bold
	}
	if italic {
		style += Italic
	}
	standIns := catalogue()[fold(family)]
	if standIns == nil {
		standIns = kin(family)
	}
	for _, name := range append(standIns, byClass[swiss]...) {
		for _, face := range []Face{{measured()[name], style}, {measured()[name], Regular}} {
			if widths := known().widths[face]; widths != nil {
				return Advances{widths}
			}
		}
	}
	return Advances{}
}

// Of is the width of a character, in em. One without facts is as wide as an n.
func (a Advances) Of(char rune) float64 {
	if width, found := a.widths[char]; found {
		return float64(width) / unitsPerEm
	}
	if Ideographic(char) {
		return 1
	}
	if unicode.Is(unicode.Mn, char) || unicode.Is(unicode.Cf, char) {
		return 0
	}
	return float64(a.widths['n']) / unitsPerEm
}

// Ideographic tells whether a character stands in a square, between which and its neighbours a line may break.
func Ideographic(char rune) bool {
	return unicode.In(char, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) ||
		char >= 0x3000 && char <= 0x303f || char >= 0xff01 && char <= 0xff60
}

// measured are the families that there are facts about, by the fonts that have their widths.
var measured = sync.OnceValue(func() map[string]string {
	all := map[string]string{"Liberation Sans": "Arial", "Liberation Serif": "Times New Roman",
		"Liberation Mono": "Courier New"}
	for _, f := range families {
		all[TwinName(f.name)] = f.name
		if known().widths[Face{f.name, Regular}] == nil {
			all[TwinName(f.name)] = f.like
		}
	}
	return all
})
