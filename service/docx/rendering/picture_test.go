package rendering

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image/color"
	"strings"
	"testing"

	"docx2pdf/service/docx/docxtest"
)

// little writes numbers of two or four bytes, by their types, with the low byte first.
func little(values ...any) string {
	var b bytes.Buffer
	for _, v := range values {
		if s, ok := v.(string); ok {
			b.WriteString(s)
		} else {
			binary.Write(&b, binary.LittleEndian, v)
		}
	}
	return b.String()
}

// bitmap is a BMP of 8 × 8 pixels of one colour.
func bitmap(r, g, b byte) string {
	pixels := strings.Repeat(string([]byte{b, g, r}), 64)
	return little("BM", uint32(54+len(pixels)), uint32(0), uint32(54), uint32(40), int32(8), int32(8), uint16(1),
		uint16(24), uint32(0), uint32(len(pixels)), int32(2835), int32(2835), uint32(0), uint32(0), pixels)
}

// tiff is one of 8 × 8 pixels that is not compressed (TIFF 6.0, section 6).
func tiff(r, g, b byte) string {
	pixels := strings.Repeat(string([]byte{r, g, b}), 64)
	entries := [][4]int{{256, 3, 1, 8}, {257, 3, 1, 8}, {258, 3, 3, 0}, {259, 3, 1, 1}, {262, 3, 1, 2}, {273, 4, 1, 0},
		{277, 3, 1, 3}, {278, 3, 1, 8}, {279, 4, 1, len(pixels)}}
	after := 8 + 2 + 12*len(entries) + 4
	entries[2][3], entries[5][3] = after, after+6
	file := little("II", uint16(42), uint32(8), uint16(len(entries)))
	for _, e := range entries {
		file += little(uint16(e[0]), uint16(e[1]), uint32(e[2]), uint32(e[3]))
	}
	return file + little(uint32(0), uint16(8), uint16(8), uint16(8), pixels)
}

// metafile is a WMF with a rectangle of one colour ([MS-WMF]), of 100 units each way.
func metafile(r, g, b byte) string {
	header := []uint16{0xcdd7, 0x9ac6, 0, 0, 0, 100, 100, 96, 0, 0}
	sum := uint16(0)
	for _, n := range header {
		sum ^= n
	}
	records := little(
		uint32(5), uint16(0x020b), int16(0), int16(0), // window's origin
		uint32(5), uint16(0x020c), int16(100), int16(100), // and its size
		uint32(7), uint16(0x02fc), uint16(0), r, g, b, byte(0), uint16(0), // brush
		uint32(4), uint16(0x012d), uint16(0),
		uint32(7), uint16(0x041b), int16(100), int16(100), int16(0), int16(0),
		uint32(3), uint16(0))
	return little(header, sum, uint16(1), uint16(9), uint16(0x0300), uint32(9+len(records)/2), uint16(1), uint32(7),
		uint16(0), records)
}

// enhanced is an EMF with a rectangle of one colour ([MS-EMF]).
func enhanced(r, g, b byte) string {
	records := little(
		uint32(39), uint32(24), uint32(1), uint32(0), r, g, b, byte(0), uint32(0), // brush
		uint32(37), uint32(12), uint32(1),
		uint32(43), uint32(24), int32(0), int32(0), int32(100), int32(100),
		uint32(14), uint32(20), uint32(0), uint32(16), uint32(20))
	return little(uint32(1), uint32(88), int32(0), int32(0), int32(100), int32(100), int32(0), int32(0),
		int32(2646), int32(2646),
		" EMF", uint32(0x10000), uint32(88+len(records)), uint32(5), uint16(2), uint16(0), uint32(0), uint32(0), uint32(0),
		int32(1000), int32(1000), int32(264), int32(264), records)
}

// cyan is a JPEG of 8 × 8 pixels in cyan, magenta, yellow and black, as Adobe's programs write them: inverted. Each
// component is one block that has but a mean value.
func cyan() string {
	table := "\xff\xdb\x00\x43\x00" + strings.Repeat("\x01", 64)
	frame := "\xff\xc0\x00\x14\x08\x00\x08\x00\x08\x04\x01\x11\x00\x02\x11\x00\x03\x11\x00\x04\x11\x00"
	// One bit each: the mean has ten bits (0) or eleven (10); after it the block ends (0).
	means := "\xff\xc4\x00\x15\x00\x01\x01" + strings.Repeat("\x00", 14) + "\x0a\x0b"
	others := "\xff\xc4\x00\x14\x10\x01" + strings.Repeat("\x00", 15) + "\x00"
	scan := "\xff\xda\x00\x0e\x04\x01\x00\x02\x00\x03\x00\x04\x00\x00\x3f\x00"
	// Eight times (value - 128): -1016 for the ink that is full, 1016 for those that are not there.
	bits := ""
	for _, value := range []int{-1016, 1016, 1016, 1016} {
		if value < 0 {
			value += 1023
		}
		bits += fmt.Sprintf("0%010b0", value)
	}
	var data []byte
	for i := 0; i < len(bits); i += 8 {
		var b byte
		for _, bit := range (bits + "1111111")[i : i+8] {
			b = b<<1 | byte(bit-'0')
		}
		if data = append(data, b); b == 0xff {
			data = append(data, 0)
		}
	}
	return "\xff\xd8\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00" + table + frame + means + others + scan +
		string(data) + "\xff\xd9"
}

