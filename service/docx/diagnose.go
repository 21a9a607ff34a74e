package docx

import (
	"archive/zip"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// mostDiagnosed is how much of a part is read to find out what is wrong with it.
const mostDiagnosed = 16 << 20

// Diagnose says what is wrong with a document that LibreOffice refused: where its markup is not well-formed, as a
// template's is into which somebody wrote "&", or which part is missing. It is "" when nothing is found.
func Diagnose(ctx context.Context, path string) string {
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return ""
	}
	p, err := open(ctx, contextReader{ctx, file}, info.Size(), DefaultLimits)
	if err != nil {
		return ""
	}
	if missing := p.missingText(); missing != "" {
		return missing
	}
	names := make([]string, 0, len(p.entries))
	for _, entry := range p.entries {
		if isXML(entry.Name) && strings.ToLower(entry.Name) != p.main {
			names = append(names, strings.ToLower(entry.Name))
		}
	}
	slices.Sort(names)
	for _, name := range append([]string{p.main}, names...) {
		if err := illFormed(p.names[name]); err != nil {
			return fmt.Sprintf("%s is not well-formed: %v", p.names[name].Name, err)
		}
	}
	return ""
}

// missingText names a part of the text that is not there. LibreOffice does not do without them.
func (p *pack) missingText() string {
	main := p.inventory.Parts[p.main]
	for _, r := range p.inventory.RelationsOf(main) {
		if slices.Contains([]string{"header", "footer", "footnotes", "endnotes"}, r.Type) && !r.External &&
			p.inventory.Target(r) == nil {
			return fmt.Sprintf("its part %s is not there", r.Target)
		}
	}
	return ""
}

// illFormed reads a part, and says what is the first thing wrong with it.
func illFormed(part *zip.File) error {
	content, err := part.Open()
	if err != nil {
		return nil
	}
	defer content.Close()
	limited := &io.LimitedReader{R: content, N: mostDiagnosed}
	decoder := xml.NewDecoder(transform.NewReader(limited, unicode.BOMOverride(transform.Nop)))
	decoder.CharsetReader = func(_ string, input io.Reader) (io.Reader, error) { return input, nil }
	spaces := map[string]bool{"": true, "xml": true, "http://www.w3.org/XML/1998/namespace": true}
	for {
		token, err := decoder.Token()
		switch {
		case err == io.EOF, limited.N <= 0:
			return nil
		case err != nil:
			return located(decoder, err)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if err := illNamed(start, spaces); err != nil {
			return located(decoder, err)
		}
	}
}

// illNamed finds attributes that are there twice, and prefixes that nothing declares.
func illNamed(start xml.StartElement, spaces map[string]bool) error {
	seen := map[xml.Name]bool{}
	for _, a := range start.Attr {
		if a.Name.Space == "xmlns" || a.Name == (xml.Name{Local: "xmlns"}) {
			spaces[a.Value] = true
		}
		if seen[a.Name] {
			return fmt.Errorf("the element %s has the attribute %s twice", start.Name.Local, a.Name.Local)
		}
		seen[a.Name] = true
	}
	for _, name := range append([]xml.Name{start.Name}, namesOf(start.Attr)...) {
		if name.Space != "xmlns" && !spaces[name.Space] {
			return fmt.Errorf("nothing declares the prefix of %s:%s", name.Space, name.Local)
		}
	}
	return nil
}

func namesOf(attributes []xml.Attr) []xml.Name {
	var names []xml.Name
	for _, a := range attributes {
		names = append(names, a.Name)
	}
	return names
}

// located is an error with its place: the generators of documents write lines without end.
func located(decoder *xml.Decoder, err error) error {
	line, column := decoder.InputPos()
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) {
		err = errors.New(syntax.Msg)
	}
	message := err.Error()
	if len(message) > 200 || !utf8.ValidString(message) {
		message = strings.ToValidUTF8(message[:min(len(message), 200)], "")
	}
	return fmt.Errorf("line %d, column %d: %s", line, column, message)
}
