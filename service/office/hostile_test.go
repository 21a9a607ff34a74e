package office_test

import (
	"encoding/base64"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"docx2pdf/service/docx"
	"docx2pdf/service/docx/docxtest"
	"docx2pdf/service/docx/mend"
	"docx2pdf/service/office"
	"docx2pdf/service/sandbox"
)

// permissive is a configuration that lets LibreOffice follow links and run macros, as its desktop does when it is told
// to. LibreOffice 26.8 looks for a document's events in its macros by a media type that its own type for them has not.
const permissive = `<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>false</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>false</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>0</value></prop></item>
<item oor:path="/org.openoffice.Office.Writer/Content/Update"><prop oor:name="Link" oor:op="fuse"><value>2</value></prop></item>
<item oor:path="/org.openoffice.TypeDetection.Types/Types/org.openoffice.TypeDetection.Types:Type['writer_OOXML_VBA']"><prop oor:name="MediaType" oor:op="fuse"><value>application/msword</value></prop></item>
</oor:items>`

// bait waits for whoever follows a link: over the network or into the file system.
type bait struct {
	url, directory string

	mu   sync.Mutex
	hits int
}

// secret is what a file holds that no document may read.
const secret = "the canary sings"

func layBait(t *testing.T) *bait {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &bait{url: "http://" + listener.Addr().String(), directory: t.TempDir()}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			b.mu.Lock()
			b.hits++
			b.mu.Unlock()
			connection.Close()
		}
	}()
	t.Cleanup(func() { listener.Close() })
	// A picture of one pixel, and texts.
	png, err := base64.StdEncoding.DecodeString("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"canary.png":  png,
		"canary.txt":  []byte(secret),
		"canary.html": []byte("<p>" + secret),
		"canary.docx": docxtest.Document(docxtest.Paragraph(secret)),
	} {
		if err := os.WriteFile(filepath.Join(b.directory, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func (b *bait) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.hits
}

func (b *bait) file(name string) string { return "file://" + filepath.Join(b.directory, name) }

// hostile are documents that reach out, by what they reach out with.
func (b *bait) hostile() map[string][]byte {
	related := func(body string, all ...docxtest.Relationship) []byte {
		return docxtest.Document(docxtest.Paragraph("text")+body, docxtest.Part{Name: "word/_rels/document.xml.rels",
			Content: docxtest.Relationships(all...)})
	}
	external := func(kind, target string) docxtest.Relationship {
		return docxtest.Relationship{ID: "x", Type: kind, Target: target, External: true}
	}
	vml := `<w:p><w:r><w:pict><v:shape style="width:75pt;height:75pt"><v:imagedata r:href="x" o:href="` + b.url +
		`/vml.png"/></v:shape></w:pict></w:r></w:p>`
	ole := `<w:p><w:r><w:object><v:shape id="s" style="width:75pt;height:75pt"/><o:OLEObject Type="Link" ProgID="Word.Document" ShapeID="s" DrawAspect="Content" r:id="x" UpdateMode="Always"/></w:object></w:r></w:p>`
	return map[string][]byte{
		"linked picture, http": related(docxtest.Picture("r:link", "x"), external("image", b.url+"/a.png")),
		"linked picture, other case": related(docxtest.Picture("r:link", "x"),
			external("image", "HTTP"+strings.TrimPrefix(b.url, "http")+"/a.png")),
		"linked picture, WebDAV": related(docxtest.Picture("r:link", "x"),
			external("image", "vnd.sun.star.webdav"+strings.TrimPrefix(b.url, "http")+"/a.png")),
		"linked picture, file": related(docxtest.Picture("r:link", "x"), external("image", b.file("canary.png"))),
		"linked picture, path": related(docxtest.Picture("r:link", "x"),
			external("image", filepath.Join(b.directory, "canary.png"))),
		"embedded name, http": related(docxtest.Picture("r:embed", "x"), external("image", b.url+"/b.png")),
		"embedded name, file": related(docxtest.Picture("r:embed", "x"), external("image", b.file("canary.png"))),
		"VML picture":         related(vml, external("image", b.url+"/c.png")),
		"VML picture, file": related(strings.ReplaceAll(vml, b.url+"/vml.png", b.file("canary.png")),
			external("image", b.file("canary.png"))),
		"linked object":       related(ole, external("oleObject", b.file("canary.docx"))),
		"linked object, http": related(ole, external("oleObject", b.url+"/o.docx")),
		"altChunk, http":      related(`<w:altChunk r:id="x"/>`, external("aFChunk", b.url+"/chunk.html")),
		"altChunk, file":      related(`<w:altChunk r:id="x"/>`, external("aFChunk", b.file("canary.html"))),
		"altChunk with a picture": docxtest.Document(`<w:altChunk r:id="x"/>`+docxtest.Paragraph("text"),
			docxtest.Part{Name: "word/_rels/document.xml.rels",
				Content: docxtest.Relationships(docxtest.Relationship{ID: "x", Type: "aFChunk", Target: "chunk.html"})},
			docxtest.Part{Name: "word/chunk.html", Content: `<html><link rel=stylesheet href="` + b.url +
				`/s.css"><body background="` + b.url + `/bg.png"><img src="` + b.url + `/d.png"><img src="` + b.file("canary.png") +
				`"><iframe src="` + b.file("canary.html") + `"></iframe></body></html>`}),
		"attached template": docxtest.Document(docxtest.Paragraph("text"),
			docxtest.Part{Name: "word/_rels/document.xml.rels",
				Content: docxtest.Relationships(docxtest.Relationship{ID: "s", Type: "settings", Target: "settings.xml"})},
			docxtest.Part{Name: "word/settings.xml",
				Content: `<w:settings xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><w:attachedTemplate r:id="x"/><w:linkStyles/><w:updateFields w:val="true"/></w:settings>`},
			docxtest.Part{Name: "word/_rels/settings.xml.rels",
				Content: docxtest.Relationships(external("attachedTemplate", b.url+"/t.dotx"))}),
		"subdocument":    related(`<w:subDoc r:id="x"/>`, external("subDocument", b.file("canary.docx"))),
		"INCLUDEPICTURE": docxtest.Document(docxtest.Field(`INCLUDEPICTURE "` + b.url + `/e.png" \* MERGEFORMAT \d`)),
		"INCLUDEPICTURE, file": docxtest.Document(docxtest.Field(`INCLUDEPICTURE "` +
			filepath.Join(b.directory, "canary.png") + `" \d`)),
		"INCLUDETEXT":       docxtest.Document(docxtest.Field(`INCLUDETEXT "` + b.file("canary.txt") + `"`)),
		"INCLUDETEXT, http": docxtest.Document(docxtest.Field(`INCLUDETEXT "` + b.url + `/f.txt"`)),
		"LINK": docxtest.Document(docxtest.Field(`LINK Word.Document.12 "` + b.file("canary.docx") +
			`" "" \a \r`)),
		"DDE": docxtest.Document(docxtest.Field(`DDEAUTO soffice "` + b.file("canary.docx") +
			`" "bookmark"`)),
		"a web page": []byte(`<html><body>text <img src="` + b.url + `/g.png"><img src="` + b.file("canary.png") +
			`"></body></html>`),
		"a flat OpenDocument": []byte(flatODT(b.url+"/h.png", b.file("canary.png"), b.file("canary.txt"))),
		"an RTF with a picture": []byte(`{\rtf1 text {\field{\*\fldinst INCLUDEPICTURE "` + b.url +
			`/i.png" \\d}}{\field{\*\fldinst INCLUDETEXT "` + b.file("canary.txt") + `"}}}`),
	}
}

func flatODT(picture, localPicture, section string) string {
	image := func(url string) string {
		return `<text:p><draw:frame svg:width="2cm" svg:height="2cm"><draw:image xlink:href="` + url +
			`" xlink:type="simple" xlink:actuate="onLoad"/></draw:frame></text:p>`
	}
	return `<?xml version="1.0"?><office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0" xmlns:xlink="http://www.w3.org/1999/xlink" office:version="1.2" office:mimetype="application/vnd.oasis.opendocument.text"><office:body><office:text><text:p>text</text:p>` +
		image(picture) + image(localPicture) +
		`<text:section text:name="s"><text:section-source xlink:href="` + section +
		`" xlink:type="simple"/><text:p>old</text:p></text:section></office:text></office:body></office:document>`
}

// hasPixel tells whether a PDF has a picture of one pixel, as the bait is. LibreOffice may draw a larger one in the
// place
// of what it did not get.
func hasPixel(t *testing.T, pdf string) bool {
	t.Helper()
	for line := range strings.Lines(poppler(t, "pdfimages", "-list", pdf)) {
		if f := strings.Fields(line); len(f) > 4 && f[3] == "1" && f[4] == "1" {
			return true
		}
	}
	return false
}

// leaks converts every hostile document, made ready before as the converter does or not, and names those that got at
// something.
func leaks(t *testing.T, engine *office.Engine, ready bool) []string {
	t.Helper()
	b := layBait(t)
	var found []string
	for name, content := range b.hostile() {
		before := b.count()
		d := newDocument(t, engine, content)
		var err error
		if ready {
			var prepared *docx.Prepared
			prepared, err = docx.Prepare(t.Context(), d.Input(), docx.DefaultLimits, mend.Wishes{})
			d.Insertions = prepared.Insertions
		}
		if err == nil {
			_, err = engine.Convert(t.Context(), d, parse(t))
		}
		pdf := d.Output()
		if b.count() > before {
			found = append(found, name+": network")
		}
		if err != nil {
			continue // refusing it is as good
		}
		if strings.Contains(textOf(t, pdf), secret) {
			found = append(found, name+": text of a file")
		}
		if hasPixel(t, pdf) {
			found = append(found, name+": picture from a file")
		}
	}
	return found
}

func TestHostileDocumentsReachNothing(t *testing.T) {
	for _, layer := range []struct {
		name     string
		registry string // "" for ours
		ready    bool
		sandbox  sandbox.Mode
		way      sandbox.Way
		holds    bool
	}{
		{"all layers", "", true, sandbox.Require, sandbox.Any, true},
		{"without the kernel", "", true, sandbox.Off, sandbox.Any, true},
		{"the kernel alone, with Landlock", permissive, false, sandbox.Require, sandbox.Landlock, true},
		{"the kernel alone, with namespaces", permissive, false, sandbox.Require, sandbox.Namespace, true},
		{"no layer", permissive, false, sandbox.Off, sandbox.Any, false}, // or else this test would notice nothing
	} {
		t.Run(layer.name, func(t *testing.T) {
			if layer.registry != "" {
				defer office.WithRegistry(layer.registry)()
			}
			found := leaks(t, start(t, office.Config{Sandbox: layer.sandbox, SandboxWay: layer.way}), layer.ready)
			if layer.holds && len(found) > 0 {
				t.Errorf("got through:\n%s", strings.Join(found, "\n"))
			}
			if !layer.holds && len(found) == 0 {
				t.Error("nothing got through even without protection: the documents are not hostile enough")
			}
		})
	}
}
