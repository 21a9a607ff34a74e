package office_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"docx2pdf/service/docx/docxtest"
	"docx2pdf/service/office"
	"docx2pdf/service/options"
	"docx2pdf/service/sandbox"
)

// A font that exists nowhere but in a document that brings it along.
const broughtAlong = "Canary Sans"

// obfuscatedFont is a font that exists nowhere else, obfuscated as ECMA-376 part 4, 4.1 wants it.
func obfuscatedFont(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
	if err != nil || len(files) == 0 {
		t.Fatalf("no DejaVuSans.ttf (Debian package fonts-dejavu-core): %v", err)
	}
	font, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	// The name table has names in UTF-16 and in Mac Roman.
	wide := func(s string) []byte { return []byte("\x00" + strings.Join(strings.Split(s, ""), "\x00")) }
	font = bytes.ReplaceAll(font, wide("DejaVu Sans"), wide(broughtAlong))
	font = bytes.ReplaceAll(font, []byte("DejaVu Sans"), []byte(broughtAlong))
	font = bytes.ReplaceAll(font, wide("DejaVuSans"), wide("CanarySans"))
	font = bytes.ReplaceAll(font, []byte("DejaVuSans"), []byte("CanarySans"))
	key := []byte{0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef}
	for i := range 32 {
		font[i] ^= key[15-i%16]
	}
	return string(font)
}

// documentWithFonts brings a font along under as many names as wanted, the first of which is broughtAlong.
func documentWithFonts(t *testing.T, body string, count int) []byte {
	t.Helper()
	font := obfuscatedFont(t)
	table := `<w:fonts xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">`
	var related []docxtest.Relationship
	var parts []docxtest.Part
	for i := range count {
		name := broughtAlong
		if i > 0 {
			name += fmt.Sprint(" ", i)
		}
		id := fmt.Sprint("x", i)
		table += `<w:font w:name="` + name + `"><w:embedRegular r:id="` + id +
			`" w:fontKey="{01234567-89AB-CDEF-0123-456789ABCDEF}"/></w:font>`
		related = append(related, docxtest.Relationship{ID: id, Type: "font", Target: "fonts/" + id + ".odttf"})
		parts = append(parts, docxtest.Part{Name: "word/fonts/" + id + ".odttf", Content: font})
	}
	return docxtest.Document(body, append(parts,
		docxtest.Part{Name: "word/_rels/document.xml.rels",
			Content: docxtest.Relationships(docxtest.Relationship{ID: "f", Type: "fontTable", Target: "fontTable.xml"})},
		docxtest.Part{Name: "word/fontTable.xml", Content: table + `</w:fonts>`},
		docxtest.Part{Name: "word/_rels/fontTable.xml.rels", Content: docxtest.Relationships(related...)})...)
}

func documentWithFont(t *testing.T) []byte {
	t.Helper()
	return documentWithFonts(t, docxtest.Styled(broughtAlong, "set in what it brought"), 1)
}

func TestFontsOfOneDocumentAreNotTheNextOnes(t *testing.T) {
	with, without := documentWithFont(t), docxtest.Document(docxtest.Styled(broughtAlong, "has to do without"))
	for _, way := range []sandbox.Way{sandbox.Landlock, sandbox.Namespace} {
		t.Run(string(way), func(t *testing.T) {
			engine := start(t, office.Config{Concurrency: 1, Sandbox: sandbox.Require, SandboxWay: way})
			for range 3 {
				pdf, _ := mustConvert(t, engine, with)
				if fonts := poppler(t, "pdffonts", pdf); !strings.Contains(fonts, "CanarySans") {
					t.Fatalf("a font that a document brings along is not used:\n%s", fonts)
				}
				pdf, result := mustConvert(t, engine, without)
				if fonts := poppler(t, "pdffonts", pdf); strings.Contains(fonts, "CanarySans") {
					t.Fatalf("a document got the font of the one before it:\n%s", fonts)
				}
				if len(result.Fonts) == 0 {
					t.Errorf("the missing font is not told")
				}
			}
		})
	}
}

func TestTheOrderOfDocumentsDoesNotMatter(t *testing.T) {
	engine := start(t, office.Config{Concurrency: 4})
	documents := [][]byte{
		documentWithFont(t), threePages(), small,
		docxtest.Document(docxtest.Styled(broughtAlong, "canary")),
		docxtest.Document(docxtest.Text(30)),
		docxtest.Document(docxtest.NestedTables(20)),
		docxtest.Document(docxtest.Field("PAGE") + docxtest.Paragraph("العربية עברית 日本語 한국어")),
	}
	texts := make([]string, len(documents))
	for round := range 4 {
		type outcome struct {
			index int
			pdf   string
			err   error
		}
		outcomes := make(chan outcome)
		for i := range documents {
			index := (i*3 + round) % len(documents)
			d := newDocument(t, engine, documents[index])
			go func() {
				_, err := engine.Convert(t.Context(), d, options.Options{})
				outcomes <- outcome{index, d.Output(), err}
			}()
		}
		for range documents {
			o := <-outcomes
			if o.err != nil {
				t.Fatal(o.err)
			}
			if text := textOf(t, o.pdf); round == 0 {
				texts[o.index] = text
			} else if text != texts[o.index] {
				t.Errorf("document %d in round %d has another text:\n%s\nthan before:\n%s", o.index, round, text, texts[o.index])
			}
		}
	}
}
