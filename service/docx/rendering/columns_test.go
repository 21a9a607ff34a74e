package rendering

import (
	"math"
	"strings"
	"testing"

	"docx2pdf/service/docx/docxtest"
)

// gridded is a table of one row whose grid is five points for each column, as docx.js writes it, with cells that ask
// for a width, "" for none.
func gridded(properties string, cells ...[2]string) string {
	var row strings.Builder
	for _, c := range cells {
		row.WriteString(`<w:tc>`)
		if c[0] != "" {
			row.WriteString(`<w:tcPr><w:tcW ` + c[0] + `/></w:tcPr>`)
		}
		row.WriteString(docxtest.Paragraph(c[1]) + `</w:tc>`)
	}
	return `<w:tbl><w:tblPr>` + properties + `</w:tblPr><w:tblGrid>` + strings.Repeat(`<w:gridCol w:w="100"/>`,
		len(cells)) +
		`</w:tblGrid><w:tr>` + row.String() + `</w:tr></w:tbl><w:p/>`
}

// Columns are where Word has them: as wide as cells ask for, or as their text is. By the grid there would be no room
// for
// text at all.
func TestColumnsOfTables(t *testing.T) {
	const auto, whole = `<w:tblW w:w="100" w:type="auto"/>`, `<w:tblW w:w="5000" w:type="pct"/>`
	section := `<w:sectPr><w:pgSz w:w="12240" w:h="15840"/><w:pgMar w:top="1440" w:right="1440" w:bottom="1440"` +
		` w:left="1440" w:header="720" w:footer="720" w:gutter="0"/></w:sectPr>`
	const between = 10.8 // the margins of two cells
	words := strings.TrimSpace(strings.Repeat("word ", 60))
	for name, test := range map[string]struct {
		table         string
		second, third float64 // where columns begin, in points from the first
	}{
		"asked for": {gridded(auto, [2]string{`w:w="1000" w:type="dxa"`, "one"}, [2]string{`w:w="4000" w:type="dxa"`, "two"},
			[2]string{`w:w="2000" w:type="dxa"`, "three"}), 50, 250},
		"shares": {gridded(whole, [2]string{`w:w="20%" w:type="pct"`, "one"}, [2]string{`w:w="60%" w:type="pct"`, "two"},
			[2]string{`w:w="20%" w:type="pct"`, "three"}), 93.6, 374.4},
		// Calibri of 11 points: one is 17.13 wide, two 17.35.
		"text": {gridded(auto, [2]string{"", "one"}, [2]string{"", "two"}, [2]string{"", "three"}), 17.13 + between,
			17.13 + 17.35 + 2*between},
		"long text, of which the others keep their words": {gridded(auto, [2]string{"", words}, [2]string{"", "two"},
			[2]string{"", "three"}), 468 - 17.35 - 25.05 - 2*between, 468 - 25.05 - between},
	} {
		made := render(t, docxtest.Document(test.table+section))
		first := made.places(t)["one"]
		if first == nil {
			first = made.places(t)["word"]
		}
		for word, want := range map[string]float64{"two": test.second, "three": test.third} {
			if at := made.place(t, word); math.Abs(at.left-first[0].left-want) > 3 {
				t.Errorf("%s: %q is %.1f points from the first column, want %.1f", name, word, at.left-first[0].left, want)
			}
		}
	}
}

