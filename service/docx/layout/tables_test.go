package layout_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"docx2pdf/service/docx/layout"
	"docx2pdf/service/docx/markup"
)

const namespace = ` xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"` +
	` xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"`

// cell is a cell whose width is as given, "" for none.
func cell(width, text string) string {
	if width != "" {
		kind := "dxa"
		if strings.HasSuffix(width, "%") {
			kind = "pct"
		}
		width = `<w:tcPr><w:tcW w:w="` + width + `" w:type="` + kind + `"/></w:tcPr>`
	}
	return `<w:tc>` + width + `<w:p><w:r><w:t>` + text + `</w:t></w:r></w:p></w:tc>`
}

func row(cells ...string) string { return `<w:tr>` + strings.Join(cells, "") + `</w:tr>` }

// table is a table with properties and a grid of columns.
func table(properties string, grid []int, rows ...string) string {
	columns := ""
	for _, width := range grid {
		columns += fmt.Sprintf(`<w:gridCol w:w="%d"/>`, width)
	}
	return `<w:tbl><w:tblPr>` + properties + `</w:tblPr><w:tblGrid>` + columns + `</w:tblGrid>` + strings.Join(rows, "") +
		`</w:tbl>`
}

// arial has text in Arial of 10 points, in which a letter n is 111.23 twentieths of a point wide.
const arial = `<w:styles` + namespace + `><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Arial"/>` +
	`<w:sz w:val="20"/></w:rPr></w:rPrDefault></w:docDefaults></w:styles>`

// fit is the markup of a body after its tables have got their columns in a room of 9000 twentieths of a point.
func fit(t *testing.T, body string) (string, bool) {
	t.Helper()
	root, err := markup.Parse([]byte(`<w:body` + namespace + `>` + body + `</w:body>`))
	if err != nil {
		t.Fatal(err)
	}
	changed := layout.NewStyles([]byte(arial), nil).Fit(root, 9000)
	return string(root.Bytes()), changed
}

var gridColumn = regexp.MustCompile(`<w:gridCol w:w="(\d+)"/>`)

func columnsOf(body string) []int {
	var columns []int
	for _, found := range gridColumn.FindAllStringSubmatch(body, -1) {
		width, _ := strconv.Atoi(found[1])
		columns = append(columns, width)
	}
	return columns
}

// What a table's cells ask for counts, and what is in them, not a grid that its program never thought about.
func TestColumnsAreWordsOwn(t *testing.T) {
	const auto, whole = `<w:tblW w:w="0" w:type="auto"/>`, `<w:tblW w:w="5000" w:type="pct"/>`
	width := func(points int) string { return fmt.Sprintf(`<w:tblW w:w="%d" w:type="dxa"/>`, points) }
	n := func(letters int) string { return strings.Repeat("n", letters) }
	const around = 2*108 + 10 // margins, and what is added for rounding
	placeholder := []int{100, 100}
	for name, test := range map[string]struct {
		table string
		want  []int
	}{
		"cells ask": {table(auto, placeholder, row(cell("1000", "a"), cell("4000", "b"))), []int{1000, 4000}},
		"cells ask otherwise than the grid": {table(auto, []int{3488, 3215}, row(cell("4000", "a"), cell("4000", "b"))),
			[]int{4000, 4000}},
		"the most that a row asks for": {table(auto, placeholder, row(cell("1000", "a"), cell("500", "b")),
			row(cell("700", "a"), cell("2000", "b"))), []int{1000, 2000}},
		"shares":            {table(whole, placeholder, row(cell("20%", "a"), cell("80%", "b"))), []int{1800, 7200}},
		"shares of fifties": {table(whole, placeholder, row(cell("1250", "a"), cell("3750", "b"))), []int{2250, 6750}},
		"nothing asked, room": {table(auto, placeholder, row(cell("", n(10)), cell("", n(20)))),
			[]int{1112 + around, 2225 + around}},
		"a word that is too long": {table(auto, placeholder, row(cell("1000", n(20)), cell("3000", "b"))),
			[]int{2225 + around, 3000}},
		"more asked for than there is": {table(width(6000), placeholder, row(cell("4000", ""), cell("8000", ""))),
			[]int{226 + (4000-226)*(6000-452)/(12000-452), 226 + (8000-226)*(6000-452)/(12000-452)}},
		"less asked for than there is": {table(width(6000), placeholder, row(cell("1000", "a"), cell("2000", "b"))),
			[]int{2000, 4000}},
		"the rest to who asks nothing": {table(width(6000), placeholder, row(cell("1000", "a"), cell("", "b"))),
			[]int{1000, 5000}},
		"fixed, whatever is in them": {table(auto+`<w:tblLayout w:type="fixed"/>`, placeholder,
			row(cell("500", n(20)), cell("700", "b"))), []int{500, 700}},
		"no more than the page": {table(auto, placeholder, row(cell("9000", "a"), cell("9000", "b"))), []int{4500, 4500}},
		"no grid":               {table(auto, nil, row(cell("1000", "a"), cell("4000", "b"))), []int{1000, 4000}},
		"a cell across has room": {table(auto, placeholder, row(cell("", "a"), cell("", "a")), row(across(2, n(30)))),
			[]int{1781, 1781}},
		"no break at a slash, as Word": {table(width(2000), placeholder,
			row(cell("100", "nnnnnnn/nn/nnn"), cell("1900", "b"))), []int{1446 + around, 111 + around}},
		"lines may break after hyphens": {table(auto, placeholder, row(cell("100", "nnnnn-nnnnn"), cell("1000", "b"))),
			[]int{556 + 67 + around, 1000}},
	} {
		got, _ := fit(t, test.table)
		if columns := columnsOf(got); !about(columns, test.want) {
			t.Errorf("%s: the columns are %v, want %v", name, columns, test.want)
		}
	}
}

