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
	"docx2pdf/service/warning"
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
		{"a row accepted", rows, `<w:tbl><w:tr w:rsidR="1"><w:tc><w:p>` + run("stays") + `</w:p></w:tc></w:tr></w:tbl>`, accepted},
	} {
		if got := bodyOf(t, test.body, test.wishes); got != test.want {
			t.Errorf("%s:\n%s, want\n%s", test.name, got, test.want)
		}
	}
}

func TestPackagesThatWordOpens(t *testing.T) {
	rels := strings.ReplaceAll(strings.ReplaceAll(relationships(relationship, "word/document.xml").content, "Relationship",
		"r:Relationship"), "xmlns=", "xmlns:r=")
	rels = strings.ReplaceAll(rels, "officeDocument/2006/r:relationships", "officeDocument/2006/relationships")
	rels = strings.ReplaceAll(rels, "r:Relationships", "r:Relationships")
	for name, content := range map[string][]byte{
		"backslashes": pack(types(document), relationships(relationship, "word/document.xml"),
			part{`word\document.xml`, mainPart.content}),
		"backslash in target": pack(types(document), relationships(relationship, `word\document.xml`), mainPart),
		"names from the root": pack(types(document), relationships(relationship, "word/document.xml"),
			part{"/word/document.xml", mainPart.content}),
		"prefixes": pack(types(document), part{"_rels/.rels", rels}, mainPart),
		"another case": pack(types(document), relationships(relationship, "word/document.xml"),
			part{"Word/Document.xml", mainPart.content}),
		"the type by default": pack(part{"[Content_Types].xml",
			`<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="` + document + `"/></Types>`},
			relationships(relationship, "word/document.xml"), mainPart),
		"streamed": streamed(t, types(document), relationships(relationship, "word/document.xml"), mainPart),
	} {
		_, changed := prepare(t, content, mend.Wishes{})
		if partOf(t, changed, "word/document.xml") != mainPart.content {
			t.Errorf("%s: the text is not where it should be", name)
		}
		if !strings.Contains(partOf(t, changed, "_rels/.rels"), "<Relationship ") ||
			!strings.Contains(partOf(t, changed, "_rels/.rels"), `"word/document.xml"`) {
			t.Errorf("%s: the relations are %s", name, partOf(t, changed, "_rels/.rels"))
		}
		if !strings.Contains(partOf(t, changed, "[Content_Types].xml"), `<Override PartName="/word/document.xml"`) {
			t.Errorf("%s: the types are %s", name, partOf(t, changed, "[Content_Types].xml"))
		}
		if again, err := zip.NewReader(bytes.NewReader(changed), int64(len(changed))); err != nil ||
			again.File[0].Flags&8 != 0 && again.File[0].Method == zip.Store {
			t.Errorf("%s: it is still streamed, %v", name, err)
		}
	}
}

