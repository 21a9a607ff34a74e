// Package warning lists what a PDF may lack of its document. A PDF that lacks something is never a plain success: its
// report names each kind, how often, and where it can.
package warning

import (
	"fmt"
	"slices"
	"strings"
)

// Code is a kind of warning. There are no others than these.
type Code string

// Codes, in the order in which they are reported.
const (
	ChunkMissing      Code = "chunk_missing"
	ContentLinked     Code = "content_linked"
	PictureLinked     Code = "picture_linked"
	PictureMissing    Code = "picture_missing"
	PictureFormat     Code = "picture_format"
	PictureDamaged    Code = "picture_damaged"
	ObjectNoPreview   Code = "object_without_preview"
	ChartMissing      Code = "chart_missing"
	ChartNoValues     Code = "chart_without_values"
	ChartKind         Code = "chart_kind"
	SmartArtNoDrawing Code = "smartart_without_drawing"
	FieldNotComputed  Code = "field_not_computed"
	FieldNotDrawn     Code = "field_not_drawn"
	IndexOutdated     Code = "index_outdated"
	NumberFormat      Code = "number_format"
	SignUnknown       Code = "sign_unknown"
	CharacterMissing  Code = "character_missing"
	MacrosLeftOut     Code = "macros_left_out"
	SignatureLeftOut  Code = "signature_left_out"
	PartTooLarge      Code = "part_too_large"
)

// Sentences say what each code means. They are the table in service/README.md.
var Sentences = map[Code]string{
	ChunkMissing:      "A document within the document (altChunk) could not be brought in.",
	ContentLinked:     "Text of another file, data source or program is missing: nothing outside of the document is read.",
	PictureLinked:     "A picture is a link to a file or an address outside of the document, which is not fetched.",
	PictureMissing:    "A picture is not in the document's file.",
	PictureFormat:     "A picture is in a format that cannot be drawn.",
	PictureDamaged:    "A picture is damaged or cut off, and is drawn in part or not at all.",
	ObjectNoPreview:   "An embedded object, an ink drawing or a 3D model has no picture of itself.",
	ChartMissing:      "A chart is not in the document's file.",
	ChartNoValues:     "A chart has no saved values; what its workbook says is not read.",
	ChartKind:         "A chart is of a kind that LibreOffice does not draw.",
	SmartArtNoDrawing: "A SmartArt diagram was saved without its drawing, and may be incomplete.",
	FieldNotComputed: "A field that should differ from page to page, or that counts on the number of pages, shows " +
		"what was saved.",
	FieldNotDrawn: "A field that Word draws by itself is not there: EQ, LISTNUM, or a barcode.",
	IndexOutdated: "A table of contents or an index asks to be updated, and could not be.",
	NumberFormat: "Numbers are in a system that LibreOffice does not have, such as Thai digits, and are written as " +
		"1, 2, 3.",
	SignUnknown:      "A sign of a symbol font has no place in Unicode, and may be drawn as another or as an empty box.",
	CharacterMissing: "A character is in none of the fonts, and is drawn as an empty box.",
	MacrosLeftOut:    "The document has macros, which are not run.",
	SignatureLeftOut: "The document has a digital signature, which the PDF has not.",
	PartTooLarge:     "A part is too large to be adapted for LibreOffice, and was left as it is.",
}

// order is the order of the codes above.
var order = []Code{ChunkMissing, ContentLinked, PictureLinked, PictureMissing, PictureFormat, PictureDamaged,
	ObjectNoPreview, ChartMissing, ChartNoValues, ChartKind, SmartArtNoDrawing, FieldNotComputed, FieldNotDrawn,
	IndexOutdated, NumberFormat, SignUnknown, CharacterMissing, MacrosLeftOut, SignatureLeftOut, PartTooLarge}

// Codes are all codes.
func Codes() []Code { return slices.Clone(order) }

// Warning is what is missing of one kind.
type Warning struct {
	Code    Code     `json:"code"`
	Count   int      `json:"count"`
	What    []string `json:"what,omitempty"` // the first few, where they have names
	Message string   `json:"message"`
}

// mostNamed is how many a warning names, of no more than mostName bytes each.
const (
	mostNamed = 5
	mostName  = 80
)

// List collects warnings, one of each kind. Its zero value is empty.
type List struct{ all map[Code]*Warning }

// Clone is a list of its own with the same warnings.
func (l *List) Clone() *List {
	clone := &List{map[Code]*Warning{}}
	for code, w := range l.all {
		copied := *w
		copied.What = slices.Clone(w.What)
		clone.all[code] = &copied
	}
	return clone
}

// Add notes one more of a kind; what names it, or is "".
func (l *List) Add(code Code, what string) { l.AddMany(code, 1, what) }

// AddMany notes so many more of a kind. None is nothing.
func (l *List) AddMany(code Code, count int, what ...string) {
	if count <= 0 {
		return
	}
	if l.all == nil {
		l.all = map[Code]*Warning{}
	}
	w := l.all[code]
	if w == nil {
		w = &Warning{Code: code, Message: Sentences[code]}
		l.all[code] = w
	}
	w.Count += count
	for _, name := range what {
		if len(name) > mostName {
			name = strings.ToValidUTF8(name[:mostName], "") + "…"
		}
		if name != "" && len(w.What) < mostNamed && !slices.Contains(w.What, name) {
			w.What = append(w.What, name)
		}
	}
}

// Warnings are what has been collected, in the order of the codes.
func (l *List) Warnings() []Warning {
	var all []Warning
	for _, code := range order {
		if w := l.all[code]; w != nil {
			all = append(all, *w)
		}
	}
	return all
}

// String is "picture_linked=2; macros_left_out=1": as short as a header and metadata have to be.
func String(warnings []Warning) string {
	short := make([]string, len(warnings))
	for i, w := range warnings {
		short[i] = fmt.Sprintf("%s=%d", w.Code, w.Count)
	}
	return strings.Join(short, "; ")
}

// Only is the warning of one code, if there is one.
func (l *List) Only(code Code) []Warning {
	if w := l.all[code]; w != nil {
		return []Warning{*w}
	}
	return nil
}

// Error is what a document is refused with when nothing may be missing, or when nothing would be left.
type Error struct {
	Warnings []Warning
	Nothing  bool // the PDF would be empty
}

func (e *Error) Error() string {
	var sentences []string
	for _, w := range e.Warnings {
		sentence := fmt.Sprintf("%s (%s, %d)", strings.TrimSuffix(w.Message, "."), w.Code, w.Count)
		if len(w.What) > 0 {
			sentence += ": " + strings.Join(w.What, ", ")
		}
		sentences = append(sentences, sentence)
	}
	why := "the PDF would lack something of the document, and strict=true takes no such PDF: "
	if e.Nothing {
		why = "the PDF would be empty: "
	}
	return why + strings.Join(sentences, "; ")
}
