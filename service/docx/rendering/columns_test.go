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
	return `<w:tbl><w:tblPr>` + properties + `</w:tblPr><w:tblGrid>` + strings.Repeat(`<w:gridCol w:w="100"/>`, len(cells)) +
		`</w:tblGrid><w:tr>` + row.String() + `</w:tr></w:tbl><w:p/>`
}

// Columns are where Word has them: as wide as cells ask for, or as their text is. By the grid there would be no room for
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
