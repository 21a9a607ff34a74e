// Package docxtest makes Word documents for tests and benchmarks.
package docxtest

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
)

// Part is one file of a package.
type Part struct{ Name, Content string }

// Types and relationships that documents are made of.
const (
	MainType      = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
	relationships = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
)

// namespaces are what bodies may use.
const namespaces = ` xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"` +
	` xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"` +
	` xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"` +
	` xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"` +
	` xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"` +
	` xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"`

// Document packs a Word document with the given body and more parts. A part replaces the one of the same name. Text
// that
// says nothing of its font is in Calibri of 11 points; the document is one of Word 2013.
func Document(body string, more ...Part) []byte {
	parts := []Part{
		{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
			`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
			`<Default Extension="png" ContentType="image/png"/><Default Extension="jpg" ContentType="image/jpeg"/><Default Extension="html" ContentType="text/html"/>` +
			`<Default Extension="odttf" ContentType="application/vnd.openxmlformats-officedocument.obfuscatedFont"/>` +
			`<Override PartName="/word/document.xml" ContentType="` + MainType + `"/>` +
			`<Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/>` +
			`<Override PartName="/word/settings.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.settings+xml"/>` +
			`<Override PartName="/word/fontTable.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.fontTable+xml"/>` +
			`<Override PartName="/word/comments.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.comments+xml"/>` +
			`</Types>`},
		{"_rels/.rels", Relationships(Relationship{"r1", "officeDocument", "word/document.xml", false})},
		{"word/document.xml", `<?xml version="1.0" encoding="UTF-8"?><w:document` + namespaces + `><w:body>` + body +
			`</w:body></w:document>`},
		{"word/styles.xml", `<w:styles` + namespaces + `><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Calibri"` +
			` w:hAnsi="Calibri"/><w:sz w:val="22"/></w:rPr></w:rPrDefault></w:docDefaults></w:styles>`},
		{"word/settings.xml", `<w:settings` + namespaces + `><w:compat><w:compatSetting w:name="compatibilityMode"` +
			` w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat></w:settings>`},
		{relationsName, Relationships()},
	}
	for _, m := range more {
		replaced := false
		for i := range parts {
			if parts[i].Name == m.Name {
				parts[i], replaced = m, true
			}
		}
		if !replaced {
			parts = append(parts, m)
		}
	}
	for i := range parts {
		if parts[i].Name != relationsName {
			continue
		}
		for _, kind := range []string{"styles", "settings"} {
			if !strings.Contains(parts[i].Content, `/`+kind+`"`) {
				parts[i].Content = strings.Replace(parts[i].Content, "</", `<Relationship Id="docxtest`+kind+`" Type="`+
					relationships+kind+`" Target="`+kind+`.xml"/></`, 1)
			}
		}
	}
	return Pack(parts...)
}

const relationsName = "word/_rels/document.xml.rels"

// Pack makes a zip archive.
func Pack(parts ...Part) []byte {
	var packed bytes.Buffer
	w := zip.NewWriter(&packed)
	for _, p := range parts {
		f, err := w.Create(p.Name)
		if err == nil {
			_, err = f.Write([]byte(p.Content))
		}
		if err != nil {
			panic(err) // a buffer takes everything
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return packed.Bytes()
}

// Relationship leads from a part to another or, when it is external, out of the package.
type Relationship struct {
	ID, Type, Target string
	External         bool
}

// Relationships is the content of a .rels part. Types are given by their last word.
func Relationships(all ...Relationship) string {
	var b strings.Builder
	b.WriteString(`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`)
	for _, r := range all {
		mode := ""
		if r.External {
			mode = ` TargetMode="External"`
		}
		fmt.Fprintf(&b, `<Relationship Id="%s" Type="%s%s" Target="%s"%s/>`, r.ID, relationships, r.Type, r.Target, mode)
	}
	b.WriteString(`</Relationships>`)
	return b.String()
}

// Paragraph is a paragraph of plain text.
func Paragraph(text string) string {
	return `<w:p><w:r><w:t xml:space="preserve">` + text + `</w:t></w:r></w:p>`
}

// Styled is a paragraph in a font.
func Styled(font, text string) string {
	return `<w:p><w:r><w:rPr><w:rFonts w:ascii="` + font + `" w:hAnsi="` + font + `"/></w:rPr><w:t>` + text +
		`</w:t></w:r></w:p>`
}

// PageBreak ends a page.
const PageBreak = `<w:p><w:r><w:br w:type="page"/></w:r></w:p>`

// Picture shows the picture of a relationship: attribute is r:embed or r:link, value the relationship's name.
func Picture(attribute, value string) string { return PictureOf(attribute, value, 75, 75) }

// PictureOf is a Picture of a size in points.
func PictureOf(attribute, value string, width, height int) string {
	const emu = 12700 // English Metric Units of a point
	extent := fmt.Sprintf(`cx="%d" cy="%d"`, width*emu, height*emu)
	return `<w:p><w:r><w:drawing><wp:inline><wp:extent ` + extent + `/><wp:docPr id="1" name="p"/><a:graphic>` +
		`<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:nvPicPr><pic:cNvPr id="1" name="p"/><pic:cNvPicPr/></pic:nvPicPr>` +
		`<pic:blipFill><a:blip ` + attribute + `="` + value + `"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>` +
		`<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext ` + extent +
		`/></a:xfrm><a:prstGeom prst="rect"/></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>`
}

// Field is a field with an instruction such as INCLUDETEXT.
func Field(instruction string) string {
	return `<w:p><w:r><w:fldChar w:fldCharType="begin" w:dirty="true"/></w:r><w:r><w:instrText xml:space="preserve"> ` +
		instruction +
		` </w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>result</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>`
}

// NestedTables is a table in a table and so on: the deeper, the longer its layout takes.
func NestedTables(depth int) string {
	open := `<w:tbl><w:tblPr/><w:tblGrid><w:gridCol/></w:tblGrid><w:tr><w:tc><w:p/>`
	return strings.Repeat(open, depth) + strings.Repeat(`<w:p/></w:tc></w:tr></w:tbl>`, depth) + `<w:p/>`
}

// Text is many paragraphs of ordinary length.
func Text(paragraphs int) string {
	sentence := "The quick brown fox jumps over the lazy dog while the five boxing wizards watch from a respectful " +
		"distance. "
	return strings.Repeat(Paragraph(strings.Repeat(sentence, 8)), paragraphs)
}
