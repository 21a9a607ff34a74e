package rendering

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"docx2pdf/service/docx/docxtest"
	"docx2pdf/service/warning"
)

// share is the part of a page's pixels that a test is true for, in thousandths.
func (p pdf) share(t *testing.T, is func(r, g, b int) bool) int {
	t.Helper()
	out := filepath.Join(t.TempDir(), "page")
	poppler(t, "pdftoppm", "-png", "-r", "50", "-singlefile", p.path, out)
	file, err := os.Open(out + ".png")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	picture, err := png.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	bounds, found := picture.Bounds(), 0
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			c := color.NRGBAModel.Convert(picture.At(x, y)).(color.NRGBA)
			if is(int(c.R), int(c.G), int(c.B)) {
				found++
			}
		}
	}
	return found * 1000 / (bounds.Dx() * bounds.Dy())
}

func near(r, g, b int) func(int, int, int) bool {
	return func(r2, g2, b2 int) bool { return max(r-r2, r2-r, g-g2, g2-g, b-b2, b2-b) < 24 }
}

func TestChartsWithoutAThemeHaveOfficesColours(t *testing.T) {
	const chart = `<c:chartSpace xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><c:chart><c:plotArea>` +
		`<c:barChart><c:barDir val="col"/><c:ser><c:idx val="0"/><c:order val="0"/><c:val><c:numRef><c:f>A</c:f><c:numCache><c:ptCount val="2"/><c:pt idx="0"><c:v>3</c:v></c:pt>` +
		`<c:pt idx="1"><c:v>5</c:v></c:pt></c:numCache></c:numRef></c:val></c:ser><c:axId val="1"/><c:axId val="2"/></c:barChart><c:catAx><c:axId val="1"/><c:crossAx val="2"/></c:catAx>` +
		`<c:valAx><c:axId val="2"/><c:crossAx val="1"/></c:valAx></c:plotArea></c:chart></c:chartSpace>`
	body := `<w:p><w:r><w:drawing><wp:inline><wp:extent cx="5000000" cy="2500000"/><wp:docPr id="1" name="c"/><a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/chart">` +
		`<c:chart xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" r:id="c"/></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>`
	types := strings.Replace(contentTypes(t), "</Types>",
		`<Override PartName="/word/charts/chart1.xml" ContentType="application/vnd.openxmlformats-officedocument.drawingml.chart+xml"/></Types>`, 1)
	made := render(t, docxtest.Document(body, related(docxtest.Relationship{ID: "c", Type: "chart",
		Target: "charts/chart1.xml"}),
		docxtest.Part{Name: "word/charts/chart1.xml", Content: chart}, docxtest.Part{Name: "[Content_Types].xml",
			Content: types}))
	if made.share(t, near(0x44, 0x72, 0xc4)) < 10 {
		t.Error("no bars in the first colour of Office's theme")
	}
}

func TestTheFirstPictureOfAnAnimation(t *testing.T) {
	red := image.NewPaletted(image.Rect(0, 0, 20, 20), color.Palette{color.NRGBA{200, 0, 0, 255}, color.Transparent})
	clear := image.NewPaletted(image.Rect(0, 0, 20, 20), color.Palette{color.Transparent})
	var moving bytes.Buffer
	if err := gif.EncodeAll(&moving, &gif.GIF{Image: []*image.Paletted{red, clear}, Delay: []int{5, 5},
		Disposal: []byte{gif.DisposalBackground, gif.DisposalBackground}}); err != nil {
		t.Fatal(err)
	}
	types := strings.Replace(contentTypes(t), "<Default", `<Default Extension="gif" ContentType="image/gif"/><Default`, 1)
	made := render(t, docxtest.Document(docxtest.PictureOf("r:embed", "p", 300, 300),
		related(docxtest.Relationship{ID: "p", Type: "image", Target: "media/p.gif"}),
		docxtest.Part{Name: "word/media/p.gif", Content: moving.String()}, docxtest.Part{Name: "[Content_Types].xml",
			Content: types}))
	if made.share(t, near(200, 0, 0)) < 100 {
		t.Error("the picture is not seen")
	}
}

