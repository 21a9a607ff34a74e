package converter

import (
	"cmp"
	"slices"
)

// Substitution is a font of the document that the PDF has others for. Kind is "same widths", or "signs" for a font of
// symbols, where nothing moves; with "other widths" lines and pages may end elsewhere than in Word.
type Substitution struct {
	Font string   `json:"font"`
	Used []string `json:"used"`
	Kind string   `json:"kind,omitempty"`
}

// Matters tells whether lines and pages may end elsewhere.
func (s Substitution) Matters() bool { return s.Kind != "same widths" && s.Kind != "signs" }

// Mattering are those that a person should know of.
func Mattering(all []Substitution) []Substitution {
	return slices.DeleteFunc(slices.Clone(all), func(s Substitution) bool { return !s.Matters() })
}

// Warning says what the PDF lacks of the document.
type Warning struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Count   int    `json:"count,omitempty"`
}

// String is the warning in words.
func (w Warning) String() string { return cmp.Or(w.Message, w.Code) }

// Report is what the service tells of a conversion.
type Report struct {
	Pages    int            `json:"pages"`
	Fonts    []Substitution `json:"fonts"`
	OwnFonts []string       `json:"ownFonts"` // fonts that the service's owner has added
	Warnings []Warning      `json:"warnings"`
}

// Answer is the service's answer to a message.
type Answer struct {
	Report
	// Skipped says why the service had nothing to convert.
	Skipped string `json:"skipped"`
	// Unchanged says that the PDF was there already, as asked.
	Unchanged bool `json:"unchanged"`
	// Bucket, Object and Generation are the PDF's.
	Bucket     string `json:"bucket"`
	Object     string `json:"object"`
	Generation int64  `json:"generation,string"`
	// Raw is the answer as it came.
	Raw []byte `json:"-"`
}

// Source is a document in a bucket. Generation 0 is the newest.
type Source struct {
	Bucket, Object string
	Generation     int64
}

// URL is the document's name with its bucket's.
func (s Source) URL() string { return "gs://" + s.Bucket + "/" + s.Object }