// Only the first column of text begins below the space above its first paragraph, whoever says how large that is.
func TestSpaceAboveColumnsOfText(t *testing.T) {
	const page = `<w:pgSz w:w="12240" w:h="15840"/><w:pgMar w:top="1440" w:right="1440" w:bottom="1440" w:left="1440"` +
		` w:header="720" w:footer="720" w:gutter="0"/>`
	const two = page + `<w:cols w:num="2" w:space="720"/>`
	right := `<w:p><w:r><w:br w:type="column"/></w:r>` + text("right") + `</w:p>`
	left := func(properties string) string {
		return `<w:p><w:pPr>` + properties + `</w:pPr>` + text("left") + `</w:p>`
	}
	styled := docxtest.Part{Name: "word/styles.xml", Content: `<w:styles ` + w + `><w:docDefaults><w:rPrDefault/>` +
		`</w:docDefaults><w:style w:type="paragraph" w:styleId="A"><w:name w:val="A"/><w:pPr><w:spacing w:before="480"/>` +
		`</w:pPr></w:style><w:style w:type="paragraph" w:styleId="B"><w:name w:val="B"/><w:basedOn w:val="A"/></w:style></w:styles>`}
	for name, test := range map[string]struct {
		body  string
		below float64 // how far the left one is below the right one, in points
	}{
		"the only section": {left(`<w:spacing w:before="480"/>`) + right + `<w:sectPr>` + two + `</w:sectPr>`, 24},
		"of a style":       {left(`<w:pStyle w:val="B"/>`) + right + `<w:sectPr>` + two + `</w:sectPr>`, 24},
		"not of a style after all": {left(`<w:pStyle w:val="B"/><w:spacing w:before="0" w:after="99"/>`) + right +
			`<w:sectPr>` + two + `</w:sectPr>`, 0},
		"on a page that has begun": {docxtest.Paragraph("title") + `<w:p><w:pPr><w:sectPr>` + page +
			`</w:sectPr></w:pPr></w:p>` + left(`<w:keepNext/><w:spacing w:before="240"/><w:jc w:val="left"/>`) + right +
			`<w:sectPr><w:type w:val="continuous"/>` + two + `</w:sectPr>`, 12},
		"before another section": {left(`<w:spacing w:before="480"/>`) + right + `<w:p><w:pPr><w:sectPr>` + two +
			`</w:sectPr></w:pPr></w:p>` + docxtest.Paragraph("wide") + `<w:sectPr><w:type w:val="continuous"/>` + page +
			`</w:sectPr>`, 24},
	} {
		made := render(t, docxtest.Document(test.body, styled))
		got := made.place(t, "left").top - made.place(t, "right").top
		if math.Abs(got-test.below) > 0.3 {
			t.Errorf("%s: the left column begins %.1f points below the right one, want %.0f", name, got, test.below)
		}
	}
}

// Tables of documents that are made for Word 2010 or older, as those are that do not say for which, begin with their
// text, and others with their border ([MS-DOCX] 2.3.5).
func TestTablesBeginWhereTheirWordHasThem(t *testing.T) {
	settings := func(inner string) docxtest.Part {
		return docxtest.Part{Name: "word/settings.xml", Content: `<w:settings ` + w + `>` + inner + `</w:settings>`}
	}
	version := func(number string) docxtest.Part {
		return settings(`<w:compat><w:compatSetting w:name="compatibilityMode"` +
			` w:uri="http://schemas.microsoft.com/office/word" w:val="` + number + `"/></w:compat>`)
	}
	body := docxtest.Paragraph("text") + gridded("", [2]string{`w:w="3000" w:type="dxa"`, "cell"})
	saved := strings.NewReplacer("<w:tr>", `<w:tr w:rsidR="00A1B2C3">`, `w:w="100"`, `w:w="3000"`).Replace(body)
	standard := func(indent string) docxtest.Part {
		return docxtest.Part{Name: "word/styles.xml", Content: `<w:styles ` + w + `><w:style w:type="table" w:default="1"` +
			` w:styleId="TableNormal"><w:name w:val="Normal Table"/><w:tblPr><w:tblInd w:w="` + indent +
			`" w:type="dxa"/><w:tblCellMar><w:left w:w="108" w:type="dxa"/><w:right w:w="108" w:type="dxa"/></w:tblCellMar>` +
			`</w:tblPr></w:style></w:styles>`}
	}
	for name, test := range map[string]struct {
		content []byte
		further float64 // to the right than the text around it, in points
	}{
		"2013":     {docxtest.Document(body, version("15")), 5.4},
		"2010":     {docxtest.Document(body, version("14")), 0},
		"not said": {docxtest.Document(body, settings("")), 0},
		"empty settings": {docxtest.Document(body, docxtest.Part{Name: "word/settings.xml", Content: `<w:settings ` +
			w + `/>`}), 0},
		"other compatibility": {docxtest.Document(body, settings(`<w:compat><w:useFELayout/></w:compat>`)), 0},
		"no settings":         {withoutStyles(t, docxtest.Document(body)), 0},
		"saved by Word":       {docxtest.Document(saved, version("14"), standard("0")), 0},
		"the style's indent":  {docxtest.Document(saved, version("14"), standard("400")), 20},
	} {
		made := render(t, test.content)
		got := made.place(t, "cell").left - made.place(t, "text").left
		if math.Abs(got-test.further) > 0.5 {
			t.Errorf("%s: the table's text begins %.1f points to the right, want %.1f", name, got, test.further)
		}
	}
}
