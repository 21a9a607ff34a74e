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
			docxtest.Part{Name: name, Content: dot(t)}), mend.Wishes{})
		if partOf(t, changed, "word/"+target) == "" || len(prepared.Warnings()) > 0 {
			t.Errorf("%s is not there by the name %s, or has the warnings %v", name, target, prepared.Warnings())
		}
	}
}

// A web page within a document names no file and no address any more when LibreOffice reads it, however they are
// written.
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
