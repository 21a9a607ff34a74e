package inventory

import (
	"bytes"
	"encoding/binary"
)

// blocks goes through a picture that is made of blocks, each of which says how long it is, without keeping it.
type blocks struct {
	next   func(*blocks, []byte) // takes the bytes that are wanted
	wanted int
	got    []byte
	skip   int64 // bytes of no interest before them
	ended  bool  // the picture is whole

	frame, scan bool // of a JPEG or PNG: its size, and its pixels
}

// begin starts with what a picture starts with.
func (b *blocks) begin(start []byte) {
	switch {
	case bytes.HasPrefix(start, []byte("\x89PNG")):
		b.skip = 8
		b.want(8, (*blocks).chunk)
	case bytes.HasPrefix(start, []byte("\xff\xd8\xff")):
		b.skip = 2
		b.want(2, (*blocks).marker)
	case bytes.HasPrefix(start, []byte("GIF8")):
		b.skip = 10
		b.want(3, (*blocks).screen)
	}
}

func (b *blocks) want(bytes int, next func(*blocks, []byte)) { b.wanted, b.next = bytes, next }

// Write takes the next bytes of the picture.
func (b *blocks) write(p []byte) {
	for len(p) > 0 && b.next != nil && !b.ended {
		if skipped := min(b.skip, int64(len(p))); skipped > 0 {
			b.skip -= skipped
			p = p[skipped:]
			continue
		}
		if b.scan && b.wanted == 0 {
			p = b.inScan(p)
			continue
		}
		n := min(b.wanted-len(b.got), len(p))
		b.got, p = append(b.got, p[:n]...), p[n:]
		if len(b.got) == b.wanted {
			got := b.got
			b.got = nil
			b.next(b, got)
		}
	}
}

// chunk is a chunk's start. https://www.w3.org/TR/png-3/#5Chunk-layout
func (b *blocks) chunk(start []byte) {
	b.skip = int64(binary.BigEndian.Uint32(start)) + 4
	switch string(start[4:]) {
	case "IHDR":
		b.frame = true
	case "IDAT":
		b.scan = true
	case "IEND":
		b.ended = b.frame && b.scan
	}
}

// marker is a marker of a JPEG (ITU-T T.81, B.1.1), or a byte before one.
func (b *blocks) marker(m []byte) {
	switch {
	case m[0] != 0xff || m[1] == 0xff:
		b.got = append(b.got, m[1])
	case m[1] == 0xd9: // the end
		b.next = nil
	case m[1] == 0x01, m[1] >= 0xd0 && m[1] <= 0xd8: // without a length
	default:
		if m[1] >= 0xc0 && m[1] <= 0xcf && m[1] != 0xc4 && m[1] != 0xc8 && m[1] != 0xcc {
			b.frame = true
		}
		scan := m[1] == 0xda
		b.want(2, func(b *blocks, length []byte) {
			b.skip = max(0, int64(binary.BigEndian.Uint16(length))-2)
			if b.want(2, (*blocks).marker); scan && b.frame {
				b.want(0, (*blocks).marker)
				b.scan = true
			}
		})
	}
}

// inScan looks for the end of a JPEG among its pixels, and returns what it has not looked at.
func (b *blocks) inScan(p []byte) []byte {
	if len(b.got) == 1 && p[0] == 0xd9 {
		b.ended = true
		return nil
	}
	b.got = nil
	if b.ended = bytes.Contains(p, []byte("\xff\xd9")); !b.ended && p[len(p)-1] == 0xff {
		b.got = []byte{0xff}
	}
	return nil
}

// screen is the end of a GIF's header. https://www.w3.org/Graphics/GIF/spec-gif89a.txt
func (b *blocks) screen(header []byte) {
	b.skip = colours(header[0])
	b.want(1, (*blocks).block)
}

// colours is how long a table of colours is, if there is one.
func colours(packed byte) int64 {
	if packed&0x80 == 0 {
		return 0
	}
	return 3 << (packed&7 + 1)
}

func (b *blocks) block(kind []byte) {
	switch kind[0] {
	case 0x21: // an extension
		b.skip = 1
		b.want(1, (*blocks).part)
	case 0x2c: // a picture: its place, its colours, and how many bits a code has
		b.frame = true
		b.skip = 8
		b.want(1, func(b *blocks, packed []byte) {
			b.skip = colours(packed[0]) + 1
			b.want(1, (*blocks).part)
		})
	default:
		b.next = nil
	}
}

// part is how long a part of a block is: the last has nothing. With the first picture there is all that is drawn.
func (b *blocks) part(length []byte) {
	b.skip = int64(length[0])
	if length[0] == 0 {
		b.ended = b.frame
		b.want(1, (*blocks).block)
	}
}
