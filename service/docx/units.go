package docx

import "bytes"

// units makes ASCII of a part's bytes, which are UTF-16 or something that has ASCII in it. What is not ASCII in UTF-16
// becomes 0. How to tell them apart: https://www.w3.org/TR/xml/#sec-guessing
type units struct {
	start   []byte // until there is enough to tell them apart
	width   int    // bytes of a unit; 0 until then
	low     int    // which of them is the low one
	unit    []byte
	unknown bool // neither: 32 bits, or EBCDIC
}

// encodings are what parts may begin with; a byte order mark is no character.
var encodings = []struct {
	start            string
	mark, width, low int
	unknown          bool
}{
	{"\x00\x00\xfe\xff", 4, 1, 0, true},
	{"\xff\xfe\x00\x00", 4, 1, 0, true},
	{"\x00\x00\x00<", 0, 1, 0, true},
	{"<\x00\x00\x00", 0, 1, 0, true},
	{"\x4c\x6f\xa7\x94", 0, 1, 0, true},
	{"\xef\xbb\xbf", 3, 1, 0, false},
	{"\xfe\xff", 2, 2, 1, false},
	{"\xff\xfe", 2, 2, 0, false},
	{"\x00<", 0, 2, 1, false},
	{"<\x00", 0, 2, 0, false},
	{"", 0, 1, 0, false},
}

// read gives the characters of some more bytes to a function.
func (u *units) read(part []byte, take func(byte)) {
	if u.width == 0 {
		u.start = append(u.start, part...)
		if len(u.start) < 4 {
			return
		}
		part = u.start[u.tell():]
		u.start = nil
	}
	for _, b := range part {
		u.unit = append(u.unit, b)
		if len(u.unit) < u.width {
			continue
		}
		c := u.unit[u.low]
		if u.width == 2 && u.unit[1-u.low] != 0 {
			c = 0
		}
		u.unit = u.unit[:0]
		take(c)
	}
}

// tell tells the encoding, and how long its mark is.
func (u *units) tell() (mark int) {
	for _, e := range encodings {
		if bytes.HasPrefix(u.start, []byte(e.start)) {
			u.width, u.low, u.unknown = e.width, e.low, e.unknown
			return e.mark
		}
	}
	return 0
}
