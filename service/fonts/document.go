package fonts

import (
	"strings"
	"sync"
)

// Described is a font as a document's fontTable describes it (ECMA-376 part 1, 17.8.3). Documents may say anything.
type Described struct {
	Name       string
	Alternates string // w:altName: other names, between commas
	Family     string // w:family: one of the classes, or auto
	Pitch      string // w:pitch: fixed, variable or default
	Panose     string // w:panose1: ten bytes in hexadecimal digits
	Charset    string // w:charset: a byte in hexadecimal digits
}

// Bounds of what is made of one document's fontTable. Windows' own names of fonts have at most 31 characters.
const (
	mostRules = 200
	longest   = 128
)

// Rules is a fontconfig configuration for the fonts of one document that nobody knows: each goes by what the document
// says of it. It is nil when there are none. What is known stays as it is, whatever the document says.
func Rules(described []Described) []byte {
	c := newConfig()
	done := map[string]bool{}
	for _, d := range described {
		name := First(d.Name)
		key := fold(name)
		if key == "" || len(name) > longest || done[key] || len(done) >= mostRules || isKnown(name) {
			continue
		}
		done[key] = true
		c.alias(name, d.standIns(name)...)
	}
	if len(done) == 0 {
		return nil
	}
	return c.bytes()
}

// First is the first name of a font whose name looks like a list to LibreOffice, by its commas and semicolons. Programs
// that make documents of PDFs write "Segoe UI,Bold".
func First(name string) string {
	for first := range strings.FieldsFuncSeq(name, func(r rune) bool { return r == ',' || r == ';' }) {
		if first = strings.TrimSpace(first); first != "" {
			return first
		}
	}
	return name
}

// standIns are what stands for a font that is not known: a known font of its other names or of its kin, or else one of
// its script and class.
func (d Described) standIns(name string) []string {
	for other := range strings.FieldsFuncSeq(d.Alternates, func(r rune) bool { return r == ',' || r == ';' }) {
		if fonts := kin(other); fonts != nil {
			return fonts
		}
	}
	if fonts := kin(name); fonts != nil {
		return fonts
	}
	return byScript[strings.ToLower(d.Charset)].of(d.class())
}

// class is what the document says of a font's look: its PANOSE number, which is more exact than its family, where it
// has one. https://monotype.github.io/panose/
func (d Described) class() class {
	digits := [4]byte{}
	for i := range digits {
		digits[i] = hexByte(d.Panose, i)
	}
	const text, hand, ornament, monospaced = 2, 3, 4, 9
	switch kind, serifs, proportion := digits[0], digits[1], digits[3]; {
	case kind == text && proportion == monospaced, kind == hand && proportion == 3:
		return modern
	case kind == text && serifs >= 11 && serifs <= 15:
		return swiss
	case kind == text && serifs >= 2 && serifs <= 10:
		return roman
	case kind == hand:
		return script
	case kind == ornament:
		return decorative
	}
	switch family := class(strings.ToLower(d.Family)); {
	case strings.EqualFold(d.Pitch, "fixed"):
		return modern
	case family == modern: // strokes of one thickness (Windows' FF_MODERN)
		return swiss
	case byClass[family] != nil:
		return family
	}
	return swiss
}

// hexByte is the i-th byte of hexadecimal digits, 0 if there is none.
func hexByte(digits string, i int) byte {
	if len(digits) < 2*i+2 {
		return 0
	}
	n := byte(0)
	for _, digit := range []byte(digits[2*i : 2*i+2]) {
		at := strings.IndexByte("0123456789abcdef", digit|0x20)
		if at < 0 {
			return 0
		}
		n = n<<4 | byte(at)
	}
	return n
}

// scriptFonts are what stands for unknown fonts of a script, with serifs and without.
type scriptFonts struct{ serif, sans []string }

// of are the fonts of a class: those of the script, or else those of Latin.
func (s scriptFonts) of(c class) []string {
	fonts := s.sans
	if c == roman {
		fonts = s.serif
	}
	if fonts == nil {
		fonts = byClass[c]
	}
	return fonts
}

// byScript are the scripts of Windows' character sets ([MS-WMF] 2.1.1.5), with what Windows has for each in every
// edition.
// Liberation Serif and Sans have Hebrew, Greek and Cyrillic, as wide as Times New Roman's and Arial's.
var byScript = map[string]scriptFonts{
	"02": {[]string{"OpenSymbol"}, []string{"OpenSymbol"}},
	"80": {eastern("MS Mincho"), eastern("MS Gothic")},
	"81": {eastern("Batang"), eastern("Malgun Gothic")},
	"86": {eastern("SimSun"), eastern("Microsoft YaHei")},
	"88": {eastern("PMingLiU"), []string{sansTC}},
	"b2": {[]string{"Liberation Serif", "Noto Naskh Arabic"}, []string{"Liberation Sans", "Noto Naskh Arabic"}},
	"de": {[]string{"Noto Serif Thai", "Liberation Serif"}, []string{"Noto Sans Thai", "Liberation Sans"}},
}

// eastern are the stand-ins of a family of the catalogue.
func eastern(name string) []string { return catalogue()[fold(name)] }

// catalogue is what stands for each font that is known, by its folded name. Open fonts stand for themselves.
var catalogue = sync.OnceValue(func() map[string][]string {
	all := map[string][]string{}
	for _, name := range lastResort {
		all[fold(name)] = []string{name}
	}
	for name, standIns := range aliases {
		for _, open := range standIns {
			all[fold(open)] = []string{open}
		}
		all[fold(name)] = standIns
	}
	for _, f := range families {
		for _, name := range append([]string{f.name}, f.aliases...) {
			all[fold(name)] = f.standIns()
		}
	}
	return all
})

func isKnown(name string) bool { return catalogue()[fold(name)] != nil }

// fold makes names equal that fontconfig takes for the same.
func fold(name string) string { return strings.ReplaceAll(strings.ToLower(name), " ", "") }

// stylesOfNames are what names of faces and of foundries' versions end with.
var stylesOfNames = []string{"bold", "italic", "oblique", "regular", "light", "medium", "semi", "demi", "extra",
	"ultra", "black", "heavy",
	"thin", "book", "condensed", "cond", "narrow", "display", "text", "mt", "ps", "std", "pro", "lt", "bt", "neue",
	"-", "_", "."}

// kin is what stands for the known font that a name is of: "Calibri,Bold", "ArialMT", "TimesNewRomanPS-BoldMT".
func kin(name string) []string {
	key, _, _ := strings.Cut(fold(name), ",")
	key, _, _ = strings.Cut(key, "(")
	for key != "" && len(key) <= longest {
		if standIns := catalogue()[key]; standIns != nil {
			return standIns
		}
		shorter := key
		for _, style := range stylesOfNames {
			if shorter = strings.TrimSuffix(key, style); shorter != key {
				break
			}
		}
		if shorter == key {
			return nil
		}
		key = shorter
	}
	return nil
}
