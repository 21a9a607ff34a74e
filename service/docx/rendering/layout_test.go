package rendering

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"docx2pdf/service/docx/docxtest"
)

// place is where a word is, in points from the page's upper left corner.
type place struct {
	page                     int
	left, top, right, bottom float64
}

// places are where words are, by the words.
func (p pdf) places(t *testing.T) map[string][]place {
	t.Helper()
	found := map[string][]place{}
	for number, page := range strings.Split(poppler(t, "pdftotext", "-bbox", p.path, "-"), "<page ")[1:] {
		for _, box := range wordBox.FindAllStringSubmatch(page, -1) {
			side := func(i int) float64 {
				n, err := strconv.ParseFloat(box[i], 64)
				if err != nil {
					t.Fatal(err)
				}
				return n
			}
			found[box[5]] = append(found[box[5]], place{number + 1, side(1), side(2), side(3), side(4)})
		}
	}
	return found
}

// place is where the only one of a word is.
func (p pdf) place(t *testing.T, word string) place {
	t.Helper()
	found := p.places(t)[word]
	if len(found) != 1 {
		t.Fatalf("%q is %d times in\n%s", word, len(found), p.text)
	}
	return found[0]
}

// sizes are the pages' sizes in whole points.
func (p pdf) sizes(t *testing.T) []string {
	t.Helper()
	var sizes []string
	for _, size := range regexp.MustCompile(`size:\s+(\d+)[\d.]* x (\d+)`).FindAllStringSubmatch(poppler(t, "pdfinfo",
		"-l", "99", p.path), -1) {
		sizes = append(sizes, size[1]+" x "+size[2])
	}
	return sizes
}

func section(inner string) string {
	return `<w:p><w:pPr><w:sectPr>` + inner + `</w:sectPr></w:pPr></w:p>`
}

const a4 = `<w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1000" w:right="1000" w:bottom="1000" w:left="1000" w:header="500" w:footer="500" w:gutter="0"/>`

func TestSectionsOfPages(t *testing.T) {
	first := strings.Replace(a4, "<w:pgSz",
		`<w:headerReference w:type="default" r:id="d"/><w:headerReference w:type="first" r:id="f"/><w:headerReference w:type="even" r:id="e"/><w:pgSz`, 1) + `<w:titlePg/>`
	header := func(name string) docxtest.Part {
		return docxtest.Part{Name: "word/" + name + ".xml", Content: `<w:hdr ` + w + `>` +
			docxtest.Paragraph("HEADER"+name) + `</w:hdr>`}
	}
	types := contentTypes(t)
	for _, name := range []string{"d", "e", "f"} {
		types = strings.Replace(types, "<Override", `<Override PartName="/word/`+name+
			`.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.header+xml"/><Override`, 1)
	}
	body := docxtest.Paragraph("one") + docxtest.PageBreak + docxtest.Paragraph("two") + docxtest.PageBreak +
		docxtest.Paragraph("three") + section(first) +
		docxtest.Paragraph("LEFT") + `<w:p><w:r><w:br w:type="column"/></w:r>` + text("RIGHT") + `</w:p>` +
		section(a4+`<w:cols w:num="2" w:space="400"/>`) +
		docxtest.Paragraph("wide") + section(`<w:pgSz w:w="16838" w:h="11906" w:orient="landscape"/>`) +
		docxtest.Paragraph("LARGE") + `<w:sectPr><w:pgSz w:w="31680" w:h="31680"/></w:sectPr>`
	made := render(t, docxtest.Document(body, header("d"), header("e"), header("f"),
		docxtest.Part{Name: "[Content_Types].xml", Content: types},
		docxtest.Part{Name: "word/settings.xml", Content: `<w:settings ` + w + `><w:evenAndOddHeaders/></w:settings>`},
		related(docxtest.Relationship{ID: "d", Type: "header", Target: "d.xml"},
			docxtest.Relationship{ID: "e", Type: "header", Target: "e.xml"},
			docxtest.Relationship{ID: "f", Type: "header", Target: "f.xml"}, docxtest.Relationship{ID: "s", Type: "settings",
				Target: "settings.xml"})))
	made.has(t, "HEADERf", "one", "HEADERe", "two", "HEADERd", "three")
	if left, right := made.place(t, "LEFT"), made.place(t, "RIGHT"); left.page != right.page || right.left < left.left+
		200 || max(left.top-right.top, right.top-left.top) > 5 {
		t.Errorf("two columns are at %+v and %+v", left, right)
	}
	sizes := made.sizes(t)
	if got := strings.Join(sizes[len(sizes)-2:], ", "); got != "841 x 595, 1584 x 1584" {
		t.Errorf("the last two pages are %s", got)
	}
}

