package docx

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"hash/crc32"
	"io"
	"path"
	"strings"

	"docx2pdf/service/docx/inventory"
	"docx2pdf/service/docx/mend"
)

// streamed is the flag of an entry whose sizes come after it (APPNOTE.TXT 4.4.4). LibreOffice does not find the end of
// one that is not compressed.
const streamed = 1 << 3

// rename gives an entry the name that Word takes it for: Windows's backslashes are slashes, and the root's is not
// there.
func (p *pack) rename(entry *zip.File) {
	name := strings.TrimPrefix(strings.ReplaceAll(entry.Name, `\`, "/"), "/")
	if strings.EqualFold(name, contentTypes) {
		name = contentTypes
	}
	if name != entry.Name || entry.Flags&streamed != 0 && entry.Method == zip.Store && !strings.HasSuffix(name, "/") {
		p.repack = true
	}
	entry.Name = name
}

const contentTypes = "[Content_Types].xml"

// alignNames gives parts the names that relations call them by: names are equal without regard to case, and percent
// signs stand for characters (ECMA-376 part 2, 6.2.2), but LibreOffice looks for them to the letter.
func (p *pack) alignNames() {
	for _, part := range p.inventory.Parts {
		folder := path.Dir(path.Dir(part.Name))
		for _, r := range part.Relations {
			target := p.inventory.Target(r)
			if target == nil {
				continue
			}
			// The relations' own folder is right, whatever its case.
			name := inventory.Resolve(folder, r.Written)
			if name != target.Name && inventory.Plain(name) == inventory.Plain(target.Name) {
				entry, key := p.names[strings.ToLower(target.Name)], strings.ToLower(name)
				entry.Name, target.Name = name, name
				p.names[key], p.inventory.Parts[key] = entry, target
				p.repack = true
			}
			if strings.Contains(r.Written, `\`) {
				part.Needs |= inventory.PlainNames
			}
		}
	}
}

// read is a part's content, markup in UTF-8.
func (p *pack) read(part *inventory.Part) ([]byte, error) {
	entry := p.names[strings.ToLower(part.Name)]
	content, err := entry.Open()
	if err != nil {
		return nil, damaged(err, entry.Name)
	}
	defer content.Close()
	var read bytes.Buffer
	read.Grow(int(min(entry.UncompressedSize64, mend.MostBytes)))
	// One byte more than may be changed, so that whoever changes it sees that it is too much.
	start := make([]byte, 4)
	n, err := io.ReadFull(content, start)
	to := io.WriteCloser(nopCloser{&read})
	if isXML(entry.Name) {
		to = inventory.Decode(to, start[:n])
	}
	to.Write(start[:n])
	if err == nil {
		_, err = io.Copy(to, io.LimitReader(content, mend.MostBytes+1))
	}
	to.Close()
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, damaged(err, entry.Name)
	}
	return read.Bytes(), nil
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// mostStored is how many bytes of a document are packed anew without compressing them, which would take most of the
// time that it takes to change a document. Files may be memory, so there is an end to it.
const mostStored = 2 << 20

// write packs the document anew, with what has been changed and added. What has not been changed is copied as it is
// packed.
func (p *pack) write(to io.Writer, m *mend.Package) error {
	packed := zip.NewWriter(to)
	packed.RegisterCompressor(zip.Deflate, func(to io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(to, flate.BestSpeed)
	})
	room := mostStored
	add := func(name string, content []byte) error {
		method := zip.Store
		if room -= len(content); room < 0 {
			method = zip.Deflate
		}
		return addPart(packed, name, content, method)
	}
	for _, entry := range p.entries {
		if strings.HasSuffix(entry.Name, "/") {
			continue
		}
		content, changed := m.Changed[p.inventory.Parts[strings.ToLower(entry.Name)]]
		var err error
		if changed {
			err = add(entry.Name, declared(content))
		} else {
			err = copyPart(packed, entry)
		}
		if err != nil {
			return err
		}
	}
	for _, added := range m.Added {
		if err := add(added.Name, added.Content); err != nil {
			return err
		}
	}
	return packed.Close()
}

// copyPart copies an entry as it is packed, with its sizes before it: reading the document has proved them true.
func copyPart(packed *zip.Writer, entry *zip.File) error {
	content, err := entry.OpenRaw()
	if err != nil {
		return damaged(err, entry.Name)
	}
	header := entry.FileHeader
	header.Flags &^= streamed
	part, err := packed.CreateRaw(&header)
	if err != nil {
		return err
	}
	_, err = io.Copy(part, content)
	return err
}

// utf8Name is the flag of an entry whose name is UTF-8 (APPNOTE.TXT 4.4.4).
const utf8Name = 1 << 11

func addPart(packed *zip.Writer, name string, content []byte, method uint16) error {
	if method != zip.Store {
		part, err := packed.CreateHeader(&zip.FileHeader{Name: name, Method: method})
		if err == nil {
			_, err = part.Write(content)
		}
		return err
	}
	size := uint64(len(content))
	part, err := packed.CreateRaw(&zip.FileHeader{Name: name, Method: method, Flags: utf8Name,
		CRC32: crc32.ChecksumIEEE(content), CompressedSize64: size, UncompressedSize64: size})
	if err == nil {
		_, err = part.Write(content)
	}
	return err
}

// declared is markup without a declaration of UTF-16, in which it is no more.
func declared(content []byte) []byte {
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	if !bytes.HasPrefix(content, []byte("<?xml")) {
		return content
	}
	if end := bytes.Index(content, []byte("?>")); end > 0 && bytes.Contains(bytes.ToUpper(content[:end]),
		[]byte("UTF-16")) {
		return content[end+2:]
	}
	return content
}
