package fonts

import (
	"encoding/binary"
	"math"
	"strings"
	"unicode/utf16"

	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/font/opentype/tables"
)

// IDs of names. https://learn.microsoft.com/typography/opentype/spec/name#name-ids
const (
	nameCopyright  tables.NameID = 0
	nameFamily     tables.NameID = 1
	nameSubfamily  tables.NameID = 2
	nameUnique     tables.NameID = 3
	nameFull       tables.NameID = 4
	nameVersion    tables.NameID = 5
	namePostScript tables.NameID = 6
	nameLicense    tables.NameID = 13
	nameLicenseURL tables.NameID = 14

	nameTypographicFamily tables.NameID = 16
)

// twin is a font that is about to be written.
type twin struct {
	family          string
	style           Style
	class           class
	ascent, descent int
	glyphs          []glyph // by code, without .notdef
	source          *source
}

// bytes writes the font with the tables that TrueType needs. There are none for kerning and ligatures, which Word does
// not apply by default, and no instructions: a PDF is shown without them.
func (t twin) bytes() []byte {
	all := append([]glyph{t.notdef()}, t.glyphs...)
	var glyf, loca, hmtx []byte
	extent := box{}
	points, lines, widest, rightmost := 0, 0, 0, math.MaxInt16
	left := int16(math.MaxInt16)
	for _, g := range all {
		loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
		glyf = append(glyf, pad(encode(g.contours))...)
		b, ok := bounds(g.contours)
		n := 0
		for _, c := range g.contours {
			n += len(c)
		}
		points, lines, widest = max(points, n), max(lines, len(g.contours)), max(widest, g.width)
		if !ok {
			b = box{}
		} else {
			extent.add(b.left, b.bottom)
			extent.add(b.right, b.top)
			left, rightmost = min(left, b.left), min(rightmost, g.width-int(b.right))
		}
		hmtx = words(hmtx, g.width, int(b.left))
	}
	loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
	upright := 0.0
	if t.style.italic() {
		upright = 11.3
	}
	underline := []int{int(t.metric(font.UnderlinePosition, -0.1)), int(t.metric(font.UnderlineThickness, 0.05))}

	head := words(nil, 1, 0, 1, 0, 0, 0, 0x5F0F, 0x3CF5, 0x000B, unitsPerEm)
	head = append(head, make([]byte, 16)...) // made and changed at no time: the same source makes the same file
	head = words(head, int(extent.left), int(extent.bottom), int(extent.right), int(extent.top), t.macStyle(), 8, 2, 1, 0)
	hhea := words(nil, 1, 0, t.ascent, -t.descent, 0, widest, int(left), rightmost, int(extent.right), 1, 0, 0, 0, 0, 0,
		0, 0, len(all))
	maxp := words(nil, 1, 0, len(all), points, lines, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0)
	post := words(nil, 3, 0, int(-upright), 0, underline[0], underline[1], 0, flag(t.class == modern), 0, 0, 0,
		0, 0, 0, 0, 0)
	return sfnt([]table{
		{"OS/2", t.os2()}, {"cmap", t.cmap()}, {"glyf", glyf}, {"head", head}, {"hhea", hhea}, {"hmtx", hmtx},
		{"loca", loca}, {"maxp", maxp}, {"name", t.names()}, {"post", post},
	})
}

type table struct {
	tag     string
	content []byte
}

// checksumAdjustment is where head has the number that makes the sum of the whole file come out right.
const checksumAdjustment = 8

// sfnt packs tables, which are in the order of their tags, into a font file.
// https://learn.microsoft.com/typography/opentype/spec/otff#organization-of-an-opentype-font
func sfnt(all []table) []byte {
	power := int(math.Log2(float64(len(all))))
	file := words(nil, 1, 0, len(all), 16<<power, power, 16*len(all)-16<<power)
	offset, head := len(file)+16*len(all), 0
	for _, t := range all {
		file = append(file, t.tag...)
		for _, n := range []uint32{checksum(t.content), uint32(offset), uint32(len(t.content))} {
			file = binary.BigEndian.AppendUint32(file, n)
		}
		if t.tag == "head" {
			head = offset
		}
		offset += len(pad(t.content))
	}
	for _, t := range all {
		file = append(file, pad(t.content)...)
	}
	binary.BigEndian.PutUint32(file[head+checksumAdjustment:], 0xB1B0AFBA-checksum(file))
	return file
}

func checksum(content []byte) (sum uint32) {
	content = pad(content)
	for i := 0; i < len(content); i += 4 {
		sum += binary.BigEndian.Uint32(content[i:])
	}
	return sum
}

// notdef is the box that stands for what a font has not.
func (t twin) notdef() glyph {
	frame := func(inset int16) contour {
		l, b, r, top := 100+inset, inset, int16(900-inset), int16(1400-inset)
		c := contour{{l, b, true}, {l, top, true}, {r, top, true}, {r, b, true}}
		if inset > 0 {
			c[1], c[3] = c[3], c[1]
		}
		return c
	}
	return glyph{width: 1000, contours: []contour{frame(0), frame(80)}}
}

// metric is a measure of the base in the twin's units, or a part of an em where it has none.
func (t twin) metric(which font.LineMetric, otherwise float64) float64 {
	if m := float64(t.source.face.LineMetric(which)) * t.source.scale(); m != 0 {
		return m
	}
	return otherwise * unitsPerEm
}

func (t twin) macStyle() int { return flag(t.style.bold()) | flag(t.style.italic())<<1 }

