package docx_test

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"docx2pdf/service/docx"
	"docx2pdf/service/docx/docxtest"
	"docx2pdf/service/docx/mend"
)

// prepare makes a document ready, and returns what it then is.
func prepare(t *testing.T, content []byte, wishes mend.Wishes) (*docx.Prepared, []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test.docx")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	prepared, err := docx.Prepare(t.Context(), path, docx.DefaultLimits, wishes)
	if err != nil {
		t.Fatal(err)
	}
	changed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if same := bytes.Equal(changed, content); same == prepared.Changed {
		t.Errorf("that it was changed is said to be %v", prepared.Changed)
	}
	return prepared, changed
}

// partOf is a part of a document, "" when it is not there.
func partOf(t *testing.T, content []byte, name string) string {
	t.Helper()
	reader, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range reader.File {
		if entry.Name != name {
			continue
		}
		part, err := entry.Open()
		if err != nil {
			t.Fatal(err)
		}
		defer part.Close()
		read, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		return string(read)
	}
	return ""
}

// bodyOf is the document's text after it was made ready.
func bodyOf(t *testing.T, body string, wishes mend.Wishes, more ...docxtest.Part) string {
	t.Helper()
	_, changed := prepare(t, docxtest.Document(body, more...), wishes)
	_, text, _ := strings.Cut(partOf(t, changed, "word/document.xml"), "<w:body>")
	text, _, _ = strings.Cut(text, "</w:body>")
	return text
}

// field is a field in one run.
func field(instruction, result string) string {
	return `<w:p><w:r><w:fldChar w:fldCharType="begin"/><w:instrText>` + instruction +
		`</w:instrText><w:fldChar w:fldCharType="separate"/><w:t>` + result +
		`</w:t><w:fldChar w:fldCharType="end"/></w:r></w:p>`
}

func run(text string) string { return `<w:r><w:t>` + text + `</w:t></w:r>` }

func TestDocumentsThatNeedNothingStayAsTheyAre(t *testing.T) {
	saved := `<w:tbl><w:tblGrid><w:gridCol w:w="100"/></w:tblGrid><w:tr w:rsidR="1"><w:tc><w:p/></w:tc></w:tr></w:tbl>`
	for name, content := range map[string][]byte{
		"text":  docxtest.Document(docxtest.Text(3) + field("PAGE", "1")),
		"table": docxtest.Document(saved + docxtest.Text(1))} {
		prepared, changed := prepare(t, content, mend.Wishes{})
		if !bytes.Equal(changed, content) || len(prepared.Warnings()) > 0 {
			t.Errorf("%s was changed, or has the warnings %v", name, prepared.Warnings())
		}
	}
}

