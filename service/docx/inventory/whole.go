package inventory

import (
	"bytes"
	"encoding/binary"
)

// whole tells whether a picture's file is all there, from how it starts, how it ends, and how long it is. What
// LibreOffice draws of one that was cut off is a part of it, or nothing.
func (s *sniffer) whole() bool {
	start, size := s.start, s.size
	starts := func(with string) bool { return bytes.HasPrefix(start, []byte(with)) }
	switch {
	case starts("\x89PNG"), starts("\xff\xd8\xff"), starts("GIF8"):
		return s.blocks.ended
	case starts("RIFF") && len(start) >= 12:
		return int64(binary.LittleEndian.Uint32(start[4:]))+8 <= size
	case starts("BM") && len(start) >= 34:
		return wholeBitmap(start, size)
	case starts("II*\x00"):
		return wholeTIFF(start, size, binary.LittleEndian)
	case starts("MM\x00*"):
		return wholeTIFF(start, size, binary.BigEndian)
	case starts("\x01\x00\x00\x00"): // [MS-EMF] 2.3.4.2
		return len(start) >= 52 && string(start[40:44]) == " EMF" && int64(binary.LittleEndian.Uint32(start[48:])) <= size
	case isSVG(start):
		return bytes.Contains(s.end, []byte("svg>")) || bytes.HasSuffix(bytes.TrimSpace(s.end), []byte("/>"))
	}
	return true
}

// wholeBitmap looks for the last row of a BMP that is not compressed.
func wholeBitmap(start []byte, size int64) bool {
	if header := binary.LittleEndian.Uint32(start[14:]); header < 40 {
		return header == 12 // OS/2's
	}
	if binary.LittleEndian.Uint32(start[30:]) != 0 {
		return true
	}
	pixels := int64(binary.LittleEndian.Uint32(start[10:]))
	width := int64(int32(binary.LittleEndian.Uint32(start[18:])))
	height := int64(int32(binary.LittleEndian.Uint32(start[22:])))
	row := (width*int64(binary.LittleEndian.Uint16(start[28:])) + 31) / 32 * 4
	return pixels+row*max(height, -height) <= size
}

// Tags of a TIFF's strips (TIFF 6.0, section 8).
const (
	stripOffsets    = 273
	stripByteCounts = 279
)

// wholeTIFF looks for the directory of a TIFF, and for its strip when there is one of them.
func wholeTIFF(start []byte, size int64, order binary.ByteOrder) bool {
	if len(start) < 8 {
		return false
	}
	at := int64(order.Uint32(start[4:]))
	if at+2 > size {
		return false
	}
	if at+2 > int64(len(start)) {
		return true
	}
	entries := int64(order.Uint16(start[at:]))
	if entries == 0 || at+2+12*entries > size {
		return false
	}
	var from, length int64
	for at += 2; entries > 0 && at+12 <= int64(len(start)); at, entries = at+12, entries-1 {
		if order.Uint32(start[at+4:]) != 1 {
			continue
		}
		value := int64(order.Uint32(start[at+8:]))
		if order.Uint16(start[at+2:]) == 3 {
			value = int64(order.Uint16(start[at+8:]))
		}
		switch order.Uint16(start[at:]) {
		case stripOffsets:
			from = value
		case stripByteCounts:
			length = value
		}
	}
	return from+length <= size
}

// isSVG tells whether markup is a drawing, as far as its start says. Other markup is a web page that says why there is
// no picture.
func isSVG(start []byte) bool {
	text := bytes.TrimLeft(bytes.TrimPrefix(start, []byte("\xef\xbb\xbf")), " \t\r\n")
	return bytes.HasPrefix(text, []byte("<")) &&
		(bytes.Contains(text, []byte("<svg")) || bytes.Contains(text, []byte(":svg")))
}
