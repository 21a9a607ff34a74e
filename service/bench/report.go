package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
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
		parts = append(parts, docxtest.Part{Name: "word/media/" + id + ".jpg", Content: photograph(uint64(page))})
		pictures = append(pictures, docxtest.Relationship{ID: id, Type: "image", Target: "media/" + id + ".jpg"})
	}
	return docxtest.Document(body.String(), append(parts, docxtest.Part{
		Name: "word/_rels/document.xml.rels", Content: docxtest.Relationships(pictures...)})...)
}

// photograph is a JPEG of 1200 by 900 pixels and some 200 KiB: soft shades with the grain that photographs have.
func photograph(seed uint64) string {
	random := rand.New(rand.NewPCG(seed, 0))
	picture := image.NewRGBA(image.Rect(0, 0, 1200, 900))
	for y := range 900 {
		for x := range 1200 {
			grain := random.IntN(12)
			picture.SetRGBA(x, y, color.RGBA{uint8(x*200/1200 + grain), uint8(y*200/900 + grain), uint8((x+y)*100/2100 + grain + int(seed)*5), 255})
		}
	}
	var encoded bytes.Buffer
	if err := jpeg.Encode(&encoded, picture, &jpeg.Options{Quality: 85}); err != nil {
		panic(err) // a buffer takes everything
	}
	return encoded.String()
}
