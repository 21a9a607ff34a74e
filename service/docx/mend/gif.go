package mend

import (
	"bytes"
	"image/gif"

	"docx2pdf/service/docx/inventory"
	"docx2pdf/service/warning"
)

// mostPixels are drawn of all animations of a document, four bytes each.
const mostPixels = 64 << 20

// firstPicture keeps the first picture of an animation, which is what Word prints. LibreOffice may show none of them.
// What is no GIF after all stays as it is.
func (p *Package) firstPicture(part *inventory.Part, source []byte) ([]byte, error) {
	size, err := gif.DecodeConfig(bytes.NewReader(source))
	if err != nil {
		return source, nil
	}
	if p.pixels += size.Width * size.Height; p.pixels > mostPixels {
		p.Warnings.Add(warning.PartTooLarge, part.Name)
		return source, nil
	}
	picture, err := gif.Decode(bytes.NewReader(source))
	if err != nil {
		return source, nil
	}
	var first bytes.Buffer
	if err := gif.Encode(&first, picture, nil); err != nil {
		return source, nil
	}
	return first.Bytes(), nil
}
