package docx

import (
	"encoding/xml"
	"fmt"
	"io"
	"path"
	"strings"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"docx2pdf/service/docx/inventory"
)

// Relationship types of a package's main part, transitional and strict (ECMA-376 part 1, 15.2.10 and part 4).
var mainRelationships = map[string]bool{
	"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument": true,
	"http://purl.oclc.org/ooxml/officeDocument/relationships/officeDocument":             true,
}

// Content types of a main part. https://learn.microsoft.com/openspecs/office_standards/ms-docx
const (
	openXML  = "application/vnd.openxmlformats-officedocument."
	msOffice = "application/vnd.ms-"
)

var wordTypes = map[string]bool{
	openXML + "wordprocessingml.document.main+xml":           true,
	openXML + "wordprocessingml.template.main+xml":           true,
	msOffice + "word.document.macroenabled.main+xml":         true,
	msOffice + "word.template.macroenabledtemplate.main+xml": true,
}

// otherPackages are what else has a main part.
var otherPackages = []struct{ contentType, name string }{
	{openXML + "spreadsheetml.", "an Excel workbook"},
	{msOffice + "excel.", "an Excel workbook"},
	{openXML + "presentationml.", "a PowerPoint presentation"},
	{msOffice + "powerpoint.", "a PowerPoint presentation"},
	{msOffice + "visio.", "a Visio drawing"},
	{msOffice + "package.xps", "an XPS document"},
}

// checkMainPart finds the main part by the package's relationships and looks at its content type.
func (p *pack) checkMainPart() error {
	if p.names["[content_types].xml"] == nil {
		return p.identify()
	}
	var types struct {
		Default []struct {
			Extension   string `xml:"Extension,attr"`
			ContentType string `xml:"ContentType,attr"`
		} `xml:"Default"`
		Override []struct {
			PartName    string `xml:"PartName,attr"`
			ContentType string `xml:"ContentType,attr"`
		} `xml:"Override"`
	}
	if err := p.decode("[content_types].xml", &types); err != nil {
		return err
	}
	main, err := p.mainPart()
	if err != nil {
		return err
	}
	contentType := ""
	for _, d := range types.Default {
		if strings.EqualFold("."+d.Extension, path.Ext(main)) {
			contentType = d.ContentType
		}
	}
	for _, o := range types.Override {
		if strings.EqualFold(o.PartName, "/"+main) {
			contentType = o.ContentType
		}
	}
	contentType, _, _ = strings.Cut(strings.ToLower(contentType), ";")
	contentType = strings.TrimSpace(contentType)
	p.main = strings.ToLower(main)
	if wordTypes[contentType] {
		return p.checkRoot(main)
	}
	for _, other := range otherPackages {
		if strings.HasPrefix(contentType, other.contentType) {
			return fmt.Errorf("%w: it is %s", ErrNotWord, other.name)
		}
	}
	return fmt.Errorf("%w: its main part is of the type %q", ErrNotWord, contentType)
}

// checkRoot refuses a main part that is empty or about something else, of which LibreOffice makes an empty page. What
// else is wrong with it is LibreOffice's to find.
func (p *pack) checkRoot(name string) error {
	content, err := p.names[strings.ToLower(name)].Open()
	if err != nil {
		return damaged(err, name)
	}
	defer content.Close()
	decoder := newDecoder(content)
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			return fmt.Errorf("%w: its main part %q is empty", ErrCorrupt, name)
		}
		if err != nil {
			return nil
		}
		if _, ok := token.(xml.Directive); ok { // whatever the part is called
			return fmt.Errorf("%w: %q has a document type declaration", ErrCorrupt, name)
		}
		if root, ok := token.(xml.StartElement); ok {
			if root.Name.Local != "document" {
				return fmt.Errorf("%w: its main part %q is a %q", ErrCorrupt, name, root.Name.Local)
			}
			return nil
		}
	}
}

// mainPart is the name of the part that the package is about.
func (p *pack) mainPart() (string, error) {
	if p.names["_rels/.rels"] == nil {
		return "", fmt.Errorf("%w: its relationships are missing", ErrCorrupt)
	}
	var relationships struct {
		Relationship []struct {
			Type       string `xml:"Type,attr"`
			Target     string `xml:"Target,attr"`
			TargetMode string `xml:"TargetMode,attr"`
		}
	}
	if err := p.decode("_rels/.rels", &relationships); err != nil {
		return "", err
	}
	for _, r := range relationships.Relationship {
		if !mainRelationships[r.Type] || r.TargetMode == "External" {
			continue
		}
		name := inventory.Resolve("", r.Target)
		if p.names[strings.ToLower(name)] == nil {
			return "", fmt.Errorf("%w: its main part %q is missing", ErrCorrupt, name)
		}
		return name, nil
	}
	return "", fmt.Errorf("%w: it has no main part", ErrNotWord)
}

// decode reads one of the package's own XML parts, which are small in every document.
func (p *pack) decode(name string, value any) error {
	content, err := p.names[name].Open()
	if err != nil {
		return damaged(err, name)
	}
	defer content.Close()
	if err := newDecoder(content).Decode(value); err != nil {
		return fmt.Errorf("%w: %s is not well-formed, or larger than 4 MiB", ErrCorrupt, name)
	}
	return nil
}

// newDecoder reads the first 4 MiB of a part, in UTF-8 or UTF-16 as ECMA-376 part 2, 8.1.4 allows.
func newDecoder(part io.Reader) *xml.Decoder {
	utf8 := transform.NewReader(io.LimitReader(part, 4<<20), unicode.BOMOverride(transform.Nop))
	decoder := xml.NewDecoder(utf8)
	decoder.CharsetReader = func(_ string, input io.Reader) (io.Reader, error) { return input, nil }
	return decoder
}