// os2 is version 4 of the table. All of its line heights are the same, so that it does not matter which are read.
func (t twin) os2() []byte {
	sum, drawn := 0, 1
	for _, g := range t.glyphs {
		if g.width > 0 {
			sum, drawn = sum+g.width, drawn+1
		}
	}
	weight, selection := 400, flag(t.style.italic())|flag(t.style.bold())<<5|flag(t.style == Regular)<<6
	if t.style.bold() {
		weight = 700
	}
	// https://learn.microsoft.com/typography/opentype/spec/os2
	out := words(nil, 4, sum/drawn, weight, 5, 0,
		1331, 1434, 0, 287, 1331, 1434, 0, 983, 102, 530, // subscript, superscript, strikeout
		map[class]int{roman: 0x0200, script: 0x0A00}[t.class])
	out = append(out, t.panose()...)
	// Latin, Greek, Cyrillic, punctuation and signs.
	out = words(out, 0xE000, 0x02FF, 0, 0x005F, 0, 0, 0, 0)
	out = append(out, "    "...)
	out = words(out, selection, int(t.glyphs[0].code), int(t.glyphs[len(t.glyphs)-1].code),
		t.ascent, -t.descent, 0, t.ascent, t.descent,
		0x2000, 0x019F, 0, 0, int(t.metric(font.XHeight, 0.5)), int(t.metric(font.CapHeight, 0.7)), 0, 0x20, 1)
	return out
}

// panose says what kind of letters these are. https://monotype.github.io/panose/
func (t twin) panose() []byte {
	p := map[class][]byte{
		roman: {2, 2, 5, 3, 5, 4, 5, 2, 3, 4}, swiss: {2, 11, 5, 3, 5, 4, 4, 2, 2, 4},
		modern: {2, 11, 6, 9, 2, 2, 4, 3, 2, 4},
		script: {3, 2, 5, 2, 4, 4, 6, 6, 2, 3}, decorative: {4, 2, 5, 2, 4, 4, 6, 6, 2, 3},
	}[t.class]
	if t.style.bold() {
		p[2] = 8
	}
	return p
}

// cmap is one subtable of format 4. Glyphs lie in the order of their codes, so a segment is a run of codes.
// https://learn.microsoft.com/typography/opentype/spec/cmap#format-4-segment-mapping-to-delta-values
func (t twin) cmap() []byte {
	type run struct{ first, last, gid int }
	var runs []run
	for i, g := range t.glyphs {
		code := int(g.code)
		if n := len(runs); n > 0 && runs[n-1].last+1 == code {
			runs[n-1].last = code
		} else {
			runs = append(runs, run{code, code, i + 1})
		}
	}
	runs = append(runs, run{0xFFFF, 0xFFFF, 0})
	var ends, starts, deltas, offsets []byte
	for _, r := range runs {
		delta := r.gid - r.first
		if r.first == 0xFFFF {
			delta = 1
		}
		ends, starts, deltas, offsets = words(ends, r.last), words(starts, r.first), words(deltas, delta), words(offsets, 0)
	}
	power := int(math.Log2(float64(len(runs))))
	search := 2 << power
	sub := words(nil, 4, 16+8*len(runs), 0, 2*len(runs), search, power, 2*len(runs)-search)
	sub = append(sub, ends...)
	sub = words(sub, 0)
	sub = append(append(append(sub, starts...), deltas...), offsets...)
	header := words(nil, 0, 2)
	for _, platform := range []int{0, 3} {
		header = words(header, platform, map[int]int{0: 3, 3: 1}[platform], 0, 20)
	}
	return append(header, sub...)
}

// names are in Unicode and English. The base's copyright and licence go along.
func (t twin) names() []byte {
	family := TwinName(t.family)
	subfamily := map[Style]string{Regular: "Regular", Bold: "Bold", Italic: "Italic", BoldItalic: "Bold Italic"}[t.style]
	full := family + " " + subfamily
	postScript := strings.ReplaceAll(family, " ", "") + "-" + t.style.String()
	entries := []struct {
		id   tables.NameID
		text string
	}{
		{nameCopyright, "Scaled to the widths of another font. The outlines are: " + t.source.names[nameCopyright]},
		{nameFamily, family}, {nameSubfamily, subfamily}, {nameUnique, full}, {nameFull, full},
		{nameVersion, "Version 1.0"}, {namePostScript, postScript},
		{nameLicense, t.source.names[nameLicense]}, {nameLicenseURL, t.source.names[nameLicenseURL]},
	}
	var records, texts []byte
	count := 0
	for _, e := range entries {
		if e.text == "" {
			continue
		}
		text := utf16.Encode([]rune(e.text))
		records = words(records, 3, 1, 0x409, int(e.id), 2*len(text), len(texts))
		for _, unit := range text {
			texts = binary.BigEndian.AppendUint16(texts, unit)
		}
		count++
	}
	out := words(nil, 0, count, 6+12*count)
	return append(append(out, records...), texts...)
}

// words appends numbers of two bytes each.
func words(to []byte, numbers ...int) []byte {
	for _, n := range numbers {
		to = binary.BigEndian.AppendUint16(to, uint16(n))
	}
	return to
}

// pad fills up to four bytes, at which tables and glyphs begin.
func pad(b []byte) []byte { return append(b[:len(b):len(b)], make([]byte, -len(b)&3)...) }

func flag(set bool) int {
	if set {
		return 1
	}
	return 0
}
