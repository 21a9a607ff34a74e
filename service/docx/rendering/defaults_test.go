package rendering

import (
	"math"
	"slices"
	"strings"
	"testing"

	"docx2pdf/service/docx/docxtest"
)

// Text that nothing is said of is in Times New Roman of 10 points, whatever its styles lack. What is said stays.
func TestTextWithoutDefaults(t *testing.T) {
	styles := func(inner string) string { return `<w:styles ` + w + `>` + inner + `</w:styles>` }
	normal := func(properties string) string {
		return styles(`<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:rPr>` +
			properties + `</w:rPr></w:style>`)
	}
	const arial = `<w:rFonts w:ascii="Arial"/>`
	for name, test := range map[string]struct {
		styles, font string
		size         float64
	}{
		"no styles":        {"", "LiberationSerif", 10},
		"none in the part": {`<w:styles ` + w + `/>`, "LiberationSerif", 10},
		"no defaults":      {normal(""), "LiberationSerif", 10},
		"empty defaults":   {styles(`<w:docDefaults/>`), "LiberationSerif", 10},
		"those of lines":   {styles(`<w:docDefaults><w:pPrDefault/></w:docDefaults>`), "LiberationSerif", 10},
		"other prefix": {strings.NewReplacer("w:", "x:", ":w=", ":x=").Replace(styles(`<w:docDefaults/>`)),
			"LiberationSerif", 10},
		"the style's size": {normal(`<w:sz w:val="40"/>`), "LiberationSerif", 20},
		"the style's font": {normal(arial), "LiberationSans", 10},
		"the default's own": {styles(`<w:docDefaults><w:rPrDefault><w:rPr>` + arial +
			`<w:sz w:val="24"/></w:rPr></w:rPrDefault></w:docDefaults>`), "LiberationSans", 12},
	} {
		t.Run(name, func(t *testing.T) {
			content := docxtest.Document(docxtest.Paragraph("first")+docxtest.Paragraph("second"),
				docxtest.Part{Name: "word/styles.xml", Content: test.styles})
			if test.styles == "" {
				content = withoutStyles(t, content)
			}
			made := render(t, content)
			if got := made.fonts(t); !slices.Equal(got, []string{test.font}) {
				t.Errorf("the fonts are %v, want %s", got, test.font)
			}
			pitch := made.box(t, "second").bottom - made.box(t, "first").bottom
			if size := pitch / 1.1499; math.Abs(size-test.size) > 0.1 {
				t.Errorf("lines are %.2f points apart, which are of %.2f points, want %.0f", pitch, size, test.size)
			}
		})
	}
}

// withoutStyles is a document without that part, and without relations.
func withoutStyles(t *testing.T, content []byte) []byte {
	t.Helper()
	return docxtest.Pack(
		docxtest.Part{Name: "[Content_Types].xml", Content: contentTypes(t)},
		docxtest.Part{Name: "_rels/.rels", Content: partOf(t, content, "_rels/.rels")},
		docxtest.Part{Name: "word/document.xml", Content: partOf(t, content, "word/document.xml")})
}