// streamed packs parts without compressing them, with their sizes after them.
func streamed(t *testing.T, parts ...part) []byte {
	t.Helper()
	var packed bytes.Buffer
	w := zip.NewWriter(&packed)
	for _, p := range parts {
		f, err := w.CreateHeader(&zip.FileHeader{Name: p.name, Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(f, p.content)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

// A relation's target is an address: percent signs in it stand for characters of the part's name, or the other way
// round.
func TestPicturesWhoseNamesAreWrittenInAnotherWay(t *testing.T) {
	for target, name := range map[string]string{"media/p%201.png": "word/media/p 1.png",
		"media/p 1.png":    "word/media/p%201.png",
		"media/%C3%BC.png": "word/media/ü.png", "Media/P.PNG": "word/media/p.png"} {
		prepared, changed := prepare(t, docxtest.Document(docxtest.Picture("r:embed", "p"),
			docxtest.Part{Name: "word/_rels/document.xml.rels",
				Content: docxtest.Relationships(docxtest.Relationship{ID: "p", Type: "image", Target: target})},
			docxtest.Part{Name: name, Content: "\x89PNG\r\n\x1a\n"}), mend.Wishes{})
		if partOf(t, changed, "word/"+target) == "" || len(prepared.Warnings()) > 0 {
			t.Errorf("%s is not there by the name %s, or has the warnings %v", name, target, prepared.Warnings())
		}
	}
}

// Each system of numbers that LibreOffice does not have is told of, wherever it is used.
func TestNumbersThatBecomeDigits(t *testing.T) {
	list := func(format string) []byte {
		return docxtest.Document("", docxtest.Part{Name: "word/numbering.xml", Content: `<w:numbering xmlns:w=` +
			`"http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:abstractNum><w:lvl><w:numFmt w:val="` + format +
			`"/></w:lvl></w:abstractNum></w:numbering>`})
	}
	for _, format := range []string{"decimal", "upperRoman", "thaiLetters", "hindiVowels", "numberInDash", "none", "bullet"} {
		prepared, _ := prepare(t, list(format), mend.Wishes{})
		if got := warning.String(prepared.Warnings()); got != "" {
			t.Errorf("%s: the warnings are %q", format, got)
		}
	}
	for _, format := range []string{"hex", "decimalFullWidth", "decimalFullWidth2", "decimalEnclosedFullstop",
		"decimalEnclosedParen", "ideographZodiacTraditional", "vietnameseCounting", "hindiConsonants", "hindiNumbers",
		"hindiCounting", "thaiNumbers", "thaiCounting", "bahtText", "dollarText"} {
		for name, content := range map[string][]byte{
			"list":  list(format),
			"pages": docxtest.Document(`<w:sectPr><w:pgNumType w:fmt="` + format + `"/></w:sectPr>`),
			"notes": docxtest.Document(`<w:sectPr><w:footnotePr><w:numFmt w:val="` + format + `"/></w:footnotePr></w:sectPr>`),
		} {
			prepared, _ := prepare(t, content, mend.Wishes{})
			if got := warning.String(prepared.Warnings()); got != "number_format=1" {
				t.Errorf("%s in %s: the warnings are %q", format, name, got)
			}
		}
	}
}

func TestWarningsNameWhatIsMissing(t *testing.T) {
	rels := func(all ...docxtest.Relationship) docxtest.Part {
		return docxtest.Part{Name: "word/_rels/document.xml.rels", Content: docxtest.Relationships(all...)}
	}
	picture := func(content string) []byte {
		return docxtest.Document(docxtest.Picture("r:embed", "p"),
			rels(docxtest.Relationship{ID: "p", Type: "image", Target: "media/p.bin"}),
			docxtest.Part{Name: "word/media/p.bin", Content: content})
	}
	alternate := func(choice, fallback string) string {
		return `<w:p><w:r><mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Choice Requires="x"><w:drawing>` + choice +
			`</w:drawing></mc:Choice><mc:Fallback>` + fallback + `</mc:Fallback></mc:AlternateContent></w:r></w:p>`
	}
	const ink = `<w14:contentPart xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml" r:id="i"/>`
	const model = `<a:graphicData uri="http://schemas.microsoft.com/office/drawing/2017/model3d"><m:blip xmlns:m="http://schemas.microsoft.com/office/drawing/2017/model3d" r:embed="p"/></a:graphicData>`
	const inkPicture = `<w:drawing><a:blip r:embed="p"/></w:drawing>`
	inkRelation := rels(docxtest.Relationship{ID: "p", Type: "image", Target: "media/p.png"})
	for _, test := range []struct {
		name    string
		content []byte
		want    string
	}{
		{"a linked picture", docxtest.Document(docxtest.Picture("r:link", "p"),
			rels(docxtest.Relationship{ID: "p", Type: "image", Target: "http://example.org/a.png", External: true})),
			"picture_linked=1"},
		{"a picture that is not there", docxtest.Document(docxtest.Picture("r:embed", "p"),
			rels(docxtest.Relationship{ID: "p", Type: "image", Target: "media/none.png"})), "picture_missing=1"},
		{"HEIC", picture("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00"), "picture_format=1"},
		{"AVIF", picture("\x00\x00\x00\x18ftypavif\x00\x00\x00\x00"), "picture_format=1"},
		{"JPEG 2000", picture("\x00\x00\x00\x0cjP  \r\n\x87\n"), "picture_format=1"},
		{"EPS", picture("%!PS-Adobe-3.0 EPSF-3.0\n"), "picture_format=1"},
		{"EPS without a preview", picture("\xc5\xd0\xd3\xc6\x1e" + strings.Repeat("\x00", 27) + "%!PS"), "picture_format=1"},
		{"EPS with a preview", picture("\xc5\xd0\xd3\xc6\x1e" + strings.Repeat("\x00", 15) + "\x40\x00\x00\x00\x09" +
			strings.Repeat("\x00", 7)), ""},
		{"ink", docxtest.Document(alternate(ink, "")), "object_without_preview=1"},
		{"ink with a picture", docxtest.Document(alternate(ink, inkPicture), inkRelation,
			docxtest.Part{Name: "word/media/p.png", Content: "\x89PNG\r\n\x1a\n"}), ""},
		{"a 3D model", docxtest.Document(alternate(model, "")), "object_without_preview=1"},
		{"a 3D model with a picture", docxtest.Document(alternate(model, inkPicture), inkRelation,
			docxtest.Part{Name: "word/media/p.png", Content: "\x89PNG\r\n\x1a\n"}), ""},
		{"a waterfall",
			docxtest.Document(alternate(`<a:graphicData uri="http://schemas.microsoft.com/office/drawing/2014/chartex"/>`, "")),
			"chart_kind=1"},
		{"SmartArt without a drawing",
			docxtest.Document(`<w:p><w:r><dgm:relIds xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram" r:dm="d"/></w:r></w:p>`,
				rels(docxtest.Relationship{ID: "d", Type: "diagramData", Target: "diagrams/data1.xml"}),
				docxtest.Part{Name: "word/diagrams/data1.xml",
					Content: `<dgm:dataModel xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram"/>`}),
			"smartart_without_drawing=1"},
		{"a chart without values", docxtest.Document(`<w:p/>`,
			rels(docxtest.Relationship{ID: "c", Type: "chart", Target: "charts/chart1.xml"}),
			docxtest.Part{Name: "word/charts/chart1.xml",
				Content: `<c:chartSpace xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"><c:ser><c:val/></c:ser></c:chartSpace>`}), "chart_without_values=1"},
		{"noise", picture("\x7f\x00\x01\x02"), "picture_format=1"},
		{"PNG", picture("\x89PNG\r\n\x1a\n"), ""},
		{"macros", docxtest.WithMacros(docxtest.Paragraph("a"), "Sub A\nEnd Sub"), "macros_left_out=1"},
		{"a signature", docxtest.Document(docxtest.Paragraph("a"),
			docxtest.Part{Name: "_rels/.rels", Content: strings.Replace(
				docxtest.Relationships(docxtest.Relationship{ID: "d", Type: "officeDocument", Target: "word/document.xml"}),
				"</Relationships>",
				`<Relationship Id="s" Type="http://schemas.openxmlformats.org/package/2006/relationships/digital-signature/origin" `+
					`Target="_xmlsignatures/origin.sigs"/></Relationships>`, 1)},
			docxtest.Part{Name: "_xmlsignatures/origin.sigs", Content: ""}), "signature_left_out=1"},
		{"an object", docxtest.Document(`<w:p><w:r><w:object><o:OLEObject ProgID="Excel.Sheet.12"/></w:object></w:r></w:p>`),
			"object_without_preview=1"},
		{"text of another file", docxtest.Document(field(`INCLUDETEXT "a.docx"`, "")), "content_linked=1"},
		{"a condition on the page",
			docxtest.Document(`<w:p><w:r><w:fldChar w:fldCharType="begin"/><w:instrText>IF </w:instrText></w:r>` +
				field("PAGE", "1")[5:len(field("PAGE", "1"))-6] +
				`<w:r><w:instrText> = 1 a b</w:instrText><w:fldChar w:fldCharType="separate"/><w:t>a</w:t><w:fldChar w:fldCharType="end"/></w:r></w:p>`), "field_not_computed=1"},
	} {
		prepared, _ := prepare(t, test.content, mend.Wishes{})
		if got := warning.String(prepared.Warnings()); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// A web page within a document names no file and no address any more when LibreOffice reads it, however they are written.
func TestPagesWithinTheDocumentNameNothingOutside(t *testing.T) {
	inside := "data:image/png;base64,iVBORw0KGgo="
	for _, address := range []string{"file:///etc/passwd", "FILE:///etc/passwd", "file:/etc/passwd", "file:passwd",
		"&#102;ile:///etc/passwd", " file:///etc/passwd", "\tfile:///etc/passwd", "fi\nle:///etc/passwd", "/etc/passwd",
		"../passwd", "//host/passwd", `\\host\passwd`, "http://host/passwd", "vnd.sun.star.webdav://host/passwd",
		"vnd.sun.star.Package:passwd", "private:passwd", "cid:passwd", "data:text/html,passwd"} {
		page := `<p>text<img src="` + address + `"><img SRC='` + address + `' srcset="` + address + `"><img src="` + inside +
			`"><input type=image src="` + address + `"><embed src="` + address + `">` +
			`<p background="` + address + `" style="background:url('` + address + `')">more<style>p{background:url(` + address +
			`)}</style>`
		path := filepath.Join(t.TempDir(), "test.docx")
		content := docxtest.Document(`<w:altChunk r:id="a"/>`, docxtest.Part{Name: "word/a.html", Content: page},
			docxtest.Part{Name: "word/_rels/document.xml.rels",
				Content: docxtest.Relationships(docxtest.Relationship{ID: "a", Type: "aFChunk", Target: "a.html"})})
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		prepared, err := docx.Prepare(t.Context(), path, docx.DefaultLimits, mend.Wishes{})
		if err != nil || len(prepared.Insertions) != 1 {
			t.Fatalf("%s: %v, with insertions %v", address, err, prepared.Insertions)
		}
		clean, err := os.ReadFile(filepath.Join(filepath.Dir(path), prepared.Insertions[0].Name))
		if err != nil {
			t.Fatal(err)
		}
		if text := string(clean); strings.Contains(text, "passwd") || !strings.Contains(text, inside) ||
			!strings.Contains(text, "text") || !strings.Contains(text, "more") {
			t.Errorf("%s: LibreOffice gets %s", address, text)
		}
		changed, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if left := partOf(t, changed, "word/document.xml"); strings.Contains(left, "altChunk") {
			t.Errorf("%s: LibreOffice finds the page by itself: %s", address, left)
		}
	}
}
