package inventory

import (
	"iter"
	"unicode"
	"unicode/utf8"

	"docx2pdf/service/docx/markup"
)

// Characters is a set of those that a font may lack: not the letters of Europe and the Middle East and the signs beside
// them, which every font set has.
type Characters struct {
	pages map[rune]*[4]uint64 // by all but the last eight bits
}

// common are ranges of characters past U+07FF that every font set has.
var common = [][2]rune{{0x2000, 0x206f}, {0x20a0, 0x20bf}, {0x2100, 0x214f}, {0x2190, 0x22ff}, {0x2500, 0x25ff}}

func (c *Characters) add(text []byte) {
	for at := 0; at < len(text); at++ {
		if text[at] == '&' {
			// As a number: rare enough to be read at leisure.
			for _, char := range markup.Unescape(text[at:min(len(text), at+12)]) {
				c.addOne(char)
				break
			}
		}
		if text[at] < 0xe0 {
			continue
		}
		char, size := utf8.DecodeRune(text[at:])
		c.addOne(char)
		at += size - 1
	}
}

func (c *Characters) addOne(char rune) {
	if char < 0x800 || char == utf8.RuneError {
		return
	}
	for _, r := range common {
		if char >= r[0] && char <= r[1] {
			return
		}
	}
	if c.pages == nil {
		c.pages = map[rune]*[4]uint64{}
	}
	page := c.pages[char>>8]
	if page == nil {
		page = new([4]uint64)
		c.pages[char>>8] = page
	}
	page[char>>6&3] |= 1 << (char & 63)
}

// Drawn are the characters that are to be seen, in no order. Those for private use are whatever a font makes of them.
func (c *Characters) Drawn() iter.Seq[rune] {
	return func(yield func(rune) bool) {
		for high, page := range c.pages {
			for low := range rune(256) {
				char := high<<8 | low
				if page[low>>6]&(1<<(low&63)) == 0 || unicode.In(char, unicode.Cf, unicode.Co, unicode.Zs,
					unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point) {
					continue
				}
				if !yield(char) {
					return
				}
			}
		}
	}
}
