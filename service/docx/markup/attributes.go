package markup

import (
	"bytes"
	"encoding/xml"
	"strconv"
	"strings"
)

// attributes calls do for each attribute of a tag, with its value as it is written, until it returns false.
func (t *Token) attributes(do func(prefix, local, value []byte) bool) {
	if t.Kind != Start && t.Kind != Empty {
		return
	}
	rest := t.Bytes[1+nameSize(t.Bytes[1:]):]
	for {
		equals := bytes.IndexByte(rest, '=')
		if equals < 0 {
			return
		}
		name := bytes.TrimSpace(rest[:equals])
		rest = bytes.TrimLeft(rest[equals+1:], " \t\r\n")
		if len(rest) == 0 || rest[0] != '"' && rest[0] != '\'' {
			return
		}
		end := bytes.IndexByte(rest[1:], rest[0])
		if end < 0 {
			return
		}
		value := rest[1 : 1+end]
		rest = rest[end+2:]
		prefix, local, found := bytes.Cut(name, []byte(":"))
		if !found {
			prefix, local = nil, name
		}
		if !do(prefix, local, value) {
			return
		}
	}
}

// Attribute is the value of the attribute of a name, whatever its namespace, and whether there is one.
func (t *Token) Attribute(local string) (value string, found bool) {
	t.attributes(func(_, name, v []byte) bool {
		if string(name) == local {
			value, found = Unescape(v), true
		}
		return !found
	})
	return value, found
}

// Get is the value of the attribute of a name, "" if there is none.
func (t *Token) Get(local string) string {
	value, _ := t.Attribute(local)
	return value
}

// Relationship is the value of an attribute such as r:id or r:embed.
func (t *Token) Relationship(local string) (value string, found bool) {
	t.attributes(func(prefix, name, v []byte) bool {
		if len(prefix) > 0 && string(name) == local && t.spaces.of(prefix) == R {
			value, found = Unescape(v), true
		}
		return !found
	})
	return value, found
}

// Span is where in the part the value of an attribute is, without its quotation marks.
func (t *Token) Span(local string) (from, to int, found bool) {
	t.attributes(func(_, name, v []byte) bool {
		if string(name) == local {
			from = t.At + cap(t.Bytes) - cap(v)
			to, found = from+len(v), true
		}
		return !found
	})
	return from, to, found
}

// On reads a property that is on when it is there, unless its value says otherwise (ECMA-376 part 1, 17.17.4).
func (t *Token) On() bool {
	switch value, given := t.Attribute("val"); strings.ToLower(value) {
	case "0", "false", "off", "none":
		return !given
	}
	return true
}

// mostReference is how long the number of a character is, with what ends it. Zeros before it are no document's.
const mostReference = 12

var entities = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&quot;", `"`, "&apos;", "'", "&amp;", "&")

// Unescape is the text that is written as escaped.
func Unescape(escaped []byte) string {
	if bytes.IndexByte(escaped, '&') < 0 {
		return string(escaped)
	}
	text := string(escaped)
	if !strings.Contains(text, "&#") {
		return entities.Replace(text)
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "&#")
		b.WriteString(entities.Replace(before))
		if !found {
			return b.String()
		}
		number, _, ended := strings.Cut(rest[:min(len(rest), mostReference)], ";")
		digits, base := number, 10
		if strings.HasPrefix(number, "x") {
			digits, base = number[1:], 16
		}
		code, err := strconv.ParseUint(digits, base, 21)
		if !ended || err != nil {
			b.WriteString("&#")
			text = rest
			continue
		}
		b.WriteRune(rune(code))
		text = rest[len(number)+1:]
	}
}

// Escape writes text for an element or for an attribute in double quotation marks.
func Escape(text string) string {
	var b strings.Builder
	if err := xml.EscapeText(&b, []byte(text)); err != nil {
		panic(err) // a builder takes everything
	}
	return b.String()
}
