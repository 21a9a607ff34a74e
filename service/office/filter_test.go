package office_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"docx2pdf/service/docx/docxtest"
	"docx2pdf/service/office"
)

const heading = `<w:p><w:pPr><w:outlineLvl w:val="0"/></w:pPr><w:r><w:t>Heading</w:t></w:r></w:p>`

func threePages() []byte {
	return docxtest.Document(heading + docxtest.Paragraph("page one") + docxtest.PageBreak +
		docxtest.Paragraph("page two") + docxtest.PageBreak + docxtest.Paragraph("page three"))
}

func TestOptionsShapeThePDF(t *testing.T) {
	engine := start(t, office.Config{})
	info := func(t *testing.T, pdf string) string { return poppler(t, "pdfinfo", pdf) }
	for _, test := range []struct {
		options []string
		holds   func(t *testing.T, pdf string) bool
	}{
		{[]string{"pdfa=1b"}, func(t *testing.T, pdf string) bool { return isArchive(t, pdf, "1") }},
		{[]string{"pdfa=2b"}, func(t *testing.T, pdf string) bool { return isArchive(t, pdf, "2") }},
		{[]string{"pdfa=3B"}, func(t *testing.T, pdf string) bool { return isArchive(t, pdf, "3") }},
		{[]string{"pdfua=true"}, func(t *testing.T, pdf string) bool {
			return contains(t, pdf, "<pdfuaid:part>1</pdfuaid:part>") && strings.Contains(squeezed(info(t, pdf)), "Tagged: yes")
		}},
		{[]string{"tagged=true"}, func(t *testing.T, pdf string) bool {
			return strings.Contains(squeezed(info(t, pdf)),
				"Tagged: yes")
		}},
		{[]string{"tagged=false"}, func(t *testing.T, pdf string) bool {
			return strings.Contains(squeezed(info(t, pdf)),
				"Tagged: no")
		}},
		{[]string{"pages=1,3"}, func(t *testing.T, pdf string) bool {
			text := textOf(t, pdf)
			return strings.Contains(text, "page one") && !strings.Contains(text, "page two") &&
				strings.Contains(text, "page three")
		}},
		{[]string{"pages=2-"}, func(t *testing.T, pdf string) bool {
			text := textOf(t, pdf)
			return !strings.Contains(text, "page one") && strings.Contains(text, "page two") &&
				strings.Contains(text, "page three")
		}},
		{[]string{"bookmarks=false"}, func(t *testing.T, pdf string) bool { return !contains(t, pdf, "/Outlines") }},
		{[]string{"bookmarks=true"}, func(t *testing.T, pdf string) bool { return contains(t, pdf, "/Outlines") }},
		{[]string{"quality=50", "resolution=75", "pdfa=2b"},
			func(t *testing.T, pdf string) bool { return isArchive(t, pdf, "2") }},
	} {
		t.Run(strings.Join(test.options, " "), func(t *testing.T) {
			pdf, _ := mustConvert(t, engine, threePages(), test.options...)
			if !test.holds(t, pdf) {
				t.Errorf("the PDF is not what was asked for: %s", info(t, pdf))
			}
		})
	}
}

// A photograph loses nothing on its way into the PDF, unless it is asked to.
func TestPhotographs(t *testing.T) {
	engine := start(t, office.Config{})
	photograph := docxtest.Photograph(400, 300, 1)
	document := docxtest.Document(docxtest.PictureOf("r:embed", "photo", 60, 45),
		docxtest.Part{Name: "word/media/photo.jpg", Content: photograph},
		docxtest.Part{Name: "word/_rels/document.xml.rels",
			Content: docxtest.Relationships(docxtest.Relationship{ID: "photo", Type: "image", Target: "media/photo.jpg"})})
	for _, test := range []struct {
		options []string
		same    bool
	}{
		{nil, true}, {[]string{"pdfa=2b"}, true}, {[]string{"lossless=true"}, true},
		{[]string{"quality=20"}, false}, {[]string{"resolution=75"}, false},
	} {
		pdf, _ := mustConvert(t, engine, document, test.options...)
		images := filepath.Join(t.TempDir(), "image")
		poppler(t, "pdfimages", "-all", pdf, images)
		shown, err := os.ReadFile(images + "-000.jpg")
		if err != nil {
			t.Fatal(err)
		}
		if same := string(shown) == photograph; same != test.same {
			t.Errorf("with %q the photograph is the same: %v, want %v", test.options, same, test.same)
		}
	}
}

// isArchive makes the checks of PDF/A that need no validator: it says which part it follows (ISO 19005-2, 6.6.4), has
// an output intent (6.2.3), is not encrypted (6.1.3) and has its fonts embedded (6.2.11.4).
func isArchive(t *testing.T, pdf, part string) bool {
	t.Helper()
	return contains(t, pdf, "<pdfaid:part>"+part+"</pdfaid:part>") &&
		contains(t, pdf, "<pdfaid:conformance>B</pdfaid:conformance>") &&
		contains(t, pdf, "/OutputIntents") && contains(t, pdf, "/GTS_PDFA1") && !contains(t, pdf, "/Encrypt") &&
		len(fontsNotEmbedded(t, pdf)) == 0
}

