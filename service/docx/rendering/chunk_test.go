package rendering

import (
	"bytes"
	"encoding/base64"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"strings"
	"testing"

	"docx2pdf/service/docx/docxtest"
	"docx2pdf/service/warning"
)

// chunked is a document with documents within it, by the types of their content; body has their places, {0} and so on.
func chunked(t *testing.T, body string, chunks ...[2]string) []byte {
	t.Helper()
	types, relations, parts := contentTypes(t), []docxtest.Relationship{}, []docxtest.Part{}
	for i, chunk := range chunks {
		id := string(rune('a' + i))
		types = strings.Replace(types, "<Override", `<Override PartName="/word/`+id+`.bin" ContentType="`+chunk[0]+
			`"/><Override`, 1)
		relations = append(relations, docxtest.Relationship{ID: id, Type: "aFChunk", Target: id + ".bin"})
		parts = append(parts, docxtest.Part{Name: "word/" + id + ".bin", Content: chunk[1]})
		body = strings.Replace(body, "{"+string(rune('0'+i))+"}", `<w:altChunk r:id="`+id+`"/>`, 1)
	}
	parts = append(parts, related(relations...), docxtest.Part{Name: "[Content_Types].xml", Content: types})
	return docxtest.Document(body, parts...)
}

// square is a picture of one colour.
func square(c color.Color) string {
	picture := image.NewRGBA(image.Rect(0, 0, 200, 200))
	draw.Draw(picture, picture.Bounds(), image.NewUniform(c), image.Point{}, draw.Src)
	var encoded bytes.Buffer
	if err := png.Encode(&encoded, picture); err != nil {
		panic(err) // a buffer takes everything
	}
	return encoded.String()
}

func TestDocumentsWithinTheDocument(t *testing.T) {
	page := `<html><head><title>Not shown</title></head><body><h1>Report</h1><p>Revenue <b>grew</b></p><table><tr><td>A</td><td>B</td></tr></table></body></html>`
	archive := "MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: " +
		"text/html; charset=windows-1252\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p>Gr=FC=DFe</p><img " +
		"width=3D200 height=3D200 src=3D\"cid:p\">\r\n" +
		"--b\r\nContent-Type: image/png\r\nContent-ID: <p>\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
		base64.StdEncoding.EncodeToString([]byte(square(color.NRGBA{200, 0, 0, 255}))) + "\r\n--b--\r\n"
	cell := `<w:tbl><w:tblPr/><w:tblGrid><w:gridCol w:w="5000"/></w:tblGrid><w:tr><w:tc>{2}<w:p/></w:tc></w:tr></w:tbl>`
	made := render(t, chunked(t, docxtest.Paragraph("one")+"{0}"+docxtest.Paragraph("two")+"{1}"+
		docxtest.Paragraph("three")+cell+"{3}"+docxtest.Paragraph("end"),
		[2]string{"text/html", page}, [2]string{"message/rfc822", archive},
		[2]string{"text/plain", "first <line>\r\nsecond\tline"},
		[2]string{"application/rtf", `{\rtf1\ansi rich \b text}`}))
	made.has(t, "one", "Report", "Revenue grew", "A", "B", "two", "Grüße", "three", "first <line>", "second line",
		"rich text", "end")
	made.hasNot(t, "Not shown")
	if made.warnings != "" {
		t.Errorf("the warnings are %q", made.warnings)
	}
	if made.share(t, near(200, 0, 0)) < 5 {
		t.Error("the picture of the archive is not seen")
	}
	render(t, chunked(t, "{0}<w:sectPr/>", [2]string{"text/html", page})).has(t, "Report")
}

// What is brought in is no way out: nothing in it runs, is fetched or is read from the converter's disk.
func TestPagesWithinTheDocumentLeadNowhere(t *testing.T) {
	made := render(t, chunked(t, docxtest.Paragraph("one")+"{0}"+docxtest.Paragraph("two"), [2]string{"text/html",
		`<script>document.write("scripted")</script><!-- noted --><p onclick="run()">shown <a href="java&#115;cript:alert(1)">link</a>` +
			`<img src="http://127.0.0.1:1/a.png"><img src="file:///etc/hostname"><iframe src="file:///etc/passwd">framed</iframe><sdfield type=filename format=path></p>` +
			`<p style="background: url(file:///etc/passwd)">more</p>`}))
	made.has(t, "one", "shown link", "more", "two")
	made.hasNot(t, "scripted", "noted", "framed", "jobs")
	if made.warnings != "picture_linked=2" {
		t.Errorf("the warnings are %q", made.warnings)
	}
	if objects := made.objects(t); strings.Contains(objects, "alert") || strings.Contains(objects, "passwd") {
		t.Error("a link to a script or a file is in the PDF")
	}
}

func TestWhatIsBroughtInIsNoTrackedChange(t *testing.T) {
	content := chunked(t, docxtest.Paragraph("one")+"{0}", [2]string{"text/html", "<p>brought in</p>"})
	parts := docxtest.Part{Name: "word/settings.xml", Content: `<w:settings ` + w + `><w:trackRevisions/></w:settings>`}
	relations := related(docxtest.Relationship{ID: "a", Type: "aFChunk", Target: "a.bin"},
		docxtest.Relationship{ID: "s", Type: "settings", Target: "settings.xml"})
	tracking := docxtest.Document(docxtest.Paragraph("one")+`<w:altChunk r:id="a"/>`, parts, relations,
		docxtest.Part{Name: "word/a.bin", Content: "<p>brought in</p>"}, docxtest.Part{Name: "[Content_Types].xml",
			Content: partOf(t, content, "[Content_Types].xml")})
	made := render(t, tracking)
	made.has(t, "one", "brought in")
	if made.share(t, func(r, g, b int) bool { return max(r, g, b)-min(r, g, b) > 60 }) > 0 {
		t.Error("what was brought in has the colour of a change")
	}
}

func TestADocumentOfNothingButWhatIsMissingIsRefused(t *testing.T) {
	unknown := [2]string{"application/x-unknown", "\x00\x01"}
	if made := render(t, chunked(t, docxtest.Paragraph("one")+"{0}", unknown)); made.warnings != "chunk_missing=1" {
		t.Errorf("the warnings are %q", made.warnings)
	}
	var refused *warning.Error
	if _, err := try(t, chunked(t, "{0}<w:sectPr/>", unknown)); !errors.As(err, &refused) {
		t.Errorf("a document of nothing else: %v", err)
	}
}
