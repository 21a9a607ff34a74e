package docx_test

import (
	"strings"
	"testing"

	"docx2pdf/service/docx/docxtest"
	"docx2pdf/service/docx/mend"
	"docx2pdf/service/warning"
)

// Each system of numbers that LibreOffice does not have is told of, wherever it is used.
func TestNumbersThatBecomeDigits(t *testing.T) {
	list := func(format string) []byte {
		return docxtest.Document("", docxtest.Part{Name: "word/numbering.xml", Content: `<w:numbering xmlns:w=` +
			`"http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:abstractNum><w:lvl><w:numFmt w:val="` + format +
			`"/></w:lvl></w:abstractNum></w:numbering>`})
	}
	for _, format := range []string{"decimal", "upperRoman", "thaiLetters", "hindiVowels", "numberInDash",
		"none", "bullet"} {
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
	const chart = `<w:p><c:chart xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" r:id="c"/></w:p>`
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
			docxtest.Part{Name: "word/media/p.png", Content: dot(t)}), ""},
		{"a 3D model", docxtest.Document(alternate(model, "")), "object_without_preview=1"},
		{"a 3D model with a picture", docxtest.Document(alternate(model, inkPicture), inkRelation,
			docxtest.Part{Name: "word/media/p.png", Content: dot(t)}), ""},
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
		{"PNG", picture(dot(t)), ""},
		{"a chart that is not there", docxtest.Document(chart,
			rels(docxtest.Relationship{ID: "c", Type: "chart", Target: "charts/chart1.xml"})), "chart_missing=1"},
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
		{"a fraction in a field", docxtest.Document(field(`EQ \f(1,2)`, "")), "field_not_drawn=1"},
		{"a barcode", docxtest.Document(field(`DISPLAYBARCODE "a" QR`, "")), "field_not_drawn=1"},
		{"a number in the text", docxtest.Document(field("LISTNUM", "")), "field_not_drawn=1"},
		{"one that was saved", docxtest.Document(field("LISTNUM", "1)")), ""},
		{"text above text", docxtest.Document(field(`EQ \* jc2 \* hps10 \o\ad(\s\up 9(a),b)`, "")), ""},
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
