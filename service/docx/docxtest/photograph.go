package docxtest

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
)

// Photograph is a JPEG of a size in pixels: soft shades with the grain that photographs have.
func Photograph(width, height int, seed uint64) string {
	random := rand.New(rand.NewPCG(seed, 0))
	picture := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			grain := random.IntN(12)
			picture.SetRGBA(x, y, color.RGBA{uint8(x*200/width + grain), uint8(y*200/height + grain),
				uint8((x+y)*100/(width+height) + grain + int(seed)*5), 255})
		}
	}
	var encoded bytes.Buffer
	if err := jpeg.Encode(&encoded, picture, &jpeg.Options{Quality: 85}); err != nil {
		panic(err) // a buffer takes everything
	}
	return encoded.String()
}
