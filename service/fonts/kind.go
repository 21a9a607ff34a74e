package fonts

import (
	"slices"
	"strings"
	"unicode"
)

// Kind is what it means for the PDF that another font stands for the one that a document asks for.
type Kind string

const (
	SameWidths  Kind = "same widths"  // lines break where they would
	OtherWidths Kind = "other widths" // lines and pages may break elsewhere
	Signs       Kind = "signs"        // a font of symbols, whose signs stand alone
)

// openTwins are open fonts that were made with the widths of others.
var openTwins = map[string]string{
	"arial": "Liberation Sans", "helvetica": "Liberation Sans", "times new roman": "Liberation Serif",
	"times":       "Liberation Serif",
	"courier new": "Liberation Mono", "courier": "Liberation Mono", "carlito": TwinName("Calibri"),
	"palatino": TwinName("Palatino Linotype"),
}

// onlySigns are fonts that texts need for single signs.
var onlySigns = []string{"OpenSymbol", "Noto Color Emoji", "Noto Sans Symbols", "Noto Sans Symbols2", "Noto Sans Math"}

// KindOf says what it means that faces, each as family/style, stand for a font.
func KindOf(font string, faces []string) Kind {
	kind := Signs
	for _, face := range faces {
		family, style, _ := strings.Cut(face, "/")
		switch {
		case slices.Contains(onlySigns, family):
		case !sameWidths(font, family, style):
			return OtherWidths
		default:
			kind = SameWidths
		}
	}
	return kind
}

func sameWidths(font, family, style string) bool {
	if openTwins[strings.ToLower(font)] == family {
		return true
	}
	for _, f := range families {
		if !f.isCalled(font) {
			continue
		}
		// Ideographs are an em wide in all fonts.
		if family == TwinName(f.name) && isWhole(Face{f.name, styleOf(style)}) || f.east != "" && family == f.east {
			return true
		}
	}
	return false
}

// isCalled tells whether a font is of the family, by its own name or by that in its language. Other aliases are of
// fonts
// that are like it.
func (f family) isCalled(name string) bool {
	if strings.EqualFold(f.name, name) {
		return true
	}
	return slices.ContainsFunc(f.aliases, func(alias string) bool {
		return alias == name && !strings.ContainsFunc(alias, func(r rune) bool {
			return r < unicode.MaxASCII &&
				unicode.IsLetter(r)
		})
	})
}

func styleOf(name string) Style {
	switch name = strings.ReplaceAll(name, " ", ""); name {
	case Bold.String(), Italic.String(), BoldItalic.String():
		return Style(slices.IndexFunc(styles, func(s Style) bool { return s.String() == name }))
	}
	return Regular
}

// isWhole tells whether the widths of nearly all letters and digits of a face are known.
func isWhole(face Face) bool {
	widths, have, all := known().widths[face], 0, 0
	for code := rune('0'); code <= 'z'; code++ {
		if !unicode.IsLetter(code) && !unicode.IsDigit(code) {
			continue
		}
		all++
		if _, known := widths[code]; known {
			have++
		}
	}
	return have*10 >= all*9
}