// TestAccessiblePDF makes the checks of PDF/UA that need no validator, on a document with a title, headings, a table
// and
// an image: it says that it follows part 1 (ISO 14289-1, 5), is tagged with headings in their order, a table and a
// described figure (7.1, 7.3, 7.4, 7.5), shows its title (7.1), names its language (7.2) and has its fonts embedded
// (7.21.4).
func TestAccessiblePDF(t *testing.T) {
	demo, err := os.ReadFile("../../demo.docx")
	if err != nil {
		t.Fatal(err)
	}
	pdf, _ := mustConvert(t, start(t, office.Config{}), demo, "pdfua=true")
	for _, want := range []string{"<pdfuaid:part>1</pdfuaid:part>", "/Marked true", "/DisplayDocTitle true",
		"/Lang(en-GB)", "/Alt"} {
		if !contains(t, pdf, want) {
			t.Errorf("the PDF has no %s", want)
		}
	}
	structure := poppler(t, "pdfinfo", "-struct-text", pdf)
	at := 0
	for _, want := range []string{"H1", "How it works", "Figure", "H2", "What a caller needs", "Table", "Who answers",
		"H1", "Many scripts"} {
		next := strings.Index(structure[at:], want)
		if next < 0 {
			t.Fatalf("the structure has no %s after %q:\n%s", want, structure[:at], structure)
		}
		at += next
	}
	if missing := fontsNotEmbedded(t, pdf); len(missing) > 0 {
		t.Errorf("fonts are not embedded: %q", missing)
	}
}

func fontsNotEmbedded(t *testing.T, pdf string) []string {
	t.Helper()
	var missing []string
	for line := range strings.Lines(poppler(t, "pdffonts", pdf)) {
		fields := strings.Fields(line)
		if strings.HasPrefix(line, "name ") || strings.HasPrefix(line, "---") {
			continue
		}
		// The columns from the end: generation, object, uni, sub, emb.
		if fields[len(fields)-5] != "yes" {
			missing = append(missing, line)
		}
	}
	return missing
}

func TestPageRangeCountsThePagesOfThePDF(t *testing.T) {
	_, result := mustConvert(t, start(t, office.Config{}), threePages(), "pages=2-3")
	if result.Pages != 2 {
		t.Errorf("%d pages, want 2", result.Pages)
	}
}

func TestArchivesHaveAllTheirFonts(t *testing.T) {
	pdf, _ := mustConvert(t, start(t, office.Config{}), docxtest.Document(docxtest.Styled("Helvetica", "one")+
		docxtest.Styled("Symbol", "two")+docxtest.Styled("Calibri", "three")), "pdfa=2b")
	if missing := fontsNotEmbedded(t, pdf); len(missing) > 0 {
		t.Errorf("fonts are not embedded: %v", missing)
	}
}

func TestCommentsGoWhereTheyAreAskedFor(t *testing.T) {
	engine := start(t, office.Config{})
	commented := docxtest.Document(`<w:p><w:commentRangeStart w:id="0"/><w:r><w:t>text</w:t></w:r><w:commentRangeEnd w:id="0"/><w:r><w:commentReference w:id="0"/></w:r></w:p>`,
		docxtest.Part{Name: "word/_rels/document.xml.rels",
			Content: docxtest.Relationships(docxtest.Relationship{ID: "c", Type: "comments", Target: "comments.xml"})},
		docxtest.Part{Name: "word/comments.xml",
			Content: `<?xml version="1.0" encoding="UTF-8"?><w:comments xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:comment w:id="0" w:author="Reviewer" w:date="2026-01-01T00:00:00Z" w:initials="A">` + docxtest.Paragraph("a remark") + `</w:comment></w:comments>`})
	for setting, want := range map[string][2]bool{"comments=none": {false, false}, "comments=margin": {true, false},
		"comments=annotations": {false, true}} {
		pdf, _ := mustConvert(t, engine, commented, setting)
		margin, annotation := strings.Contains(textOf(t, pdf), "Reviewer"), contains(t, pdf, "/Subtype /Text")
		if margin != want[0] || annotation != want[1] {
			t.Errorf("%s: in the margin %v, as an annotation %v, want %v; text %q", setting, margin, annotation, want,
				textOf(t, pdf))
		}
	}
}

func squeezed(s string) string { return strings.Join(strings.Fields(s), " ") }

func contains(t *testing.T, pdf, what string) bool {
	t.Helper()
	return strings.Contains(poppler(t, "cat", pdf), what)
}
