package office_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"docx2pdf/service/docx/docxtest"
	"docx2pdf/service/office"
)

var (
	dateInInfo     = regexp.MustCompile(`/CreationDate\(D:(\d{14})Z`)
	dateInMetadata = regexp.MustCompile(`<xmp:(?:Create|Modify|Metadata)Date>([^<]*)<|<rdf:li>(\d{4}-\d\d-\d\dT[^<]*)<`)
)

// An archive gives one date for when it was made, and none that no calendar has.
func TestDatesOfAnArchive(t *testing.T) {
	engine := start(t, office.Config{})
	dated := docxtest.Part{Name: "docProps/core.xml", Content: `<cp:coreProperties ` +
		`xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" ` +
		`xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">` +
		`<dcterms:created xsi:type="dcterms:W3CDTF">2010-11-04T22:54:00Z</dcterms:created>` +
		`<dcterms:modified xsi:type="dcterms:W3CDTF">2011-11-04T22:54:00Z</dcterms:modified></cp:coreProperties>`}
	root := docxtest.Part{Name: "_rels/.rels", Content: strings.Replace(docxtest.Relationships(
		docxtest.Relationship{ID: "r1", Type: "officeDocument", Target: "word/document.xml"}), "</Rel",
		`<Relationship Id="r2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" `+
			`Target="docProps/core.xml"/></Rel`, 1)}
	for name, parts := range map[string][]docxtest.Part{"without dates": nil, "with dates": {dated, root}} {
		for _, part := range []string{"pdfa=1b", "pdfa=2b"} {
			pdf, _ := mustConvert(t, engine, docxtest.Document(docxtest.Paragraph("a"), parts...), part)
			content, err := os.ReadFile(pdf)
			if err != nil {
				t.Fatal(err)
			}
			info := dateInInfo.FindSubmatch(content)
			if info == nil {
				t.Fatalf("%s: no date", part)
			}
			for _, found := range dateInMetadata.FindAllSubmatch(content, -1) {
				digits := strings.NewReplacer("-", "", ":", "", "T", "", "Z", "").Replace(string(found[1]))
				if len(found[1]) > 0 && digits != string(info[1]) || strings.HasPrefix(string(found[2]), "0000") {
					t.Errorf("%s, %s: the metadata has %s, and the information dictionary %s", name, part, found[0], info[1])
				}
			}
			poppler(t, "pdfinfo", pdf)
		}
	}
}
