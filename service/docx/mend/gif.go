package mend

import (
	"bytes"
	"image/gif"

	"docx2pdf/service/docx/inventory"
)

// firstPicture keeps the first picture of an animation, which is what Word prints. LibreOffice may show none of them.
// What is no GIF after all stays as it is.
func firstPicture(_ *Package, _ *inventory.Part, source []byte) ([]byte, error) {
	size, err := gif.DecodeConfig(bytes.NewReader(source))
	if err != nil || size.Width*size.Height > 32<<20 {
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
