package fonts

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"unicode"

	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/font/opentype"
	"github.com/go-text/typesetting/font/opentype/tables"
)

// TwinName is the name that a family's twin has: one of our own, since licences reserve the bases' names, and
// Microsoft's are Microsoft's.
func TwinName(family string) string { return family + " Twin" }

// source is a base that has been read.
type source struct {
	face    *font.Face
	slant   float32
	upright bool
	names   map[tables.NameID]string
}

// openBase reads a base font from its file.
func openBase(path string, b base) (*source, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	loaders, err := opentype.NewLoaders(bytes.NewReader(content))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	loader := loaders[min(b.index, len(loaders)-1)]
	parsed, err := font.NewFont(loader)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	s := &source{face: font.NewFace(parsed), upright: b.slant, names: map[tables.NameID]string{}}
	if b.slant {
		s.slant = slope
	}
	if raw, err := loader.RawTable(opentype.MustNewTag("name")); err == nil {
		if names, _, err := tables.ParseName(raw); err == nil {
			for _, id := range []tables.NameID{nameCopyright, nameLicense, nameLicenseURL} {
				s.names[id] = names.Name(id)
			}
		}
	}
	return s, nil
}

// slope is that of DejaVu's oblique fonts.
const slope = 0.2

// glyph is one of a twin's.
type glyph struct {
	code     rune
	width    int // in unitsPerEm
	contours []contour
}

// advance is a glyph's own width in unitsPerEm, and whether the base has the glyph.
func (s *source) advance(code rune) (gid font.GID, width float64, ok bool) {
	gid, ok = s.face.NominalGlyph(code)
	if !ok {
		return 0, 0, false
	}
	return gid, float64(s.face.HorizontalAdvance(gid)) * s.scale(), true
}

// scale is what the base's units are multiplied with.
func (s *source) scale() float64 { return unitsPerEm / float64(s.face.Upem()) }

// line is the base's own line height.
func (s *source) line() (ascent, descent int) {
	extents, _ := s.face.FontHExtents()
	em := float64(s.face.Upem())
	return units(float64(extents.Ascender+extents.LineGap)/em, -float64(extents.Descender)/em)
}

// draw gives a glyph a width, and scales its outline with it. By the family's stretch it is scaled upright too,
// halfway:
// letters that are all narrower are smaller letters, in part.
func (s *source) draw(code rune, gid font.GID, own float64, width int, stretch float64) glyph {
	g := glyph{code: code, width: width}
	outline, ok := s.face.GlyphDataOutline(gid)
	if !ok {
		return g
	}
	x, shift := stretch, 0.0
	switch {
	case own > 0 && width > 0:
		x = float64(width) / own
	case own > 0:
		shift = -own * stretch // a mark that shall take no room stands over what is before it
	}
	y := min(max((1+stretch)/2, 0.9), 1.1)
	g.contours = contours(outline.Segments, func(p font.SegmentPoint) point {
		px, py := float64(p.X)*s.scale(), float64(p.Y)*s.scale()
		px += float64(s.slant) * py
		return point{px*x + shift, py * y}
	})
	return g
}

// wanted are the widths of a family's style: its own, then those of the family that it is like.
func wanted(f family, style Style) map[rune]int {
	widths := map[rune]int{}
	if f.like != "" {
		maps.Copy(widths, known().widths[Face{f.like, style}])
	}
	maps.Copy(widths, known().widths[Face{f.name, style}])
	if f.hangul != (bases{}) {
		for _, code := range hangul() {
			widths[code] = unitsPerEm // measured in Word's PDFs of Malgun Gothic
		}
	}
	return widths
}

// stretchOf is how much wider a family's style is than its base: the mean of all letters and digits that are known. A
// style of which nothing is known is as much wider as the family's others.
func stretchOf(f family, style Style, s *source) float64 {
	for _, style := range append([]Style{style}, styles...) {
		var sum, own float64
		for code, width := range wanted(f, style) {
			if _, w, ok := s.advance(code); ok && code > ' ' && code < 0x250 && w > 0 {
				sum += float64(width)
				own += w
			}
		}
		if own > 0 {
			return sum / own
		}
	}
	return 1
}

// drawTwin makes the glyphs of a family's style: all that its base has of Latin, Greek, Cyrillic and signs, and what
// else is known, from the first of the other bases that has it.
func drawTwin(f family, style Style, own *source, others []*source) []glyph {
	widths := wanted(f, style)
	var glyphs []glyph
	stretches := map[*source]float64{}
	for _, code := range codes(f) {
		for _, s := range append([]*source{own}, others...) {
			gid, advance, ok := s.advance(code)
			width, isKnown := widths[code]
			if !ok || !s.draws(code, gid) || s != own && !isKnown && !isText(code) {
				continue
			}
			if _, seen := stretches[s]; !seen {
				stretches[s] = stretchOf(f, style, s)
			}
			if !isKnown {
				width = int(math.Round(advance * stretches[s]))
				if equal, ok := widths[sameWidth[code]]; ok {
					width = equal
				}
			}
			glyphs = append(glyphs, s.draw(code, gid, advance, width, stretches[s]))
			break
		}
	}
	return glyphs
}

// draws tells whether a glyph has an outline, unless it is a space: some bases list glyphs that are empty.
func (s *source) draws(code rune, gid font.GID) bool {
	outline, ok := s.face.GlyphDataOutline(gid)
	return ok && len(outline.Segments) > 0 || !unicode.IsGraphic(code) || unicode.IsSpace(code)
}

// isText tells whether a text that has this sign should not need another font for it.
func isText(code rune) bool {
	return code < 0x180 || code >= 0x2010 && code <= 0x203A || code == '€' || code == '™'
}

// sameWidth are signs that are as wide as another in every font.
var sameWidth = map[rune]rune{0xA0: ' ', 0xAD: '-', 0x2010: '-', 0x2011: '-', 0x2215: '/', 0x2219: 0xB7, 0x2126: 0x3A9,
	0x394: 0x2206}

// Code points that a twin has when its base has them: the letters of Latin, Greek and Cyrillic that languages of today
// are written with, and signs. The fonts that LibreOffice falls back to have the others.
var (
	latin = [][2]rune{{0x20, 0x7E}, {0xA0, 0x17F}, {0x192, 0x192}, {0x218, 0x21B}, {0x2C6, 0x2DD}, {0x2010, 0x203A},
		{0x20A0, 0x20BF}, {0x2116, 0x2122}, {0xFB01, 0xFB02}}
	all = append([][2]rune{{0x1A0, 0x1A1}, {0x1AF, 0x1B0}, {0x300, 0x30C}, {0x323, 0x323}, {0x370, 0x3CE}, {0x3D1, 0x3D6},
		{0x400, 0x45F}, {0x490, 0x491}, {0x4B0, 0x4B1}, {0x4D8, 0x4D9}, {0x1E80, 0x1E85}, {0x1E9E, 0x1E9E}, {0x1EA0, 0x1EF9},
		{0x2000, 0x200F}, {0x203B, 0x2044}, {0x2070, 0x2094}, {0x2100, 0x215F}, {0x2190, 0x2195}, {0x2200, 0x2265}}, latin...)
)

// codes are the code points that a family's twin may have, in order.
func codes(f family) []rune {
	ranges := all
	if f.small || f.east != "" {
		ranges = latin
	}
	var codes []rune
	for _, r := range ranges {
		for code := r[0]; code <= r[1]; code++ {
			codes = append(codes, code)
		}
	}
	if f.hangul != (bases{}) {
		codes = append(codes, hangul()...)
	}
	slices.Sort(codes)
	return codes
}
