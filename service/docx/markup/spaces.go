package markup

import "bytes"

// Space is a namespace that documents use.
type Space uint8

// Namespaces, by the prefixes that Word gives them. Unknown is any other, or none.
const (
	Unknown Space = iota
	W             // WordprocessingML
	R             // relationships, in attributes
	A             // DrawingML
	M             // equations
	V             // VML
	O             // VML's Office part
	C             // charts
	DGM           // SmartArt
	DSP           // SmartArt's drawing
	WP            // drawings in a text
	WPS           // shapes
	MC            // compatibility
	W14           // Word 2010
	CT            // content types
	REL           // relationships
)

// names are the namespaces' names, transitional and strict (ECMA-376 part 1, and ISO/IEC 29500-1, A).
var names = map[string]Space{
	"http://schemas.openxmlformats.org/wordprocessingml/2006/main":           W,
	"http://purl.oclc.org/ooxml/wordprocessingml/main":                       W,
	"http://schemas.openxmlformats.org/officeDocument/2006/relationships":    R,
	"http://purl.oclc.org/ooxml/officeDocument/relationships":                R,
	"http://schemas.openxmlformats.org/drawingml/2006/main":                  A,
	"http://purl.oclc.org/ooxml/drawingml/main":                              A,
	"http://schemas.openxmlformats.org/officeDocument/2006/math":             M,
	"http://purl.oclc.org/ooxml/officeDocument/math":                         M,
	"urn:schemas-microsoft-com:vml":                                          V,
	"urn:schemas-microsoft-com:office:office":                                O,
	"http://schemas.openxmlformats.org/drawingml/2006/chart":                 C,
	"http://purl.oclc.org/ooxml/drawingml/chart":                             C,
	"http://schemas.openxmlformats.org/drawingml/2006/diagram":               DGM,
	"http://purl.oclc.org/ooxml/drawingml/diagram":                           DGM,
	"http://schemas.microsoft.com/office/drawing/2008/diagram":               DSP,
	"http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing": WP,
	"http://purl.oclc.org/ooxml/drawingml/wordprocessingDrawing":             WP,
	"http://schemas.microsoft.com/office/word/2010/wordprocessingShape":      WPS,
	"http://schemas.openxmlformats.org/markup-compatibility/2006":            MC,
	"http://schemas.microsoft.com/office/word/2010/wordml":                   W14,
	"http://schemas.openxmlformats.org/package/2006/content-types":           CT,
	"http://schemas.openxmlformats.org/package/2006/relationships":           REL,
}

// binding gives a prefix to a namespace.
type binding struct {
	prefix string
	space  Space
}

// spaces are the bindings of a part. They are not undone where the element ends that made them: no program gives one
// prefix two meanings, and one that does so only gets steps that it did not need.
type spaces struct {
	bound []binding        // the first, for which a list is faster
	more  map[string]Space // the others
}

var declaration = []byte("xmlns")

// mostBound are as many as documents have, mostPrefixes far more.
const (
	mostBound    = 50
	mostPrefixes = 1000
)

func (s *spaces) token(source []byte, at int) Token {
	t := Token{Bytes: source, At: at, spaces: s}
	if source[0] != '<' {
		return t
	}
	name := source[1:]
	switch {
	case len(source) < 3 || source[len(source)-1] != '>':
		return t
	case source[1] == '?' || source[1] == '!':
		t.Kind = Other
		return t
	case source[1] == '/':
		t.Kind, name = End, source[2:]
	case source[len(source)-2] == '/':
		t.Kind = Empty
	default:
		t.Kind = Start
	}
	name = name[:nameSize(name)]
	if t.Kind != End && bytes.Contains(source, declaration) {
		s.declare(&t)
	}
	prefix, local, found := bytes.Cut(name, []byte(":"))
	if !found {
		prefix, local = nil, name
	}
	t.Space, t.Local = s.of(prefix), local
	return t
}

func nameSize(source []byte) int {
	for i, c := range source {
		if c == '>' || c == '/' || c == ' ' || c == '\n' || c == '\t' || c == '\r' {
			return i
		}
	}
	return len(source)
}

func (s *spaces) declare(t *Token) {
	t.attributes(func(prefix, local, value []byte) bool {
		bound := local
		switch {
		case len(prefix) == 0 && string(local) == "xmlns":
			bound = nil
		case string(prefix) != "xmlns":
			return true
		}
		space := names[string(value)]
		for i := range s.bound {
			if s.bound[i].prefix == string(bound) {
				s.bound[i].space = space
				return true
			}
		}
		switch {
		case len(s.bound) < mostBound:
			s.bound = append(s.bound, binding{string(bound), space})
		case s.more == nil:
			s.more = map[string]Space{string(bound): space}
		case len(s.more) < mostPrefixes:
			s.more[string(bound)] = space
		}
		return true
	})
}

func (s *spaces) of(prefix []byte) Space {
	for i := range s.bound {
		if s.bound[i].prefix == string(prefix) {
			return s.bound[i].space
		}
	}
	return s.more[string(prefix)]
}