func TestTextThatRunsAnotherWay(t *testing.T) {
	cell := func(properties, inner string) string {
		return `<w:tc><w:tcPr><w:tcW w:w="2000" w:type="dxa"/>` + properties + `</w:tcPr>` + inner + `</w:tc>`
	}
	grid := `<w:tblGrid><w:gridCol w:w="2000"/><w:gridCol w:w="2000"/></w:tblGrid>`
	made := render(t, docxtest.Document(
		`<w:tbl><w:tblPr><w:bidiVisual/></w:tblPr>`+grid+`<w:tr>`+cell("", docxtest.Paragraph("firstcell"))+
			cell("", docxtest.Paragraph("secondcell"))+`</w:tr></w:tbl>`+
			`<w:p><w:pPr><w:bidi/></w:pPr><w:r><w:rPr><w:rtl/></w:rPr><w:t>שלום</w:t></w:r></w:p>`+
			`<w:tbl><w:tblPr/>`+grid+`<w:tr><w:trPr><w:trHeight w:val="3000"/></w:trPr>`+cell(`<w:textDirection w:val="tbRl"/>`,
			docxtest.Paragraph("downwards"))+
			cell(`<w:textDirection w:val="btLr"/>`, docxtest.Paragraph("upwards"))+`</w:tr></w:tbl>`+
			`<w:p><w:pPr><w:framePr w:dropCap="drop" w:lines="3" w:wrap="around" w:vAnchor="text" w:hAnchor="text"/></w:pPr><w:r><w:rPr><w:sz w:val="100"/></w:rPr><w:t>Q</w:t></w:r></w:p>`+
			docxtest.Paragraph("uick "+strings.Repeat("brown foxes jump over the lazy dog and run away. ", 8))+
			`<w:p><w:r><w:ruby><w:rubyPr><w:rubyAlign w:val="center"/><w:hps w:val="12"/><w:hpsRaise w:val="20"/><w:hpsBaseText w:val="24"/></w:rubyPr><w:rt><w:r><w:rPr><w:sz w:val="12"/></w:rPr><w:t>かんじ</w:t></w:r></w:rt><w:rubyBase>`+
			text("漢字")+`</w:rubyBase></w:ruby></w:r></w:p>`))
	if first, second := made.place(t, "firstcell"), made.place(t, "secondcell"); first.left < second.right {
		t.Errorf("the cells of a table from right to left are at %+v and %+v", first, second)
	}
	for _, word := range []string{"downwards", "upwards"} {
		if at := made.place(t, word); at.bottom-at.top < at.right-at.left {
			t.Errorf("%q is not vertical: %+v", word, at)
		}
	}
	made.has(t, "שלום")
	for word, at := range made.places(t) {
		if strings.Contains(word, "ש") && at[0].left < 400 {
			t.Errorf("the text from right to left is at %+v", at[0])
		}
	}
	if tall := slices.ContainsFunc(append(made.places(t)["Q"], made.places(t)["Quick"]...),
		func(at place) bool { return at.bottom-at.top > 30 }); !tall {
		t.Errorf("the drop cap is not larger than the text: %+v", made.places(t))
	}
	if ruby, base := made.place(t, "かんじ"), made.place(t, "漢字"); ruby.bottom > base.bottom ||
		ruby.bottom-ruby.top > (base.bottom-base.top)*3/4 {
		t.Errorf("ruby is at %+v, its base at %+v", ruby, base)
	}
}

