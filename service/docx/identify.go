package docx

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
)

// signatures tell files apart by how they begin.
var signatures = []struct{ start, name string }{
	{"{\\rtf", "an RTF document"},
	{"%PDF-", "a PDF"},
	{"\x1f\x8b", "a gzip archive"},
	{"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"},
	{"Rar!", "a RAR archive"},
	{"\x89PNG", "a PNG image"},
	{"\xff\xd8\xff", "a JPEG image"},
	{"GIF8", "a GIF image"},
	{"PK\x05\x06", "an empty zip archive"},
	{"\xdb\xa5-", "a Word 2 document"},
}

// identify says what a file is that is not a zip archive.
func identify(file io.ReaderAt, size int64, head []byte) error {
	if size == 0 {
		return fmt.Errorf("%w: it is empty", ErrNotWord)
	}
	if bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")) {
		return identifyOLE(file, size)
	}
	for _, s := range signatures {
		if bytes.HasPrefix(head, []byte(s.start)) {
			return fmt.Errorf("%w: it is %s", ErrNotWord, s.name)
		}
	}
	return fmt.Errorf("%w: it is %s", ErrNotWord, identifyText(head))
}

// identifyOLE tells what is in a compound file by the names of its streams. An encrypted document of any kind has
// one named EncryptedPackage ([MS-OFFCRYPTO] 2.3.4.4), a document of Word 97 to 2003 one named WordDocument
// ([MS-DOC] 2.1.1).
func identifyOLE(file io.ReaderAt, size int64) error {
	kinds := []struct {
		stream string
		err    error
	}{
		{"EncryptedPackage", ErrEncrypted},
		{"WordDocument", fmt.Errorf("%w: it is in the format of Word 97 to 2003; save it as .docx", ErrNotWord)},
		{"Workbook", fmt.Errorf("%w: it is an Excel workbook", ErrNotWord)},
		{"PowerPoint Document", fmt.Errorf("%w: it is a PowerPoint presentation", ErrNotWord)},
	}
	buffer := make([]byte, 256<<10)
	for offset := int64(0); offset < size; offset += int64(len(buffer) - 64) {
		n, err := file.ReadAt(buffer, offset)
		if err != nil && err != io.EOF {
			return err
		}
		for _, kind := range kinds {
			if bytes.Contains(buffer[:n], inUTF16(kind.stream)) {
				return kind.err
			}
		}
	}
	return fmt.Errorf("%w: it is a compound file of an unknown kind", ErrNotWord)
}

// inUTF16 is a name as a compound file's directory has it, with its end.
func inUTF16(name string) []byte {
	var out []byte
	for _, unit := range append(utf16.Encode([]rune(name)), 0) {
		out = append(out, byte(unit), byte(unit>>8))
	}
	return out
}

// identifyText tells kinds of text apart.
func identifyText(head []byte) string {
	head = bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))
	if bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) {
		head = bytes.ReplaceAll(head[2:], []byte{0}, nil)
	}
	text := strings.ToLower(string(bytes.TrimSpace(head)))
	switch {
	case strings.HasPrefix(text, "<!doctype html"), strings.HasPrefix(text, "<html"), strings.HasPrefix(text, "<head"),
		strings.HasPrefix(text, "<body"):
		return "a web page"
	case strings.HasPrefix(text, "mime-version:"):
		return "a web page in one file (MHTML)"
	case strings.HasPrefix(text, "<") && strings.Contains(text, "office:document"):
		return "a flat OpenDocument file"
	case strings.HasPrefix(text, "<") && (strings.Contains(text, "w:worddocument") ||
		strings.Contains(text, "pkg:package")):
		return "a Word document in flat XML; save it as .docx"
	case strings.HasPrefix(text, "<"):
		return "an XML file"
	case strings.IndexByte(text, 0) < 0:
		return "plain text"
	}
	return "of an unknown kind"
}

// identify says what a zip archive is that is not an OPC package.
func (p *pack) identify() error {
	if p.names["mimetype"] != nil && p.names["meta-inf/manifest.xml"] != nil {
		return fmt.Errorf("%w: it is an OpenDocument file", ErrNotWord)
	}
	if p.names["mimetype"] != nil && p.names["meta-inf/container.xml"] != nil {
		return fmt.Errorf("%w: it is an EPUB book", ErrNotWord)
	}
	if p.names["meta-inf/manifest.mf"] != nil {
		return fmt.Errorf("%w: it is a Java archive", ErrNotWord)
	}
	return fmt.Errorf("%w: it is a zip archive of something else", ErrNotWord)
}