// orange is a WebP of 8 × 8 pixels of one colour, without loss: five codes of one symbol each need no data.
// https://developers.google.com/speed/webp/docs/webp_lossless_bitstream_specification
const orange = "RIFF\x1c\x00\x00\x00WEBPVP8L\x10\x00\x00\x00\x2f\x07\xc0\x01\x00\x07\x50\xc0\xfe\x47\xff\x03\x11\xd1\xff\x00"

func TestPicturesOfEveryFormat(t *testing.T) {
	svg := `<svg xmlns="http://www.w3.org/2000/svg" width="100" height="100"><rect width="100" height="100" fill="#00C878"/></svg>`
	all := []struct {
		extension, content string
		r, g, b            int
	}{
		{"png", square(color.NRGBA{200, 0, 0, 255}), 200, 0, 0},
		{"bmp", bitmap(0, 200, 0), 0, 200, 0},
		{"tiff", tiff(0, 0, 200), 0, 0, 200},
		{"wmf", metafile(200, 200, 0), 200, 200, 0},
		{"emf", enhanced(200, 0, 200), 200, 0, 200},
		{"svg", svg, 0, 200, 120},
		{"jpg", cyan(), 0, 255, 255},
		{"webp", orange, 255, 128, 0},
	}
	body, types := "", contentTypes(t)
	var relations []docxtest.Relationship
	var parts []docxtest.Part
	for _, p := range all {
		body += docxtest.PictureOf("r:embed", p.extension, 75, 75)
		relations = append(relations, docxtest.Relationship{ID: p.extension, Type: "image", Target: "media/p." + p.extension})
		parts = append(parts, docxtest.Part{Name: "word/media/p." + p.extension, Content: p.content})
		if !strings.Contains(types, `Extension="`+p.extension+`"`) {
			types = strings.Replace(types, "<Default", `<Default Extension="`+p.extension+`" ContentType="image/`+p.extension+
				`"/><Default`, 1)
		}
	}
	made := render(t, docxtest.Document(body, append(parts, related(relations...),
		docxtest.Part{Name: "[Content_Types].xml", Content: types})...))
	if made.warnings != "" || made.pages != 1 {
		t.Errorf("%d pages, and the warnings are %q", made.pages, made.warnings)
	}
	for _, p := range all {
		if seen := made.share(t, near(p.r, p.g, p.b)); seen < 8 {
			t.Errorf("%s: %d of 1000 pixels have its colour", p.extension, seen)
		}
	}
}

func TestSmartArtAsItWasDrawn(t *testing.T) {
	const dgm, dsp = "http://schemas.openxmlformats.org/drawingml/2006/diagram",
		"http://schemas.microsoft.com/office/drawing/2008/diagram"
	body := `<w:p><w:r><w:drawing><wp:inline><wp:extent cx="3000000" cy="1500000"/><wp:docPr id="1" name="d"/><a:graphic><a:graphicData uri="` + dgm + `"><dgm:relIds xmlns:dgm="` + dgm +
		`" r:dm="dm" r:lo="dm" r:qs="dm" r:cs="dm"/></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>`
	data := `<dgm:dataModel xmlns:dgm="` + dgm +
		`" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><dgm:ptLst/><dgm:cxnLst/><dgm:extLst><a:ext uri="http://schemas.microsoft.com/office/drawing/2008/diagram">` +
		`<dsp:dataModelExt xmlns:dsp="` + dsp +
		`" relId="dr" minVer="http://schemas.openxmlformats.org/drawingml/2006/diagram"/></a:ext></dgm:extLst></dgm:dataModel>`
	drawing := `<dsp:drawing xmlns:dsp="` + dsp +
		`" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><dsp:spTree><dsp:nvGrpSpPr><dsp:cNvPr id="0" name=""/><dsp:cNvGrpSpPr/></dsp:nvGrpSpPr><dsp:grpSpPr/>` +
		`<dsp:sp modelId="{1}"><dsp:nvSpPr><dsp:cNvPr id="1" name=""/><dsp:cNvSpPr/></dsp:nvSpPr><dsp:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="2000000" cy="1000000"/></a:xfrm><a:prstGeom prst="rect"/>` +
		`<a:solidFill><a:srgbClr val="00B050"/></a:solidFill></dsp:spPr><dsp:txBody><a:bodyPr/><a:p><a:r><a:t>StepOne</a:t></a:r></a:p></dsp:txBody></dsp:sp></dsp:spTree></dsp:drawing>`
	types := strings.Replace(contentTypes(t), "<Override",
		`<Override PartName="/word/diagrams/data1.xml" ContentType="application/vnd.openxmlformats-officedocument.drawingml.diagramData+xml"/>`+
			`<Override PartName="/word/diagrams/drawing1.xml" ContentType="application/vnd.ms-office.drawingml.diagramDrawing+xml"/><Override`, 1)
	relations := strings.Replace(docxtest.Relationships(docxtest.Relationship{ID: "dm", Type: "diagramData",
		Target: "diagrams/data1.xml"}), "</Relationships>",
		`<Relationship Id="dr" Type="http://schemas.microsoft.com/office/2007/relationships/diagramDrawing" Target="diagrams/drawing1.xml"/></Relationships>`, 1)
	made := render(t, docxtest.Document(body, docxtest.Part{Name: "word/_rels/document.xml.rels", Content: relations},
		docxtest.Part{Name: "[Content_Types].xml", Content: types},
		docxtest.Part{Name: "word/diagrams/data1.xml", Content: data}, docxtest.Part{Name: "word/diagrams/drawing1.xml",
			Content: drawing}))
	made.has(t, "StepOne")
	if made.warnings != "" || made.share(t, near(0, 0xb0, 0x50)) < 10 {
		t.Errorf("the shape is not seen, or the warnings are %q", made.warnings)
	}
}