func TestSteps(t *testing.T) {
	bookmark := `<w:p><w:bookmarkStart w:id="1" w:name="here"/><w:bookmarkEnd w:id="1"/></w:p>`
	accepted, rejected := mend.Wishes{Changes: mend.ChangesAccepted}, mend.Wishes{Changes: mend.ChangesRejected}
	tracked := `<w:p>` + run("a") + `<w:ins w:id="1">` + run("new") +
		`</w:ins><w:del w:id="2"><w:r><w:delText>old</w:delText></w:r></w:del></w:p>`
	formatted := `<w:p><w:r><w:rPr><w:b/><w:rPrChange w:id="1"><w:rPr><w:i/></w:rPr></w:rPrChange></w:rPr><w:t>x</w:t></w:r></w:p>`
	ended := `<w:p><w:pPr><w:jc w:val="left"/><w:rPr><w:del w:id="1"/></w:rPr></w:pPr>` + run("a") +
		`</w:p><w:p><w:pPr><w:jc w:val="right"/></w:pPr>` + run("b") + `</w:p>`
	rows := `<w:tbl><w:tr w:rsidR="1"><w:tc><w:p>` + run("stays") +
		`</w:p></w:tc></w:tr><w:tr w:rsidR="1"><w:trPr><w:del w:id="1"/></w:trPr><w:tc><w:p>` + run("goes") +
		`</w:p></w:tc></w:tr></w:tbl>`
	for _, test := range []struct {
		name, body, want string
		wishes           mend.Wishes
	}{
		{"the file's path", field(`FILENAME \p`, `C:\a.docx`), `<w:p><w:r><w:t>C:\a.docx</w:t></w:r></w:p>`, mend.Wishes{}},
		{"a path that was not saved", field(`FILENAME \p`, ""), field(`FILENAME `, ""), mend.Wishes{}},
		{"the date", field("DATE", "1.2.2003"), field("DATE", "1.2.2003"), mend.Wishes{}},
		{"the date as it was saved", field("DATE", "1.2.2003"), `<w:p><w:r><w:t>1.2.2003</w:t></w:r></w:p>`,
			mend.Wishes{SavedFields: true}},
		{"a bookmark that is there", bookmark + field("REF here", "text"), bookmark + field("REF here", "text"),
			mend.Wishes{}},
		{"a bookmark that is not", bookmark + field("REF there", "text"), bookmark + `<w:p><w:r><w:t>text</w:t></w:r></w:p>`,
			mend.Wishes{}},
		{"hidden on the web", `<w:p><w:r><w:rPr><w:webHidden/></w:rPr><w:t>12</w:t></w:r></w:p>`,
			`<w:p><w:r><w:rPr></w:rPr><w:t>12</w:t></w:r></w:p>`, mend.Wishes{}},
		{"a sign", `<w:p><w:r><w:rPr><w:b/></w:rPr><w:sym w:font="Wingdings" w:char="F0FC"/></w:r></w:p>`,
			`<w:p><w:r><w:rPr><w:b/></w:rPr></w:r><w:r><w:rPr><w:rFonts w:ascii="DejaVu Sans" w:hAnsi="DejaVu Sans" w:eastAsia="DejaVu Sans" w:cs="DejaVu Sans"/><w:b/></w:rPr><w:t>✓</w:t></w:r><w:r><w:rPr><w:b/></w:rPr></w:r></w:p>`, mend.Wishes{}},
		{"text in a symbol font",
			`<w:p><w:r><w:rPr><w:rFonts w:ascii="Symbol" w:hAnsi="Symbol"/></w:rPr><w:t>ab</w:t></w:r></w:p>`,
			`<w:p><w:r><w:rPr><w:rFonts w:ascii="Liberation Serif" w:hAnsi="Liberation Serif" w:eastAsia="Liberation Serif" w:cs="Liberation Serif"/></w:rPr><w:t>αβ</w:t></w:r></w:p>`, mend.Wishes{}},
		{"fonts' names that look like lists", `<w:p><w:r><w:rPr><w:rFonts w:ascii="A &amp; B" w:hAnsi=" C, D" w:cs=";;"/></w:rPr>` +
			`<w:t>a</w:t></w:r></w:p>`, `<w:p><w:r><w:rPr><w:rFonts w:ascii="A &amp; B" w:hAnsi="C" w:cs=";;"/></w:rPr>` +
			`<w:t>a</w:t></w:r></w:p>`, mend.Wishes{}},
		{"a bound value", `<w:p><w:dataBinding w:prefixMappings="xmlns:n=&quot;urn:t&quot;"/></w:p>`,
			`<w:p><w:dataBinding w:prefixMappings="xmlns:n='urn:t'"/></w:p>`, mend.Wishes{}},
		{"margins",
			`<w:sectPr><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1000" w:right="9000" w:bottom="1000" w:left="9000"/></w:sectPr>`,
			`<w:sectPr><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1000" w:right="1440" w:bottom="1000" w:left="1440"/></w:sectPr>`, mend.Wishes{}},
		{"a page without size", `<w:sectPr><w:pgSz w:w="0" w:h="0"/></w:sectPr>`,
			`<w:sectPr><w:pgSz w:w="12240" w:h="15840"/></w:sectPr>`, mend.Wishes{}},
		{"a button",
			`<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>MACROBUTTON MTPlaceRef \* MERGEFORMAT (7)</w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>`,
			`<w:p><w:r></w:r><w:r><w:t xml:space="preserve">(7)</w:t></w:r><w:r></w:r></w:p>`, mend.Wishes{}},
		{"changes", tracked, tracked, mend.Wishes{}},
		{"accepted", tracked, `<w:p>` + run("a") + run("new") + `</w:p>`, accepted},
		{"rejected", tracked, `<w:p>` + run("a") + run("old") + `</w:p>`, rejected},
		{"formatting accepted", formatted, `<w:p><w:r><w:rPr><w:b/></w:rPr><w:t>x</w:t></w:r></w:p>`, accepted},
		{"formatting rejected", formatted, `<w:p><w:r><w:rPr><w:i/></w:rPr><w:t>x</w:t></w:r></w:p>`, rejected},
		{"a paragraph's end accepted", ended, `<w:p><w:pPr><w:jc w:val="right"/></w:pPr>` + run("a") + run("b") +
			`</w:p>`, accepted},
		{"a row accepted", rows, `<w:tbl><w:tr w:rsidR="1"><w:tc><w:p>` + run("stays") +
			`</w:p></w:tc></w:tr></w:tbl>`, accepted},
	} {
		if got := bodyOf(t, test.body, test.wishes); got != test.want {
			t.Errorf("%s:\n%s, want\n%s", test.name, got, test.want)
		}
	}
}

