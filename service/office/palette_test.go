package office_test

import (
	"testing"

	"docx2pdf/service/docx/docxtest"
	"docx2pdf/service/office"
)

// LibreOffice would unpack its palette of bitmaps, on threads of their own, for the first picture of each document.
func TestAPictureTakesNoPalette(t *testing.T) {
	picture := docxtest.Document(docxtest.Picture("r:embed", "r1"),
		docxtest.Part{Name: "word/_rels/document.xml.rels", Content: docxtest.Relationships(
			docxtest.Relationship{ID: "r1", Type: "image", Target: "media/picture.jpg"})},
		docxtest.Part{Name: "word/media/picture.jpg", Content: docxtest.Photograph(40, 40, 1)})
	mustConvert(t, start(t, office.Config{Threads: 1}), picture)
}
