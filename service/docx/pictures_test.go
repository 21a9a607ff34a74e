package docx_test

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"strings"
	"testing"

	"docx2pdf/service/docx/docxtest"
	"docx2pdf/service/docx/mend"
	"docx2pdf/service/warning"
)

// noise is a picture that does not get small.
func noise() image.Image {
	picture := image.NewPaletted(image.Rect(0, 0, 64, 64), color.Palette{color.Black, color.White, color.RGBA{200, 0, 0, 255}})
	for i := range picture.Pix {
		picture.Pix[i] = byte(i * i / 7 % 3)
	}
	return picture
}

func encoded(t *testing.T, encode func(io.Writer, image.Image) error, picture image.Image) string {
	t.Helper()
	var b bytes.Buffer
	if err := encode(&b, picture); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// dot is a PNG.
func dot(t *testing.T) string {
	return encoded(t, png.Encode, image.NewGray(image.Rect(0, 0, 1, 1)))
}

// little writes numbers with the low byte first.
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

// A picture that was cut off when it was saved or sent is not missed in silence, and none that is whole is suspected.
func TestPicturesThatAreCutOff(t *testing.T) {
	asJPEG := func(w io.Writer, picture image.Image) error { return jpeg.Encode(w, picture, nil) }
	asGIF := func(w io.Writer, picture image.Image) error { return gif.Encode(w, picture, nil) }
	photograph := encoded(t, asJPEG, noise())
	// Cameras put a small picture before the large one, and other things behind.
	thumbnail := encoded(t, asJPEG, image.NewGray(image.Rect(0, 0, 8, 8)))
	inside := "\xff\xe1" + string([]byte{byte((len(thumbnail) + 2) >> 8), byte(len(thumbnail) + 2)}) + thumbnail
	strip := strings.Repeat("\x7f", 64)
	for name, content := range map[string]string{
		"PNG":                     encoded(t, png.Encode, noise()),
		"JPEG":                    photograph,
		"JPEG with another in it": photograph[:2] + inside + photograph[2:],
		"GIF":                     encoded(t, asGIF, noise()),
		"BMP": little("BM", uint32(0), uint32(0), uint32(54), uint32(40), int32(8), int32(-8), uint16(1), uint16(24),
			uint32(0), uint32(0), uint64(0), uint64(0), strings.Repeat("\x7f", 192)),
		"TIFF": little("II*\x00", uint32(8), uint16(2), uint16(273), uint16(4), uint32(1), uint32(38), uint16(279), uint16(3),
			uint32(1), uint32(64), uint32(0), strip),
		"TIFF with its directory behind": little("II*\x00", uint32(72), strip, uint16(1), uint16(273), uint16(4), uint32(1),
			uint32(8), uint32(0)),
		"WebP": little("RIFF", uint32(36), "WEBPVP8L", strings.Repeat("\x7f", 28)),
		"EMF": little(uint32(1), uint32(88), strings.Repeat("\x00", 32), " EMF", uint32(0x10000), uint32(120),
			strings.Repeat("\x00", 68)),
		"SVG": `<?xml version="1.0"?><!-- ` + strings.Repeat("a", 3000) + ` --><svg xmlns="http://www.w3.org/2000/svg">` +
			`<rect width="9" height="9"/>` + strings.Repeat("<g></g>", 3000) + "</svg>\n",
	} {
		for _, cut := range []struct {
			what, content, want string
		}{
			{"whole", content, ""},
			{"with something behind", content + "\n\n", ""},
			{"a half", content[:len(content)/2], "picture_damaged=1"},
			{"without its end", content[:len(content)-9], "picture_damaged=1"},
			{"its beginning", content[:min(60, len(content)/3)], "picture_damaged=1"},
		} {
			if name == "TIFF with its directory behind" && cut.what == "its beginning" ||
				name == "SVG" && cut.what == "its beginning" {
				continue // nothing tells a drawing from a web page
			}
			prepared, _ := prepare(t, docxtest.Document(docxtest.Picture("r:embed", "p"),
				docxtest.Part{Name: "word/_rels/document.xml.rels", Content: docxtest.Relationships(
					docxtest.Relationship{ID: "p", Type: "image", Target: "media/p.bin"})},
				docxtest.Part{Name: "word/media/p.bin", Content: cut.content}), mend.Wishes{})
			if got := warning.String(prepared.Warnings()); got != cut.want {
				t.Errorf("%s, %s: the warnings are %q, want %q", name, cut.what, got, cut.want)
			}
		}
	}
	for name, content := range map[string]string{
		"a page that says why": "<!DOCTYPE html><html><body>404 not found</body></html>",
		"another page":         "<html><head></head></html>",
		"text":                 "not a picture",
	} {
		prepared, _ := prepare(t, docxtest.Document(docxtest.Picture("r:embed", "p"),
			docxtest.Part{Name: "word/_rels/document.xml.rels", Content: docxtest.Relationships(
				docxtest.Relationship{ID: "p", Type: "image", Target: "media/p.emf"})},
			docxtest.Part{Name: "word/media/p.emf", Content: content}), mend.Wishes{})
		if got := warning.String(prepared.Warnings()); got != "picture_format=1" {
			t.Errorf("%s: the warnings are %q", name, got)
		}
	}
}
