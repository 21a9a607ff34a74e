package docxtest

import (
	"bytes"
	"encoding/binary"
)

// entry is one of a compound file's directory ([MS-CFB] 2.6). child and next are other entries' places in it.
type entry struct {
	name        string
	kind        byte
	child, next uint32
	content     string
}

const (
	storage = 1
	stream  = 2
	root    = 5

	none       = 0xffffffff
	endOfChain = 0xfffffffe
	fatSector  = 0xfffffffd
	sector     = 512
)

// compoundFile is an OLE2 file of the entries: one sector of allocation table, the directory, then the streams in turn,
// each of which must have at least 4096 bytes. There is room for some 60 KiB.
// https://learn.microsoft.com/openspecs/windows_protocols/ms-cfb
func compoundFile(entries []entry) []byte {
	table := []uint32{fatSector}
	chain := func(size int) (first uint32) {
		first = uint32(len(table))
		for ; size > sector; size -= sector {
			table = append(table, uint32(len(table))+1)
		}
		table = append(table, endOfChain)
		return first
	}
	var directory, streams bytes.Buffer
	start := chain(len(entries) * 128)
	for _, e := range entries {
		first, size := uint32(endOfChain), len(e.content)
		if e.kind == stream {
			first = chain(size)
		}
		streams.WriteString(e.content)
		streams.Write(make([]byte, -size&(sector-1)))

		var name [32]uint16
		for i, c := range []byte(e.name) {
			name[i] = uint16(c)
		}
		write(&directory, name, uint16(2*len(e.name)+2), e.kind, byte(1), uint32(none), e.next, e.child, [36]byte{}, first,
			uint64(size))
	}
	directory.Write(make([]byte, -directory.Len()&(sector-1)))
	for len(table) < sector/4 {
		table = append(table, none)
	}

	var file bytes.Buffer
	write(&file, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), [16]byte{}, uint16(0x3e), uint16(3), uint16(0xfffe),
		uint16(9), uint16(6), [10]byte{},
		uint32(1), start, uint32(0), uint32(4096), uint32(endOfChain), uint32(0), uint32(endOfChain), uint32(0), uint32(0))
	for file.Len() < sector {
		write(&file, uint32(none))
	}
	write(&file, table, directory.Bytes(), streams.Bytes())
	return file.Bytes()
}

func write(b *bytes.Buffer, values ...any) {
	for _, v := range values {
		binary.Write(b, binary.LittleEndian, v)
	}
}