// What is not in runs of text has its room, too.
func TestColumnsOfOtherContent(t *testing.T) {
	width := func(letters float64) int { return int(letters*111.23) + 2*108 + 10 } // in a cell, with room for rounding
	n := func(times int) string { return strings.Repeat("n", times) }
	mark := func(kind string) string { return `<w:r><w:fldChar w:fldCharType="` + kind + `"/></w:r>` }
	instruction := func(text string) string { return `<w:r><w:instrText>` + text + `</w:instrText></w:r>` }
	math := func(text string) string { return `<m:r><m:t>` + text + `</m:t></m:r>` }
	for name, test := range map[string]struct {
		content string
		letters float64
	}{
		"an equation": {`<m:oMath>` + math(n(20)) + `</m:oMath>`, 20},
		"a fraction": {`<m:oMathPara><m:oMath><m:f><m:num>` + math(n(9)) + `</m:num><m:den>` + math(n(5)) +
			`</m:den></m:f></m:oMath></m:oMathPara>`, 9},
		"text under other text": {`<w:r><w:ruby><w:rt/><w:rubyBase><w:r><w:t>` + n(8) +
			`</w:t></w:r></w:rubyBase></w:ruby></w:r>`, 8},
		"a number without a result": {mark("begin") + instruction(" PAGE ") + mark("separate") + mark("end"), 2},
		"an element without one":    {`<w:fldSimple w:instr="NUMPAGES"/>`, 2},
		"a field with a result": {mark("begin") + instruction("DATE") + mark("separate") + `<w:r><w:t>nnn</w:t></w:r>` +
			mark("end"), 3},
	} {
		got, _ := fit(t, table(`<w:tblW w:w="0" w:type="auto"/>`, []int{4500, 4500},
			row(`<w:tc><w:p>`+test.content+`</w:p></w:tc>`, cell("", "n"))))
		want := []int{width(test.letters), width(1)}
		if columns := columnsOf(got); !about(columns, want) {
			t.Errorf("%s: the columns are %v, want %v", name, columns, want)
		}
	}
	got, _ := fit(t, table(`<w:tblW w:w="0" w:type="auto"/>`, []int{100, 100}, row(`<w:tc><w:p><w:bookmarkStart w:name="`+
		layout.ChunkBookmark+`1"/></w:p></w:tc>`, cell("", "n"))))
	if columns := columnsOf(got); len(columns) != 2 || columns[0] < 8000 {
		t.Errorf("a document that comes in later has columns of %v", columns)
	}
}

// across is a cell of several columns.
func across(columns int, text string) string {
	return fmt.Sprintf(`<w:tc><w:tcPr><w:gridSpan w:val="%d"/></w:tcPr><w:p><w:r><w:t>%s</w:t></w:r></w:p></w:tc>`,
		columns, text)
}

func about(got, want []int) bool {
	return slices.EqualFunc(got, want, func(a, b int) bool { return max(a-b, b-a) <= 2 })
}

