package rendering

import (
	"strings"
	"sync"
	"testing"

	"docx2pdf/service/docx/docxtest"
)

// contents is a document with a table of contents that was saved with the given lines, and a heading on page 2.
func contents(t *testing.T, settings, dirty, saved string) []byte {
	heading := `<w:p><w:pPr><w:pStyle w:val="Heading1"/><w:pageBreakBefore/></w:pPr>` + text("Introduction") + `</w:p>`
	body := `<w:p><w:r><w:fldChar w:fldCharType="begin"` + dirty +
		`/></w:r><w:r><w:instrText>TOC \o "1-3" \h</w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>` +
		text(saved) + `</w:p><w:p><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>`
	types := strings.Replace(contentTypes(t), "</Types>",
		`<Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/></Types>`, 1)
	return docxtest.Document(body+heading, related(docxtest.Relationship{ID: "s", Type: "settings",
		Target: "settings.xml"}, docxtest.Relationship{ID: "y", Type: "styles", Target: "styles.xml"}),
		docxtest.Part{Name: "[Content_Types].xml", Content: types},
		docxtest.Part{Name: "word/settings.xml", Content: `<w:settings ` + w + `>` + settings + `</w:settings>`},
		docxtest.Part{Name: "word/styles.xml", Content: `<w:styles ` + w +
			`><w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/><w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:style></w:styles>`})
}

func TestTablesOfContentsAreUpdatedWhereTheDocumentAsksForIt(t *testing.T) {
	const update = `<w:updateFields w:val="true"/>`
	for name, content := range map[string][]byte{
		"empty": contents(t, update, "", ""), "placeholder": contents(t, update, "", "Right-click to update field."),
		"stale": contents(t, update, "", "Removed chapter 9"), "dirty": contents(t, "", ` w:dirty="true"`,
			"Removed chapter 9"),
	} {
		made := render(t, content, "pages=1")
		made.has(t, "Introduction", "2")
		made.hasNot(t, "Removed", "Right-click")
		if made.warnings != "" {
			t.Errorf("%s: the warnings are %q", name, made.warnings)
		}
	}
	for name, heading := range map[string]string{"no level": `<w:pPr><w:keepNext/></w:pPr><w:rPr><w:b/></w:rPr>`,
		"no paragraph's properties": `<w:rPr><w:b/></w:rPr>`, "no properties": ``} {
		content := contents(t, update, "", "Right-click to update field.")
		styles := `<w:styles ` + w + `><w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="Heading 1"/>` +
			heading + `</w:style></w:styles>`
		made := render(t, with(t, content, "word/styles.xml", styles), "pages=1")
		made.hasNot(t, "Right-click")
		if !strings.Contains(made.text, "Introduction") {
			t.Errorf("%s: a heading by its name is not in the contents:\n%s", name, made.text)
		}
	}
	render(t, contents(t, "", "", "As it was saved 7")).has(t, "As it was saved 7")
	render(t, contents(t, update, "", "As it was saved 7"), "fields=saved").has(t, "As it was saved 7")
}

// Nothing may depend on when it happens: LibreOffice's own command for it failed one time in ten.
func TestTablesOfContentsAreUpdatedEveryTime(t *testing.T) {
	content := contents(t, `<w:updateFields w:val="true"/>`, "", "Right-click to update field.")
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 125 {
				made, err := try(t, content, "pages=1")
				if err != nil {
					t.Error(err)
					return
				}
				made.has(t, "Introduction", "2")
				made.hasNot(t, "Right-click")
			}
		})
	}
	all.Wait()
}
