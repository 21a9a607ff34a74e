package inventory

import (
	"bytes"
	"io"
	"strconv"
	"strings"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"docx2pdf/service/docx/markup"
	"docx2pdf/service/fonts"
)

// scan reads the markup of a part. The part's first element says what kind it is.
type scan struct {
	inventory *Inventory
	part      *Part
	key       string
	scanner   *markup.Scanner
	into      io.WriteCloser
	look      tokens
	started   bool
	done      bool // nothing more is of interest
}

func newScan(i *Inventory, part *Part, key string) *scan {
	s := &scan{inventory: i, part: part, key: key}
	s.scanner = markup.NewScanner(s.see)
	return s
}

func (s *scan) Write(p []byte) (int, error) {
	if s.done {
		return len(p), nil
	}
	if !s.started && len(p) > 0 {
		s.started = true
		s.into = Decode(s.scanner, p)
	}
	if s.into != nil {
		s.into.Write(p)
	}
	return len(p), nil
}

func (s *scan) Close() error {
	if s.into != nil {
		s.into.Close()
		s.scanner.Close()
	}
	s.part.TooLong = s.scanner.TooLong()
	return nil
}

// Decode passes on in UTF-8 what is written in UTF-8 or UTF-16, as a part may be (ECMA-376 part 2, 8.1.4). start is how
// it starts.
func Decode(to io.WriteCloser, start []byte) io.WriteCloser {
	if !wide(start) {
		return plain{to}
	}
	return transform.NewWriter(to, unicode.BOMOverride(unicode.UTF16(start[0] == 0, unicode.IgnoreBOM).NewDecoder()))
}

func wide(start []byte) bool {
	return len(start) > 1 && (start[0] == 0 || start[1] == 0 || bytes.HasPrefix(start, []byte("\xff\xfe")) ||
		bytes.HasPrefix(start, []byte("\xfe\xff")))
}

// plain leaves closing to whoever made what it writes to.
type plain struct{ io.Writer }

func (plain) Close() error { return nil }

func (s *scan) see(t *markup.Token) {
	if s.look != nil {
		s.look(t)
		return
	}
	if s.done || t.Kind != markup.Start && t.Kind != markup.Empty {
		return
	}
	s.part.Root = string(t.Local)
	s.look = s.inventory.kind(s.part, s.key, t)
	if s.look == nil {
		s.done = true
		return
	}
	s.look(t)
}

// kind is what reads a part that starts with the token, nil when nothing in it is of interest.
func (i *Inventory) kind(part *Part, key string, root *markup.Token) tokens {
	switch root.Space {
	case markup.W:
		switch part.Root {
		case "document", "hdr", "ftr", "footnotes", "endnotes", "comments":
			if strings.Contains(key, "glossary/") {
				return nil
			}
			return newText(i, part).see
		case "settings":
			return i.settings(part)
		case "styles":
			return i.styles(part)
		case "numbering":
			return func(t *markup.Token) { i.numbering(part, t) }
		case "fonts":
			return i.fontTable
		}
	case markup.C:
		return part.chart
	case markup.DGM:
		if part.Root == "dataModel" {
			return part.diagram
		}
	case markup.REL:
		if !bytes.HasPrefix(root.Bytes[1:], root.Local) {
			part.Needs |= PlainNames
		}
		return i.relations(part, key)
	case markup.CT:
		if !bytes.HasPrefix(root.Bytes[1:], root.Local) {
			part.Needs |= PlainNames
		}
		return func(t *markup.Token) { i.Types.see(t) }
	}
	if part.Root == "coreProperties" {
		return i.properties()
	}
	return nil
}

func (i *Inventory) settings(part *Part) tokens {
	part.Needs |= Mode
	return func(t *markup.Token) {
		switch {
		case t.Opens(markup.W, "updateFields"):
			i.UpdateFields = t.On()
		case t.Opens(markup.W, "numRestart") && t.Get("val") == "eachSect":
			i.NoteRestart = true
		case t.Opens(markup.W, "compatSetting") && t.Get("name") == "compatibilityMode":
			part.Needs &^= Mode
			version, _ := strconv.Atoi(t.Get("val"))
			i.version = max(i.version, version)
		}
	}
}