func contentTypes(t *testing.T) string {
	t.Helper()
	return partOf(t, docxtest.Document(""), "[Content_Types].xml")
}

func TestPagesBetweenOddSections(t *testing.T) {
	section := `<w:sectPr><w:type w:val="oddPage"/></w:sectPr>`
	made := render(t, docxtest.Document(paragraph(text("one of "), field("NUMPAGES", "3"))+`<w:p><w:pPr>`+section+
		`</w:pPr></w:p>`+paragraph(text("two"))+section))
	made.has(t, "one of 3", "two")
	if made.pages != 3 {
		t.Errorf("%d pages, want 3 with a blank one", made.pages)
	}
}

func TestPagesWithoutRoom(t *testing.T) {
	for _, page := range []string{
		`<w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1000" w:right="9000" w:bottom="1000" w:left="9000"/>`,
		`<w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="12000" w:right="1000" w:bottom="12000" w:left="1000"/>`,
		`<w:pgSz w:w="0" w:h="0"/>`,
	} {
		made := render(t, docxtest.Document(docxtest.Paragraph("SEEN with some more words")+`<w:sectPr>`+page+`</w:sectPr>`))
		made.has(t, "SEEN with some more words")
		if made.share(t, func(r, g, b int) bool { return r < 128 && g < 128 && b < 128 }) > 500 || made.pages != 1 {
			t.Errorf("%s: %d pages, not as one of text", page, made.pages)
		}
	}
}

func TestComments(t *testing.T) {
	content := docxtest.Document(`<w:p><w:commentRangeStart w:id="0"/>`+text("Clause one.")+
		`<w:commentRangeEnd w:id="0"/><w:r><w:commentReference w:id="0"/></w:r></w:p>`,
		related(docxtest.Relationship{ID: "c", Type: "comments", Target: "comments.xml"}),
		docxtest.Part{Name: "word/comments.xml", Content: `<w:comments ` + w +
			`><w:comment w:id="0" w:author="Quentin" w:initials="Q"><w:p>` + text("too dear") +
			`</w:p></w:comment></w:comments>`})
	if made := render(t, content); strings.Contains(made.objects(t), "/Subtype /Text") ||
		strings.Contains(made.objects(t), "Quentin") {
		t.Error("a comment is in the PDF without being asked for")
	}
	if made := render(t, content, "comments=annotations"); !strings.Contains(made.objects(t), "/Subtype /Text") {
		t.Error("comments=annotations: no annotation")
	}
	render(t, content, "comments=margin").has(t, "Quentin")
}

// LibreOffice refuses documents with such comments.
func TestCommentsWithMoreThanText(t *testing.T) {
	const shape = `<w:drawing><wp:inline><wp:extent cx="2000000" cy="500000"/><wp:docPr id="1" name="s"/><a:graphic>` +
		`<a:graphicData uri="http://schemas.microsoft.com/office/word/2010/wordprocessingShape">` +
		`<wps:wsp xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"><wps:cNvSpPr/><wps:spPr>` +
		`<a:prstGeom prst="ellipse"/></wps:spPr><wps:bodyPr/></wps:wsp></a:graphicData></a:graphic></wp:inline></w:drawing>`
	control := func(inner string) string {
		return `<w:sdt><w:sdtPr><w:text/></w:sdtPr><w:sdtContent>` + inner + `</w:sdtContent></w:sdt>`
	}
	for name, content := range map[string]string{
		"a shape":                    paragraph(text("remark"), `<w:r>`+shape+`</w:r>`),
		"a control around text":      paragraph(control(text("remark"))),
		"a control around all of it": control(paragraph(text("remark"))),
	} {
		document := docxtest.Document(paragraph(text("commented"), `<w:r><w:commentReference w:id="0"/></w:r>`),
			related(docxtest.Relationship{ID: "c", Type: "comments", Target: "comments.xml"}),
			docxtest.Part{Name: "word/comments.xml", Content: `<w:comments ` + w +
				` xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"` +
				` xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><w:comment w:id="0" w:author="n">` + content +
				`</w:comment></w:comments>`})
		made, err := try(t, document)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		made.has(t, "commented")
		if made := render(t, document, "comments=annotations"); !strings.Contains(made.objects(t), "(remark") &&
			!strings.Contains(made.objects(t), "feff00720065006d00610072006b") {
			t.Errorf("%s: its text is missing", name)
		}
	}
}