// Tables of documents for Word 2010 and older say how far they are indented, those of newer ones need not.
func TestTablesSayHowFarTheyAreIndented(t *testing.T) {
	const w = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"`
	version := func(number string) docxtest.Part {
		return docxtest.Part{Name: "word/settings.xml", Content: `<w:settings ` + w + `><w:compat><w:compatSetting` +
			` w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="` + number +
			`"/></w:compat></w:settings>`}
	}
	style := func(id, more, indent string) string {
		return `<w:style w:type="table" ` + more + ` w:styleId="` + id + `"><w:tblPr>` + indent + `</w:tblPr></w:style>`
	}
	styles := docxtest.Part{Name: "word/styles.xml", Content: `<w:styles ` + w + `><w:docDefaults><w:rPrDefault/>` +
		`</w:docDefaults>` + style("TableNormal", `w:default="1"`, `<w:tblInd w:w="30" w:type="dxa"/>`) +
		style("Says", "", `<w:tblInd w:w="70" w:type="dxa"/>`) + style("Silent", "", "") + `</w:styles>`}
	const row = `<w:tr w:rsidR="1"><w:tc><w:p/></w:tc></w:tr>`
	const nested = `<w:tr w:rsidR="1"><w:tc><w:tbl>` + row + `</w:tbl><w:p/></w:tc></w:tr>`
	const none, standard = `<w:tblInd w:w="0" w:type="dxa"/>`, `<w:tblInd w:w="30" w:type="dxa"/>`
	table := func(properties string) string {
		return `<w:tbl><w:tblPr>` + properties + `</w:tblPr>` + row + `</w:tbl>`
	}
	for name, test := range map[string]struct {
		body, want string
		parts      []docxtest.Part
	}{
		"nothing said": {table(""), table(none), nil},
		"in its place": {table(`<w:tblW w:w="9" w:type="dxa"/><w:tblLook w:val="0"/>`),
			table(`<w:tblW w:w="9" w:type="dxa"/>` + none + `<w:tblLook w:val="0"/>`), nil},
		"empty properties":  {`<w:tbl><w:tblPr/>` + row + `</w:tbl>`, table(none), nil},
		"no properties":     {`<w:tbl>` + row + `</w:tbl>`, table(none), nil},
		"said":              {table(`<w:tblInd w:w="9" w:type="dxa"/>`), table(`<w:tblInd w:w="9" w:type="dxa"/>`), nil},
		"the default style": {table(""), table(standard), []docxtest.Part{styles}},
		"a style that says": {table(`<w:tblStyle w:val="Says"/>`), table(`<w:tblStyle w:val="Says"/>`),
			[]docxtest.Part{styles}},
		"a style that is not": {table(`<w:tblStyle w:val="No"/>`), table(`<w:tblStyle w:val="No"/>` + standard),
			[]docxtest.Part{styles}},
		"a silent style": {table(`<w:tblStyle w:val="Silent"/>`), table(`<w:tblStyle w:val="Silent"/>` + standard),
			[]docxtest.Part{styles}},
		"as it was is no matter": {table(`<w:tblPrChange w:id="1"><w:tblPr><w:tblInd w:w="9"/></w:tblPr></w:tblPrChange>`),
			table(none + `<w:tblPrChange w:id="1"><w:tblPr><w:tblInd w:w="9"/></w:tblPr></w:tblPrChange>`), nil},
		"a table in a table": {`<w:tbl>` + nested + `</w:tbl>`,
			`<w:tbl><w:tblPr>` + none + `</w:tblPr>` + nested + `</w:tbl>`, nil},
	} {
		if got := bodyOf(t, test.body, mend.Wishes{}, append(test.parts, version("14"))...); got != test.want {
			t.Errorf("%s:\n%s, want\n%s", name, got, test.want)
		}
		if got := bodyOf(t, test.body, mend.Wishes{}, append(test.parts, version("15"))...); got != test.body {
			t.Errorf("%s, for Word 2013: %s", name, got)
		}
	}
}
