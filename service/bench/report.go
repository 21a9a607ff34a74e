package main

import (
	"fmt"
	"strings"

	"docx2pdf/service/docx/docxtest"
)

// report is a document of eight pages as offices write them: on each a heading, text and a photograph.
func report() []byte {
	const pages = 8
	var body strings.Builder
	var parts []docxtest.Part
	var pictures []docxtest.Relationship
	for page := 1; page <= pages; page++ {
		id := fmt.Sprintf("photo%d", page)
		body.WriteString(docxtest.Styled("Cambria", fmt.Sprintf("Chapter %d", page)))
		body.WriteString(docxtest.Text(2))
		body.WriteString(docxtest.PictureOf("r:embed", id, 360, 270))
		if page < pages {
			body.WriteString(docxtest.PageBreak)
		}
		parts = append(parts, docxtest.Part{Name: "word/media/" + id + ".jpg",
			Content: docxtest.Photograph(1200, 900, uint64(page))})
		pictures = append(pictures, docxtest.Relationship{ID: id, Type: "image", Target: "media/" + id + ".jpg"})
	}
	return docxtest.Document(body.String(), append(parts, docxtest.Part{
		Name: "word/_rels/document.xml.rels", Content: docxtest.Relationships(pictures...)})...)
}