// HeadingLevel is the level of Word's own style of a name, such as heading 1, from 0 on; -1 when it is none.
func HeadingLevel(style string) int {
	number, found := strings.CutPrefix(strings.ToLower(style), "heading ")
	if !found || len(number) != 1 || number[0] < '1' || number[0] > '9' {
		return -1
	}
	return int(number[0] - '1')
}

// styles notes the styles' names.
func (i *Inventory) styles(part *Part) tokens {
	id := ""
	heading := false
	part.Needs |= Defaults
	return func(t *markup.Token) {
		switch {
		case t.Opens(markup.W, "rPrDefault"):
			part.Needs &^= Defaults
		case t.Opens(markup.W, "rFonts"):
			part.font(t)
		case t.Kind == markup.End && t.Is(markup.W, "style"):
			if heading {
				i.unlevelled = part
			}
			heading = false
		case t.Opens(markup.W, "outlineLvl"):
			heading = false
		case t.Opens(markup.W, "style"):
			if id = t.Get("styleId"); len(id) > mostName {
				id = ""
			}
		case t.Opens(markup.W, "name") && len(i.Styles) < mostNames && len(t.Bytes) <= mostName:
			i.Styles[strings.ToLower(t.Get("val"))] = id
			heading = HeadingLevel(t.Get("val")) >= 0
		}
	}
}

func (i *Inventory) numbering(part *Part, t *markup.Token) {
	switch {
	case t.Opens(markup.W, "rFonts"):
		if brokenBullet(t) {
			part.Needs |= Symbols
		}
		part.font(t)
	case t.Opens(markup.W, "numFmt"):
		format := t.Get("val")
		if format == "numberInDash" || DigitsInSigns[format] {
			part.Needs |= Dashes
			return
		}
		part.numbers(format)
	}
}

// mostFonts is more than LibreOffice is told of.
const mostFonts = 1000

// fontTable notes what the document says of its fonts.
func (i *Inventory) fontTable(t *markup.Token) {
	if t.Opens(markup.W, "font") && len(i.Fonts) < mostFonts {
		i.Fonts = append(i.Fonts, fonts.Described{Name: t.Get("name")})
	}
	if len(i.Fonts) == 0 || t.Kind != markup.Start && t.Kind != markup.Empty || t.Space != markup.W {
		return
	}
	font := &i.Fonts[len(i.Fonts)-1]
	switch string(t.Local) {
	case "altName":
		font.Alternates = t.Get("val")
	case "family":
		font.Family = t.Get("val")
	case "pitch":
		font.Pitch = t.Get("val")
	case "panose1":
		font.Panose = t.Get("val")
	case "charset":
		font.Charset = t.Get("val")
	}
}

func (p *Part) chart(t *markup.Token) {
	switch {
	case t.Opens(markup.C, "ser"):
		p.Series++
	case t.Opens(markup.C, "pt"):
		p.Points++
	}
}

func (p *Part) diagram(t *markup.Token) {
	if t.Opens(markup.DSP, "dataModelExt") {
		p.DrawingID = t.Get("relId")
	}
}

// properties notes which have a value.
func (i *Inventory) properties() tokens {
	fields := map[string]string{"title": "TITLE", "subject": "SUBJECT", "creator": "AUTHOR", "keywords": "KEYWORDS",
		"description": "COMMENTS", "lastModifiedBy": "LASTSAVEDBY", "created": "CREATEDATE", "modified": "SAVEDATE"}
	current := ""
	return func(t *markup.Token) {
		switch t.Kind {
		case markup.Start:
			current = fields[string(t.Local)]
		case markup.Text:
			if current != "" && len(bytes.TrimSpace(t.Bytes)) > 0 {
				i.Given[current] = true
			}
		default:
			current = ""
		}
	}
}
