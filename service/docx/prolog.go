package docx

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
)

// prolog reads, as an XML parser would, what comes before the first element of a part that is written to it: comments
// and processing instructions may be as long as they like, characters may be those of UTF-16.
// https://www.w3.org/TR/xml/#sec-prolog-dtd
type prolog struct {
	units    units
	state    func(p *prolog, c byte) // nil past the prolog
	markup   []byte                  // what has been read of the one that is open, or how it ends
	encoding string                  // that the declaration names, in lower case
	doctype  string                  // name that a document type declaration gives
}

func newProlog() *prolog { return &prolog{state: (*prolog).outside} }

const maxMarkup = 256 // bytes of a declaration that are looked at

func (p *prolog) Write(part []byte) (int, error) {
	if p.state != nil {
		p.units.read(part, func(c byte) {
			if p.state != nil {
				p.state(p, c)
			}
		})
	}
	return len(part), nil
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// outside is between two markups.
func (p *prolog) outside(c byte) {
	if isSpace(c) {
		return
	}
	p.state = nil
	if c == '<' {
		p.markup, p.state = []byte{c}, (*prolog).opening
	}
}

// opening is in the characters that tell which markup it is.
func (p *prolog) opening(c byte) {
	p.markup = append(p.markup, c)
	switch opened := string(p.markup); {
	case opened == "<?":
		p.state = (*prolog).instruction
	case opened == "<!--":
		p.markup, p.state = nil, (*prolog).comment
	case opened == "<!DOCTYPE":
		p.markup, p.state = nil, (*prolog).declaration
	case !strings.HasPrefix("<!--", opened) && !strings.HasPrefix("<!DOCTYPE", opened):
		p.state = nil // an element
	}
}

var encodingName = regexp.MustCompile(`^<\?xml\s.*encoding\s*=\s*["']([^"']*)`)

func (p *prolog) instruction(c byte) {
	if len(p.markup) == maxMarkup { // keep the last one: how it ends
		p.markup[maxMarkup-2], p.markup = p.markup[maxMarkup-1], p.markup[:maxMarkup-1]
	}
	p.markup = append(p.markup, c)
	if len(p.markup) < len("<??>") || !bytes.HasSuffix(p.markup, []byte("?>")) {
		return
	}
	if found := encodingName.FindSubmatch(bytes.ReplaceAll(p.markup, []byte("\n"), []byte(" "))); found != nil {
		p.encoding = strings.ToLower(string(found[1]))
	}
	p.state = (*prolog).outside
}

func (p *prolog) comment(c byte) {
	if c == '>' && string(p.markup) == "--" {
		p.state = (*prolog).outside
	}
	if len(p.markup) == 2 {
		p.markup[0], p.markup = p.markup[1], p.markup[:1]
	}
	p.markup = append(p.markup, c)
}

func (p *prolog) declaration(c byte) {
	switch {
	case len(p.markup) == 0 && isSpace(c):
	case len(p.markup) == maxMarkup, isSpace(c), c == '>', c == '[':
		p.state = nil
		p.doctype = string(p.markup) + " " // even one without a name is one
	default:
		p.markup = append(p.markup, c)
	}
}

// ownTypes are what web pages and drawings inside a document call themselves.
var ownTypes = []string{"html ", "svg "}

// byteEncodings are those, besides UTF-16, in which markup is what it is in ASCII.
var byteEncodings = regexp.MustCompile(`^(|utf-?(8|16(le|be)?)|us-ascii|iso-8859-\d+|windows-\d+|gb2312|gbk|gb18030|big5|shift_jis|euc-(jp|kr))$`)

// check refuses document types: OPC knows none (ECMA-376 part 2, 8.1.4), and with them go entities that expand without
// end. It refuses encodings too in which a parser could find one that has not been found here.
func (p *prolog) check(name string) error {
	foreign := !isXML(name)
	switch {
	case p.doctype != "" && !(foreign && ownTypes[0] == strings.ToLower(p.doctype)) &&
		!(foreign && ownTypes[1] == p.doctype):
		return fmt.Errorf("%w: %q has a document type declaration", ErrCorrupt, name)
	case !foreign && (p.units.unknown || !byteEncodings.MatchString(p.encoding)):
		return fmt.Errorf("%w: %q is neither in UTF-8 nor in UTF-16", ErrCorrupt, name)
	}
	return nil
}
