package mend

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"
)

// signTable says where Unicode has the signs of symbol fonts: the name of a font, then for each row of sixteen from 20
// on the code points, each with the letter of an open font that has it; - where there is none. The code points are
// those of the package dingbat-to-unicode, which has them from Unicode's own proposals (L2/11-052 and others).
//
//go:embed signs.txt
var signTable string

// openFonts are the fonts by their letters in the table.
var openFonts = map[byte]string{
	'T': "Liberation Serif",
	'D': "DejaVu Sans",
	'N': "Noto Sans Symbols2",
	'S': "Noto Sans Symbols",
	'M': "Noto Sans Math",
}

// sign is a character and a font that has it.
type sign struct {
	char rune
	font string
}

var readSigns = sync.OnceValue(func() map[string]*[256]sign {
	fonts := map[string]*[256]sign{}
	var current *[256]sign
	for line := range strings.Lines(signTable) {
		row, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		first, err := strconv.ParseUint(row, 16, 8)
		if err != nil || len(row) != 1 {
			current = new([256]sign)
			fonts[strings.ToLower(strings.TrimSpace(line))] = current
			continue
		}
		for i, cell := range strings.Fields(rest) {
			last := len(cell) - 1
			if code, err := strconv.ParseUint(cell[:last], 16, 32); err == nil {
				current[int(first)*16+i] = sign{rune(code), openFonts[cell[last]]}
			}
		}
	}
	return fonts
})

// signOf is the sign that a symbol font has for a character, which is its code or that in the private use area.
func signOf(font string, char rune) (s sign, found bool) {
	if char >= 0xf000 && char <= 0xf0ff {
		char -= 0xf000
	}
	signs := readSigns()[strings.ToLower(font)]
	if signs == nil || char < ' ' || char > 0xff {
		return sign{}, false
	}
	return signs[char], signs[char].char != 0
}
