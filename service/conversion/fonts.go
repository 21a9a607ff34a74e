package conversion

import (
	"strings"

	"docx2pdf/service/fonts"
)

// Substitution is a font that the document asks for and that is not there, what stands for it, and what that means.
type Substitution struct {
	Font string     `json:"font"`
	Used []string   `json:"used"`
	Kind fonts.Kind `json:"kind"`
}

// mostListed is how long a list of fonts may be in bytes, as a header and metadata have to be short.
const mostListed = 4000

// FontList is "Calibri=Calibri Twin (same widths); Inter=Liberation Sans (other widths)". Names are escaped; several
// that
// are used have a plus between them.
func FontList(substitutions []Substitution, escape func(string) string) string {
	var items []string
	for _, s := range substitutions {
		var used []string
		for _, name := range s.Used {
			used = append(used, escape(name))
		}
		items = append(items, escape(s.Font)+"="+strings.Join(used, "+")+" ("+string(s.Kind)+")")
	}
	return List(items)
}

// List joins names for a header or metadata, the last ones left out where they are too many.
func List(items []string) string {
	length := 0
	for i, item := range items {
		if length += len(item) + 2; length > mostListed {
			return strings.Join(append(items[:i:i], "…"), "; ")
		}
	}
	return strings.Join(items, "; ")
}
