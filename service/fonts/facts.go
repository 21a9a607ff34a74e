// Package fonts decides which font stands for which.
//
// Word breaks lines and pages by the advance widths and line heights of the fonts that a document names. Most of them
// are Microsoft's, and not here. So this package makes a twin for each: an open font whose glyphs are scaled, one by
// one, to the widths of Microsoft's, with its line height (twin.go, from the numbers in facts/). It writes the
// fontconfig configuration that LibreOffice is started with (fontconfig.go), and rules for the fonts of one document
// that nobody knows (document.go).
package fonts

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// unitsPerEm is that of Microsoft's fonts, and of the twins.
const unitsPerEm = 2048

// Face is one style of a font family.
type Face struct {
	Family string
	Style  Style
}

// Style is one of the four that Word and LibreOffice choose from within a family.
type Style int

const (
	Regular Style = iota
	Bold
	Italic
	BoldItalic
)

var styles = []Style{Regular, Bold, Italic, BoldItalic}

func (s Style) String() string { return [...]string{"Regular", "Bold", "Italic", "BoldItalic"}[s] }

func (s Style) bold() bool   { return s == Bold || s == BoldItalic }
func (s Style) italic() bool { return s == Italic || s == BoldItalic }

// Line is what a font says of its lines' height, in em.
type Line struct{ Ascent, Descent, Gap float64 }

//go:embed facts/widths.txt
var widthsText string

//go:embed facts/lines.txt
var linesText string

// facts are what is known of Microsoft's fonts.
type facts struct {
	widths map[Face]map[rune]int // in unitsPerEm
	lines  map[Face]Line
}

// known reads the facts once. They are part of the binary: that they can be read is shown by a test.
var known = sync.OnceValue(func() facts {
	widths, err := parseWidths(widthsText)
	if err != nil {
		panic(err)
	}
	lines, err := parseLines(linesText)
	if err != nil {
		panic(err)
	}
	return facts{widths, lines}
})

func parseFace(name string) (Face, error) {
	family, style, _ := strings.Cut(name, "/")
	for _, s := range styles {
		if s.String() == style {
			return Face{family, s}, nil
		}
	}
	return Face{}, fmt.Errorf("%q is no family and style", name)
}

// parseWidths reads widths.txt: below each face its runs, as the head of the file explains.
func parseWidths(text string) (map[Face]map[rune]int, error) {
	all := map[Face]map[rune]int{}
	var face map[rune]int
	var at rune
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "#") {
			continue
		}
		if !strings.HasPrefix(line, " ") {
			name, err := parseFace(line)
			if err != nil {
				return nil, fmt.Errorf("widths.txt: %w", err)
			}
			face = map[rune]int{}
			all[name] = face
			continue
		}
		for _, word := range strings.Fields(line) {
			if start, rest, ok := strings.Cut(word, ":"); ok {
				code, err := strconv.ParseInt(start, 16, 32)
				if err != nil {
					return nil, fmt.Errorf("widths.txt: %w", err)
				}
				at, word = rune(code), rest
			}
			number, times, repeated := strings.Cut(word, "*")
			if !repeated {
				times = "1"
			}
			width, err := strconv.Atoi(number)
			if err != nil {
				return nil, fmt.Errorf("widths.txt: %w", err)
			}
			n, err := strconv.Atoi(times)
			if err != nil {
				return nil, fmt.Errorf("widths.txt: %w", err)
			}
			for range n {
				face[at] = width
				at++
			}
		}
	}
	return all, nil
}

func parseLines(text string) (map[Face]Line, error) {
	all := map[Face]Line{}
	for row := range strings.Lines(text) {
		if strings.HasPrefix(row, "#") {
			continue
		}
		cells := strings.Split(row, "\t")
		face, err := parseFace(cells[0])
		if err != nil || len(cells) < 4 {
			return nil, fmt.Errorf("lines.txt: %q: %w", row, err)
		}
		var numbers [3]float64
		for i := range numbers {
			if numbers[i], err = strconv.ParseFloat(cells[1+i], 64); err != nil {
				return nil, fmt.Errorf("lines.txt: %w", err)
			}
		}
		all[face] = Line{numbers[0], numbers[1], numbers[2]}
	}
	return all, nil
}