func TestTables(t *testing.T) {
	row := func(properties, inner string) string {
		return `<w:tr><w:trPr>` + properties +
			`</w:trPr><w:tc><w:tcPr><w:tcBorders><w:top w:val="single" w:sz="96" w:color="00B050"/></w:tcBorders></w:tcPr>` +
			inner + `</w:tc></w:tr>`
	}
	nested := `<w:tbl><w:tblPr/><w:tblGrid><w:gridCol w:w="2000"/></w:tblGrid><w:tr><w:tc>` +
		docxtest.Paragraph("nested") + `</w:tc></w:tr></w:tbl><w:p/>`
	rows := row(`<w:tblHeader/>`, docxtest.Paragraph("REPEATED")) + row("", nested)
	for n := range 80 {
		rows += row("", docxtest.Paragraph(fmt.Sprintf("row%d", n)))
	}
	made := render(t, docxtest.Document(`<w:tbl><w:tblPr/><w:tblGrid><w:gridCol w:w="5000"/></w:tblGrid>`+rows+
		`</w:tbl><w:p/><w:sectPr>`+a4+`</w:sectPr>`))
	made.has(t, "REPEATED", "nested", "row0", "REPEATED", "row79")
	if headers := len(made.places(t)["REPEATED"]); headers != made.pages {
		t.Errorf("%d headings on %d pages", headers, made.pages)
	}
	if made.share(t, near(0, 0xb0, 0x50)) < 5 {
		t.Error("the borders are not seen")
	}
}

// LibreOffice would go round in circles, or show nothing of the table.
func TestTablesAtTheBottomOfThePage(t *testing.T) {
	row := func(height, text string) string {
		return `<w:tr w:rsidR="1"><w:trPr>` + height + `</w:trPr><w:tc>` + docxtest.Paragraph(text) + `</w:tc></w:tr>`
	}
	for _, heights := range [][2]string{{`<w:trHeight w:val="907"/>`, `<w:trHeight w:hRule="exact" w:val="284"/>`}, {"", ""}} {
		made := render(t, docxtest.Document(`<w:tbl><w:tblPr><w:tblpPr w:vertAnchor="page" w:horzAnchor="page" `+
			`w:tblpX="1135" w:tblpYSpec="bottom"/></w:tblPr><w:tblGrid><w:gridCol w:w="7000"/></w:tblGrid>`+
			row(heights[0], "upper")+row(heights[1], "lower")+`</w:tbl>`+docxtest.Paragraph("above")))
		if made.pages != 1 || made.place(t, "upper").top < made.place(t, "above").top+300 {
			t.Errorf("%d pages, and the table is not at the bottom: %s", made.pages, made.text)
		}
		made.has(t, "lower")
	}
}