func TestFormsAreThereOnlyForThoseWhoAskForThem(t *testing.T) {
	content := docxtest.Document(paragraph(text("Name: "), `<w:sdt><w:sdtPr><w:text/></w:sdtPr><w:sdtContent>`+text("Ada")+
		`</w:sdtContent></w:sdt>`))
	made := render(t, content)
	made.has(t, "Name: Ada")
	if strings.Contains(made.objects(t), "/Subtype /Widget") {
		t.Error("a content control is a form field")
	}
	if made := render(t, content, "forms=true"); !strings.Contains(made.objects(t), "/Subtype /Widget") {
		t.Error("forms=true: no form field")
	}
}

// Neither text nor links nor metadata tell where the document was on the converter's disk.
func TestNoPathOfTheServerIsInAPDF(t *testing.T) {
	made := render(t, docxtest.Document(`<w:p><w:hyperlink r:id="l">`+text("other")+`</w:hyperlink></w:p>`+
		paragraph(field(`FILENAME \p`, ""))+paragraph(field("TEMPLATE", "")),
		related(docxtest.Relationship{ID: "l", Type: "hyperlink", Target: "other.docx", External: true})))
	objects := made.objects(t)
	if !strings.Contains(objects, "other.docx") {
		t.Error("the link is not there")
	}
	if temp := filepath.Dir(made.path); strings.Contains(objects, temp) || strings.Contains(made.text, "jobs") ||
		strings.Contains(objects, "file://") {
		t.Errorf("%s is in the PDF", temp)
	}
}

// A link that runs something in the viewer becomes text, however it is written.
func TestLinksThatRunSomethingAreText(t *testing.T) {
	link := func(id, shown string) string {
		return `<w:p><w:hyperlink r:id="` + id + `">` + text(shown) + `</w:hyperlink></w:p>`
	}
	made := render(t, docxtest.Document(link("a", "first")+link("b", "second")+link("c", "third")+
		paragraph(field(`HYPERLINK "javascript:alert(4)"`, "fourth"))+
		paragraph(field(`HYPERLINK "https://example.com/5"`, "fifth")),
		related(docxtest.Relationship{ID: "a", Type: "hyperlink", Target: "javascript:alert(1)", External: true},
			docxtest.Relationship{ID: "b", Type: "hyperlink", Target: "Java\tScript:alert(2)", External: true},
			docxtest.Relationship{ID: "c", Type: "hyperlink", Target: "https://example.com/3", External: true})))
	for _, shown := range []string{"first", "second", "third", "fourth", "fifth"} {
		if !strings.Contains(made.text, shown) {
			t.Errorf("%q is not in the PDF", shown)
		}
	}
	objects := made.objects(t)
	if strings.Contains(strings.ToLower(objects), "alert") || strings.Count(objects, "/Subtype /Link") != 2 {
		t.Errorf("the PDF has %d links, want the two that run nothing", strings.Count(objects, "/Subtype /Link"))
	}
}

func TestStrictTakesNoPDFThatLacksSomething(t *testing.T) {
	content := docxtest.Document(docxtest.Paragraph("a")+docxtest.Picture("r:link", "p"),
		related(docxtest.Relationship{ID: "p", Type: "image", Target: "http://127.0.0.1:1/a.png", External: true}))
	if made := render(t, content); made.warnings != "picture_linked=1" {
		t.Errorf("the warnings are %q", made.warnings)
	}
	var refused *warning.Error
	if _, err := try(t, content, "strict=true"); !errors.As(err, &refused) {
		t.Errorf("strict=true: %v", err)
	}
	render(t, docxtest.Document(docxtest.Paragraph("whole")), "strict=true").has(t, "whole")
}
