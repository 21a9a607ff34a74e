package fonts

import (
	"sync"

	"golang.org/x/text/encoding/korean"
)

// hangul are the 2,350 syllables of KS X 1001, which Korean of today is written with. All others are left to Noto CJK.
var hangul = sync.OnceValue(func() []rune {
	var rows []byte
	for row := byte(0xB0); row <= 0xC8; row++ {
		for cell := byte(0xA1); cell <= 0xFE; cell++ {
			rows = append(rows, row, cell)
		}
	}
	text, err := korean.EUCKR.NewDecoder().Bytes(rows)
	if err != nil {
		panic(err) // the rows are always the same
	}
	return []rune(string(text))
})