// Word's own columns stay, whatever else the table says, and so does a table that asks for what it has.
func TestTablesThatStay(t *testing.T) {
	saved := strings.ReplaceAll(table(`<w:tblW w:w="0" w:type="auto"/>`, []int{100, 300}, row(cell("1000", "a"),
		cell("4000", "b"))), "<w:tr>", `<w:tr w:rsidR="00A1B2C3">`)
	for name, body := range map[string]string{
		"saved by Word": saved,
		"in order": table(`<w:tblW w:w="5000" w:type="dxa"/>`, []int{1000, 4000},
			row(cell("1000", "a"), cell("4000", "b"))),
		"in a text box": `<w:p><w:r><w:pict><w:txbxContent>` + table("", []int{100}, row(cell("", "a"))) +
			`</w:txbxContent></w:pict></w:r></w:p>`,
		"without cells":    table("", []int{100}, `<w:tr/>`),
		"too many columns": table("", nil, row(across(60, "a"), across(60, "a"))),
	} {
		if got, changed := fit(t, body); changed || !strings.Contains(got, body) {
			t.Errorf("%s: it became %s", name, got)
		}
	}
}

// Tables in tables, in content controls and of other prefixes get their columns, too.
func TestTablesWithin(t *testing.T) {
	inner := table("", []int{100}, row(cell("3000", "inner")))
	body := table("", []int{100}, row(`<w:tc/>`), row(`<w:tc><w:tcPr/>`+inner+`<w:p/></w:tc>`))
	for name, body := range map[string]string{
		"cell":            body,
		"content control": `<w:sdt><w:sdtContent>` + body + `</w:sdtContent></w:sdt>`,
		"row's control": strings.NewReplacer("<w:tr>", `<w:sdt><w:sdtContent><w:tr>`, "</w:tr>",
			`</w:tr></w:sdtContent></w:sdt>`).Replace(body),
	} {
		got, _ := fit(t, body)
		if columns := columnsOf(got); !about(columns, []int{3226, 3000}) {
			t.Errorf("%s: the columns are %v, want 3226 around 3000", name, columns)
		}
		if !strings.Contains(got, `<w:tc><w:tcPr><w:tcW w:w="3226" w:type="dxa"/></w:tcPr></w:tc>`) {
			t.Errorf("%s: an empty cell is not as wide as its column: %s", name, got)
		}
	}
	root, err := markup.Parse([]byte(strings.NewReplacer("w:", "x:", ":w=", ":x=").Replace(`<w:body` + namespace + `>` +
		body + `</w:body>`)))
	if err != nil {
		t.Fatal(err)
	}
	if layout.NewStyles(nil, nil).Fit(root, 9000); strings.Contains(string(root.Bytes()), "w:") {
		t.Errorf("another prefix was mixed: %s", root.Bytes())
	}
}

// Whatever numbers a table has, columns come of it that are no wider than anything is.
func TestHostileTables(t *testing.T) {
	huge := strings.Repeat("9", 400)
	for _, body := range []string{
		table(`<w:tblW w:w="`+huge+`" w:type="dxa"/>`, []int{-5, 0}, row(cell(huge, "a"), cell("-1", "b"))),
		table(`<w:tblW w:w="NaN" w:type="pct"/>`, nil, row(cell("NaN%", "a"), cell("Inf", "b"))),
		table("", nil, `<w:tr><w:trPr><w:gridBefore w:val="`+huge+`"/></w:trPr>`+cell("", "a")+`</w:tr>`),
		table("", nil, row(`<w:tc><w:tcPr><w:gridSpan w:val="-3"/><w:tcMar><w:left w:w="-9"/></w:tcMar></w:tcPr>`+
			`<w:p><w:pPr><w:ind w:left="-99999"/></w:pPr></w:p></w:tc>`)),
		strings.Repeat(`<w:tbl><w:tr><w:tc>`, 600) + strings.Repeat(`</w:tc></w:tr></w:tbl>`, 600),
		table("", nil, row(`<w:tc><w:p><w:r><m:AlternateContent `+
			`xmlns:m="http://schemas.openxmlformats.org/markup-compatibility/2006"/></w:r></w:p></w:tc>`)),
	} {
		got, _ := fit(t, body)
		for _, width := range columnsOf(got) {
			if width > 1e6 {
				t.Errorf("%.200s: a column is %d wide", body, width)
			}
		}
	}
}
