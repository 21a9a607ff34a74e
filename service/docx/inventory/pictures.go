package inventory

import (
	"bytes"
	"encoding/binary"
	"path"
	"strings"
)

// Format is what a picture's file is.
type Format string

// Formats that need something done about them. The others are for LibreOffice to draw, or are no pictures.
const (
	HEIC     Format = "HEIC"
	AVIF     Format = "AVIF"
	JPEG2000 Format = "JPEG 2000"
	JPEGXL   Format = "JPEG XL"
	JPEGXR   Format = "JPEG XR"
	EPS      Format = "EPS"
	GIF      Format = "GIF"
	Drawable Format = ""
	Empty    Format = "empty"
	NoFormat Format = "unknown"
	Damaged  Format = "damaged"
)

// starts are how pictures begin that LibreOffice draws.
var starts = []string{"\x89PNG", "\xff\xd8\xff", "BM", "II*\x00", "MM\x00*", "\x01\x00\x00\x00", "\xd7\xcd\xc6\x9a",
	"\x01\x00\x09\x00",
	"\x02\x00\x09\x00", "\x1f\x8b", "\xc5\xd0\xd3\xc6", "%PDF", "8BPS", "P1", "P2", "P3", "P4", "P5", "P6",
	"\x0a", "VCLMTF"}

// sniff tells a picture's format from how it starts.
func sniff(start []byte) Format {
	box := ""
	if len(start) >= 12 && string(start[4:8]) == "ftyp" {
		box = string(start[8:12])
	}
	switch {
	case len(start) == 0:
		return Empty
	case box == "avif" || box == "avis":
		return AVIF
	case box == "heic" || box == "heix" || box == "heim" || box == "heis" || box == "hevc" || box == "mif1" ||
		box == "msf1":
		return HEIC
	case bytes.HasPrefix(start, []byte("\x00\x00\x00\x0cjP  ")), bytes.HasPrefix(start, []byte("\xff\x4f\xff\x51")):
		return JPEG2000
	case bytes.HasPrefix(start, []byte("\x00\x00\x00\x0cJXL ")), bytes.HasPrefix(start, []byte("\xff\x0a")):
		return JPEGXL
	case bytes.HasPrefix(start, []byte("II\xbc")):
		return JPEGXR
	case bytes.HasPrefix(start, []byte("%!PS")), bytes.HasPrefix(start, []byte("\xc5\xd0\xd3\xc6")) && !hasPreview(start):
		return EPS
	case bytes.HasPrefix(start, []byte("GIF8")):
		return GIF
	case bytes.HasPrefix(start, []byte("RIFF")) && len(start) >= 12 && string(start[8:12]) == "WEBP":
		return Drawable
	}
	for _, known := range starts {
		if bytes.HasPrefix(start, []byte(known)) {
			return Drawable
		}
	}
	if isSVG(start) {
		return Drawable
	}
	return NoFormat
}

// hasPreview tells whether an EPS file brings a WMF or a TIFF along (Adobe Technical Note 5002, 5.2): LibreOffice draws
// that, and runs no PostScript.
func hasPreview(start []byte) bool {
	return len(start) >= 28 && (binary.LittleEndian.Uint32(start[16:]) > 0 || binary.LittleEndian.Uint32(start[24:]) > 0)
}

// loose are formats that have no signature.
var loose = map[string]bool{".pct": true, ".pict": true, ".tga": true, ".pcx": true, ".dxf": true, ".met": true,
	".ras": true}

// What is kept of a picture: its start, which may be a prolog before the markup of a drawing, and its end.
const (
	mostStart = 16 << 10
	mostEnd   = 512
)

// sniffer looks at the start of a part that is no markup, and at the frames of a GIF.
type sniffer struct {
	part   *Part
	start  []byte
	end    []byte // the last bytes of markup
	size   int64
	blocks blocks
	// Frames of a GIF are counted by their introducers, which other bytes may look like: then the first is taken out in
	// vain.
	frames int
	tail   []byte
}

var frame = []byte("\x00\x21\xf9\x04")

func (s *sniffer) Write(p []byte) (int, error) {
	if s.size == 0 {
		s.blocks.begin(p)
	}
	s.blocks.write(p)
	if len(s.start) < mostStart {
		s.start = append(s.start, p[:min(len(p), mostStart-len(s.start))]...)
	}
	s.end = append(append([]byte(nil), s.end...), p[max(0, len(p)-mostEnd):]...)
	s.end = s.end[max(0, len(s.end)-mostEnd):]
	s.size += int64(len(p))
	if bytes.HasPrefix(s.start, []byte("GIF8")) && s.frames < 2 {
		joined := append(s.tail, p...)
		s.frames += bytes.Count(joined, frame)
		s.tail = append([]byte(nil), joined[max(0, len(joined)-len(frame)+1):]...)
	}
	return len(p), nil
}

func (s *sniffer) Close() error {
	extension := strings.ToLower(path.Ext(s.part.Name))
	s.part.Format = sniff(s.start)
	if s.part.Format == NoFormat && loose[extension] {
		s.part.Format = Drawable
	}
	if (s.part.Format == Drawable || s.part.Format == GIF) && !s.whole() {
		s.part.Format = Damaged
	}
	if s.frames > 1 {
		s.part.Needs |= FirstPicture
	}
	return nil
}
