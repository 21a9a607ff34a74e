// Package markup reads XML token by token and changes it in place.
//
// What is not changed stays as it is, byte for byte: namespace prefixes, order, white space. That, and speed, is why
// it is not encoding/xml. It takes whatever comes: what is not well-formed is for LibreOffice to refuse.
package markup

import "bytes"

// Kind is what a token is.
type Kind uint8

// Kinds of tokens. Other is a comment, a processing instruction, a declaration or the marks of a CDATA section.
const (
	Text Kind = iota
	Start
	End
	Empty
	Other
)

// Token is a piece of XML: all tokens of a part, one after another, are the part.
type Token struct {
	Kind  Kind
	Space Space  // of the element
	Local []byte // name of the element, without its prefix
	Bytes []byte // all of it
	At    int    // where it begins

	spaces *spaces
}

// Until is where the token ends.
func (t *Token) Until() int { return t.At + len(t.Bytes) }

// Is tells whether it is a tag of the named element.
func (t *Token) Is(space Space, local string) bool {
	return t.Space == space && string(t.Local) == local
}

// Opens tells whether an element begins here, empty or not.
func (t *Token) Opens(space Space, local string) bool {
	return (t.Kind == Start || t.Kind == Empty) && t.Is(space, local)
}

// Reader reads the tokens of a part that is in memory.
type Reader struct {
	source []byte
	at     int
	spaces spaces
}

// NewReader reads source.
func NewReader(source []byte) *Reader { return &Reader{source: source} }

// Next is the next token, which is valid until the source is changed. It is nil at the end.
func (r *Reader) Next() *Token {
	size := measure(r.source[r.at:])
	if size == 0 {
		size = len(r.source) - r.at // what is not finished is text
	}
	if size == 0 {
		return nil
	}
	t := r.spaces.token(r.source[r.at:r.at+size], r.at)
	r.at += size
	return &t
}

// Skip reads to the end of the element that t begins, and returns where that is.
func (r *Reader) Skip(t *Token) int {
	if t.Kind != Start {
		return t.Until()
	}
	for depth := 1; depth > 0; {
		next := r.Next()
		switch {
		case next == nil:
			return r.at
		case next.Kind == Start:
			depth++
		case next.Kind == End:
			depth--
		}
	}
	return r.at
}

// Content is the bytes between the start and the end of the element that t begins, which it reads to its end.
func (r *Reader) Content(t *Token) []byte {
	start := t.Until()
	end := r.Skip(t)
	if at := bytes.LastIndexByte(r.source[start:end], '<'); at >= 0 {
		return r.source[start : start+at]
	}
	return nil
}

var (
	commentStart, commentEnd = []byte("<!--"), []byte("-->")
	sectionStart, sectionEnd = []byte("<![CDATA["), []byte("]]>")
	instructionEnd           = []byte("?>")
)

// measure is how many bytes the token at the start of source has, or 0 when its end is not there.
func measure(source []byte) int {
	if len(source) == 0 {
		return 0
	}
	if source[0] != '<' {
		return max(0, bytes.IndexByte(source, '<'))
	}
	if len(source) < len(sectionStart) && bytes.IndexByte(source, '>') < 0 {
		return 0
	}
	switch source[1] {
	case '?':
		return through(source, instructionEnd)
	case '!':
		if bytes.HasPrefix(source, commentStart) {
			return through(source, commentEnd)
		}
		if bytes.HasPrefix(source, sectionStart) {
			return through(source, sectionEnd)
		}
	}
	return tagSize(source)
}

func through(source, end []byte) int {
	at := bytes.Index(source, end)
	if at < 0 {
		return 0
	}
	return at + len(end)
}

// tagSize finds the end of a tag: values of attributes may have > in them.
func tagSize(source []byte) int {
	at := 0
	for {
		end := bytes.IndexByte(source[at:], '>')
		if end < 0 {
			return 0
		}
		quote := quoteIn(source[at : at+end])
		if quote == 0 {
			return at + end + 1
		}
		closed := bytes.IndexByte(source[at+end:], quote)
		if closed < 0 {
			return 0
		}
		at += end + closed + 1
	}
}

// quoteIn is the quotation mark that is open at the end of a piece of a tag that begins outside of any, or 0.
func quoteIn(piece []byte) byte {
	quote := byte(0)
	for _, c := range piece {
		switch {
		case c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		}
	}
	return quote
}