func TestTextThatIsNotInTheLine(t *testing.T) {
	const compatibility = ` xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"`
	box := `<w:r><mc:AlternateContent` + compatibility +
		`><mc:Choice Requires="wps"><w:drawing><wp:inline><wp:extent cx="2000000" cy="600000"/><wp:docPr id="7" name="b"/><a:graphic>` +
		`<a:graphicData uri="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"><wps:wsp><wps:cNvSpPr txBox="1"/><wps:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="2000000" cy="600000"/></a:xfrm>` +
		`<a:prstGeom prst="rect"/><a:solidFill><a:srgbClr val="FFC000"/></a:solidFill></wps:spPr><wps:txbx><w:txbxContent>` +
		docxtest.Paragraph("boxed") +
		`</w:txbxContent></wps:txbx><wps:bodyPr/></wps:wsp></a:graphicData></a:graphic></wp:inline></w:drawing></mc:Choice>` +
		`<mc:Fallback><w:pict><v:rect style="width:100pt;height:40pt"><v:textbox><w:txbxContent>` +
		docxtest.Paragraph("fallback") +
		`</w:txbxContent></v:textbox></v:rect></w:pict></mc:Fallback></mc:AlternateContent></w:r>`
	numbering := `<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:start w:val="2"/><w:numFmt w:val="upperRoman"/><w:lvlText w:val="%1."/></w:lvl>` +
		`<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:isLgl/><w:lvlText w:val="%1.%2"/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>`
	item := func(level int, s string) string {
		return fmt.Sprintf(`<w:p><w:pPr><w:numPr><w:ilvl w:val="%d"/><w:numId w:val="1"/></w:numPr></w:pPr>%s</w:p>`,
			level, text(s))
	}
	move := `<w:p><w:moveFromRangeStart w:id="1" w:author="A" w:name="m"/><w:moveFrom w:id="2" w:author="A">` +
		text("moved") + `</w:moveFrom><w:moveFromRangeEnd w:id="1"/></w:p>` + docxtest.Paragraph("between") +
		`<w:p><w:moveToRangeStart w:id="3" w:author="A" w:name="m"/><w:moveTo w:id="4" w:author="A">` + text("moved") +
		`</w:moveTo><w:moveToRangeEnd w:id="3"/></w:p>`
	watermark := `<w:p><w:r><w:pict><v:shapetype id="_x0000_t136" coordsize="21600,21600" o:spt="136" adj="10800" path="m@7,l@8,m@5,21600l@6,21600e">` +
		`<v:textpath on="t" fitshape="t"/></v:shapetype><v:shape type="#_x0000_t136" style="width:300pt;height:100pt;position:absolute" fillcolor="#ff00ff" stroked="f"><v:textpath style="font-family:&quot;Arial&quot;" string="DRAFT"/></v:shape></w:pict></w:r></w:p>`
	body := paragraph(box) + item(0, "roman") + item(1, "legal") +
		`<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>HIDDEN</w:t></w:r>` + text("seen") + `</w:p>` +
		`<w:p><w:bookmarkStart w:id="9" w:name="here"/>` + text("target") + `<w:bookmarkEnd w:id="9"/></w:p>` +
		paragraph(text("on page "), field(`PAGEREF here`, "77")) + move + watermark +
		`<w:sectPr>` + a4 + `<w:lnNumType w:countBy="1"/></w:sectPr>`
	content := docxtest.Document(body, related(docxtest.Relationship{ID: "n", Type: "numbering", Target: "numbering.xml"}),
		docxtest.Part{Name: "word/numbering.xml", Content: `<w:numbering ` + w + `>` + numbering + `</w:numbering>`},
		docxtest.Part{Name: "_rels/.rels", Content: strings.Replace(docxtest.Relationships(docxtest.Relationship{ID: "r1",
			Type: "officeDocument", Target: "word/document.xml"}), "</Relationships>",
			`<Relationship Id="c" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>`, 1)},
		docxtest.Part{Name: "docProps/core.xml",
			Content: `<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>The Title</dc:title></cp:coreProperties>`})
	made := render(t, content)
	made.has(t, "boxed", "II. roman", "2.1 legal", "seen", "target", "on page 1", "moved", "between", "moved")
	made.hasNot(t, "HIDDEN", "fallback", "77")
	if len(made.places(t)["boxed"]) != 1 || made.share(t, near(255, 192, 0)) < 5 {
		t.Error("the text box is not there once, in its colour")
	}
	if made.share(t, near(255, 0, 255)) < 3 {
		t.Error("the watermark is not seen")
	}
	if info := poppler(t, "pdfinfo", made.path); !strings.Contains(info, "The Title") {
		t.Errorf("the properties are\n%s", info)
	}
	if numbers := made.places(t)["3"]; len(numbers) != 1 {
		t.Errorf("the third line's number is there %d times", len(numbers))
	}
	accepted := render(t, content, "changes=accepted")
	if len(accepted.places(t)["moved"]) != 1 {
		t.Errorf("with its changes accepted, what was moved is there %d times", len(accepted.places(t)["moved"]))
	}
}

func TestStrictOpenXML(t *testing.T) {
	content := docxtest.Document(`<w:p><w:r><w:rPr><w:b/></w:rPr><w:t>strictly</w:t></w:r></w:p>` +
		`<w:sectPr><w:pgSz w:w="210mm" w:h="297mm"/></w:sectPr>`)
	strict := strings.NewReplacer("http://schemas.openxmlformats.org/wordprocessingml/2006/main",
		"http://purl.oclc.org/ooxml/wordprocessingml/main",
		"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
		"http://purl.oclc.org/ooxml/officeDocument/relationships")
	made := render(t, docxtest.Pack(docxtest.Part{Name: "[Content_Types].xml", Content: contentTypes(t)},
		docxtest.Part{Name: "_rels/.rels", Content: strict.Replace(partOf(t, content, "_rels/.rels"))},
		docxtest.Part{Name: "word/document.xml", Content: strict.Replace(partOf(t, content, "word/document.xml"))}))
	made.has(t, "strictly")
	if sizes := made.sizes(t); sizes[0] != "595 x 841" {
		t.Errorf("the page is %s", sizes[0])
	}
}
