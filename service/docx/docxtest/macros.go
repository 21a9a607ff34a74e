package docxtest

import (
	"encoding/binary"
	"slices"
	"strings"
	"unicode/utf16"
)

// WithMacros packs a Word document with the given body that brings along a VBA project of one module, ThisDocument,
// in which Word looks for the events of the document.
func WithMacros(body, source string) []byte {
	const mainType = "application/vnd.ms-word.document.macroEnabled.main+xml"
	return Document(body,
		Part{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
			`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
			`<Override PartName="/word/document.xml" ContentType="` + mainType + `"/>` +
			`<Override PartName="/word/vbaProject.bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>`},
		Part{"word/_rels/document.xml.rels",
			`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
				`<Relationship Id="v" Type="http://schemas.microsoft.com/office/2006/relationships/vbaProject" Target="vbaProject.bin"/></Relationships>`},
		Part{"word/vbaProject.bin", string(vbaProject("ThisDocument", source))})
}

// vbaProject is a VBA project of one document module ([MS-OVBA] 2.2), in a compound file.
// https://learn.microsoft.com/openspecs/office_file_formats/ms-ovba
func vbaProject(module, source string) []byte {
	return compoundFile([]entry{
		{name: "Root Entry", kind: root, child: 1, next: none},
		{name: "VBA", kind: storage, child: 3, next: 2},
		{name: "PROJECT", kind: stream, child: none, next: none,
			content: padded("ID=\"{00000000-0000-0000-0000-000000000000}\"\r\nDocument="+module+
				"/&H00000000\r\nName=\"Project\"\r\n", '\n')},
		{name: "dir", kind: stream, child: none, next: 4, content: contained(vbaDirectory(module))},
		{name: module, kind: stream, child: none, next: 5,
			content: contained("Attribute VB_Name = \"" + module + "\"\r\n" + strings.ReplaceAll(source, "\n", "\r\n"))},
		{name: "_VBA_PROJECT", kind: stream, child: none, next: none, content: padded("\xcc\x61\xff\xff\x00\x00\x00", 0)},
	})
}

// vbaDirectory is the dir stream: what the project and its modules are called ([MS-OVBA] 2.3.4.2).
func vbaDirectory(module string) string {
	var b strings.Builder
	record := func(id uint16, content string) {
		binary.Write(&b, binary.LittleEndian, id)
		binary.Write(&b, binary.LittleEndian, uint32(len(content)))
		b.WriteString(content)
	}
	record(0x0001, "\x03\x00\x00\x00") // 64-bit Windows
	record(0x0002, "\x09\x04\x00\x00") // English
	record(0x0014, "\x09\x04\x00\x00")
	record(0x0003, "\xe4\x04") // Windows-1252
	record(0x0004, "Project")
	record(0x0005, "")
	record(0x0040, "")
	record(0x0006, "")
	record(0x003d, "")
	record(0x0007, "\x00\x00\x00\x00")
	record(0x0008, "\x00\x00\x00\x00")
	record(0x0009, "\x01\x00\x00\x00") // its version goes on past its stated size
	b.WriteString("\x00\x00")
	record(0x000c, "")
	record(0x003c, "")
	record(0x000f, "\x01\x00") // one module
	record(0x0013, "\xff\xff")
	record(0x0019, module)
	record(0x0047, wide(module))
	record(0x001a, module)
	record(0x0032, wide(module))
	record(0x001c, "")
	record(0x0048, "")
	record(0x0031, "\x00\x00\x00\x00") // its source starts at once
	record(0x001e, "\x00\x00\x00\x00")
	record(0x002c, "\xff\xff")
	record(0x0022, "") // a document's module
	record(0x002b, "")
	record(0x0010, "")
	return b.String()
}

// chunk is what VBA's compression takes at a time ([MS-OVBA] 2.4.1), and what a stream must have at least to be in
// sectors of its own ([MS-CFB] 2.2).
const chunk = 4096

// contained is text in VBA's compressed container, in chunks that are not compressed.
func contained(text string) string {
	var b strings.Builder
	b.WriteByte(1)
	for part := range slices.Chunk([]byte(text), chunk) {
		b.WriteString("\xff\x3f" + padded(string(part), '\n'))
	}
	return b.String()
}

func padded(text string, with byte) string {
	return text + strings.Repeat(string(with), max(0, chunk-len(text)))
}

func wide(text string) string {
	var b strings.Builder
	binary.Write(&b, binary.LittleEndian, utf16.Encode([]rune(text)))
	return b.String()
}
