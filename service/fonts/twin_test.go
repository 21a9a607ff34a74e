package fonts_test

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"testing"
	"unicode"

	"github.com/go-text/typesetting/font"

	"docx2pdf/service/fonts"
)

// openTwin reads a twin that was made on this machine.
func openTwin(t *testing.T, twin fonts.Twin) (face *font.Face, content []byte) {
	t.Helper()
	dir, err := fonts.TwinDir()
	if err != nil {
		t.Fatal(err)
	}
	content, err = os.ReadFile(filepath.Join(dir, twin.File()))
	if err != nil {
		t.Fatalf("%v: local/setup.sh tests installs the fonts that twins are drawn with", err)
	}
	face, err = font.ParseTTF(bytes.NewReader(content))
	if err != nil {
		t.Fatalf("%s: %v", twin.File(), err)
	}
	return face, content
}

// Each twin has the advance widths that are known of the font that it stands for, draws what it has, and makes lines as
// high as Word's.
func TestTwinsKeepToTheFacts(t *testing.T) {
	widths, lines := 0, 0
	for _, twin := range fonts.Twins() {
		face, _ := openTwin(t, twin)
		for code, want := range fonts.Widths(twin.Face) {
			gid, ok := face.NominalGlyph(code)
			if !ok {
				continue // LibreOffice takes it from another font
			}
			widths++
			got := float64(face.HorizontalAdvance(gid)) / float64(face.Upem())
			if math.Abs(got-float64(want)/fonts.UnitsPerEm) > 0.001 {
				t.Errorf("%v: U+%04X is %.4f em wide, want %.4f", twin.Face, code, got, float64(want)/fonts.UnitsPerEm)
			}
		}
		for all := face.Cmap.Iter(); all.Next(); {
			code, gid := all.Char()
			if !unicode.IsGraphic(code) || unicode.IsSpace(code) {
				continue
			}
			if outline, ok := face.GlyphDataOutline(gid); !ok || len(outline.Segments) < 3 {
				t.Errorf("%v: U+%04X is not drawn", twin.Face, code)
			}
		}
		if want, ok := fonts.Lines()[twin.Face]; ok {
			lines++
			height := want.Ascent + want.Descent + want.Gap
			if twin.EastAsian() {
				height = 1.3 * (want.Ascent + want.Descent)
			}
			extents, _ := face.FontHExtents()
			got := float64(extents.Ascender-extents.Descender+extents.LineGap) / float64(face.Upem())
			if math.Abs(got/height-1) > 0.002 {
				t.Errorf("%v: lines are %.4f em high, want %.4f", twin.Face, got, height)
			}
		}
	}
	if widths < 20_000 || lines < 100 {
		t.Errorf("%d widths and %d line heights were compared: too few", widths, lines)
	}
}

// Word's Korean fonts have syllables of one em.
func TestKoreanTwinsHaveHangul(t *testing.T) {
	korean := 0
	for _, twin := range fonts.Twins() {
		switch twin.Face.Family {
		case "Malgun Gothic", "Gulim", "Batang":
		default:
			continue
		}
		korean++
		face, _ := openTwin(t, twin)
		for _, code := range "가각한글힝뷁" {
			gid, ok := face.NominalGlyph(code)
			extents, drawn := face.GlyphExtents(gid)
			if !ok {
				if code != '뷁' { // not in KS X 1001
					t.Errorf("%v has no %c", twin.Face, code)
				}
				continue
			}
			if width := face.HorizontalAdvance(gid); width != float32(face.Upem()) {
				t.Errorf("%v: %c is %v wide, want %d", twin.Face, code, width, face.Upem())
			}
			if !drawn || extents.Width < float32(face.Upem())/2 || extents.XBearing < 0 || extents.XBearing+
				extents.Width > float32(face.Upem()) {
				t.Errorf("%v: %c is drawn from %v, %v wide", twin.Face, code, extents.XBearing, extents.Width)
			}
		}
	}
	if korean != 6 {
		t.Errorf("%d Korean twins, want the regular and the bold ones of three families", korean)
	}
}

// A letter with a mark is as wide as the letter, and the mark is above it.
func TestTwinsKeepComposedLettersWhole(t *testing.T) {
	for _, twin := range fonts.Twins() {
		face, _ := openTwin(t, twin)
		for composed, letter := range map[rune]rune{'é': 'e', 'Å': 'A', 'ü': 'u', 'Ñ': 'N'} {
			with, _ := face.NominalGlyph(composed)
			without, _ := face.NominalGlyph(letter)
			marked, _ := face.GlyphExtents(with)
			plain, _ := face.GlyphExtents(without)
			if marked.YBearing <= plain.YBearing {
				t.Errorf("%v: %c is no higher than %c", twin.Face, composed, letter)
			}
		}
	}
}

// The letters that make a text are there, so that no line is set in two fonts.
func TestTwinsHaveLatin(t *testing.T) {
	for _, twin := range fonts.Twins() {
		face, _ := openTwin(t, twin)
		for _, code := range " !\"#$%&'()*+,-./0123456789:;<=>?@ABCXYZ[\\]^_`abcxyz{|}~ÀÖØöøÿ–—‘’“”•…€" {
			if _, ok := face.NominalGlyph(code); !ok {
				t.Errorf("%v has no %c", twin.Face, code)
			}
		}
	}
}

// The sum of a font file is a constant (OpenType's table head, checksumAdjustment), and tables begin at four bytes.
func TestTwinsAreWellFormed(t *testing.T) {
	for _, twin := range fonts.Twins() {
		_, content := openTwin(t, twin)
		var sum uint32
		for i := 0; i+3 < len(content); i += 4 {
			sum += uint32(content[i])<<24 | uint32(content[i+1])<<16 | uint32(content[i+2])<<8 | uint32(content[i+3])
		}
		if len(content)%4 != 0 || sum != 0xB1B0AFBA {
			t.Errorf("%s: %d bytes with the sum %#x", twin.File(), len(content), sum)
		}
	}
}
