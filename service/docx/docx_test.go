package docx_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"docx2pdf/service/docx"
)

// part is one file of a package.
type part struct{ name, content string }

const (
	document     = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
	relationship = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
)

func types(contentType string) part {
	return part{"[Content_Types].xml",
		`<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/word/document.xml" ContentType="` + contentType + `"/></Types>`}
}

func relationships(kind, target string) part {
	return part{"_rels/.rels",
		`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="` +
			kind + `" Target="` + target + `"/></Relationships>`}
}

var mainPart = part{"word/document.xml",
	`<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"/>`}

// wordWith is a Word document with more parts.
func wordWith(more ...part) []byte {
	return pack(append([]part{types(document), relationships(relationship, "word/document.xml"), mainPart}, more...)...)
}

func inUTF16(p part) part {
	var wide bytes.Buffer
	binary.Write(&wide, binary.LittleEndian, utf16.Encode([]rune("\ufeff"+
		`<?xml version="1.0" encoding="UTF-16"?>`+p.content)))
	return part{p.name, wide.String()}
}

func marked(p part) part { return part{p.name, "\ufeff" + p.content} }

func pack(parts ...part) []byte {
	var packed bytes.Buffer
	w := zip.NewWriter(&packed)
	for _, p := range parts {
		f, err := w.Create(p.name)
		if err == nil {
			_, err = f.Write([]byte(p.content))
		}
		if err != nil {
			panic(err)
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return packed.Bytes()
}

func check(content []byte, limits docx.Limits) error {
	return docx.Check(context.Background(), bytes.NewReader(content), int64(len(content)), limits)
}

func TestWordDocumentsPass(t *testing.T) {
	strict := "http://purl.oclc.org/ooxml/officeDocument/relationships/officeDocument"
	for name, content := range map[string][]byte{
		"docx": wordWith(),
		"docm": pack(types("application/vnd.ms-word.document.macroEnabled.main+xml"),
			relationships(relationship, "word/document.xml"), mainPart),
		"dotx": pack(types("application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml"),
			relationships(relationship, "word/document.xml"), mainPart),
		"dotm": pack(types("application/vnd.ms-word.template.macroEnabledTemplate.main+xml"),
			relationships(relationship, "word/document.xml"), mainPart),
		"strict":                pack(types(document), relationships(strict, "word/document.xml"), mainPart),
		"absolute target":       pack(types(document), relationships(relationship, "/word/document.xml"), mainPart),
		"names in another case": pack(types(document), relationships(relationship, "Word/Document.XML"), mainPart),
		"directory entries":     wordWith(part{"word/media/", ""}),
		"UTF-16": pack(inUTF16(types(document)), inUTF16(relationships(relationship, "word/document.xml")),
			inUTF16(mainPart)),
		"UTF-8 with a mark": pack(marked(types(document)), marked(relationships(relationship, "word/document.xml")),
			marked(mainPart)),
		"main part in another way": pack(part{"[Content_Types].xml", `<Types><Default Extension="xml" ContentType="` +
			document + `"/></Types>`}, relationships(relationship, "word/document.xml"), mainPart),
	} {
		if err := check(content, docx.DefaultLimits); err != nil {
			t.Errorf("%s: %v, want it to pass", name, err)
		}
	}
}

// compound is what starts a compound file, followed by a directory entry with the given name.
func compound(stream string) []byte {
	file := append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 504)...)
	for _, unit := range utf16.Encode([]rune(stream + "\x00")) {
		file = binary.LittleEndian.AppendUint16(file, unit)
	}
	return file
}

func TestOtherFilesAreNamed(t *testing.T) {
	for _, test := range []struct {
		name    string
		content []byte
		err     error
		says    string
	}{
		{"empty", nil, docx.ErrNotWord, "empty"},
		{"rtf", []byte(`{\rtf1\ansi hello}`), docx.ErrNotWord, "RTF"},
		{"pdf", []byte("%PDF-1.7\n"), docx.ErrNotWord, "PDF"},
		{"html", []byte("\n <!DOCTYPE html><html>"), docx.ErrNotWord, "web page"},
		{"html in UTF-16", []byte("\xff\xfe<\x00h\x00t\x00m\x00l\x00>\x00"), docx.ErrNotWord, "web page"},
		{"flat odt", []byte(`<?xml version="1.0"?><office:document xmlns:office="x">`), docx.ErrNotWord, "flat OpenDocument"},
		{"flat Word XML", []byte(`<?xml version="1.0"?><pkg:package xmlns:pkg="x">`), docx.ErrNotWord, "flat XML"},
		{"text", []byte("Dear Sir or Madam"), docx.ErrNotWord, "plain text"},
		{"gzip", []byte("\x1f\x8b\x08\x00"), docx.ErrNotWord, "gzip"},
		{"noise", []byte{1, 0, 2, 0}, docx.ErrNotWord, "unknown"},
		{"doc", compound("WordDocument"), docx.ErrNotWord, "Word 97"},
		{"xls", compound("Workbook"), docx.ErrNotWord, "Excel"},
		{"encrypted", compound("EncryptedPackage"), docx.ErrEncrypted, "encrypted"},
		{"xlsx", pack(types("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"),
			relationships(relationship, "word/document.xml"), mainPart), docx.ErrNotWord, "Excel"},
		{"pptx", pack(types("application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"),
			relationships(relationship, "word/document.xml"), mainPart), docx.ErrNotWord, "PowerPoint"},
		{"odt", pack(part{"mimetype", "application/vnd.oasis.opendocument.text"}, part{"META-INF/manifest.xml", "<x/>"}),
			docx.ErrNotWord, "OpenDocument"},
		{"zip", pack(part{"a.txt", "a"}), docx.ErrNotWord, "zip archive"},
		{"empty zip", pack(), docx.ErrNotWord, "empty zip"},
		{"no relationships", pack(types(document), mainPart), docx.ErrCorrupt, "relationships"},
		{"no main part", pack(types(document), relationships(relationship, "word/document.xml")), docx.ErrCorrupt, "missing"},
		{"no main relationship", pack(types(document), relationships("other", "word/document.xml"), mainPart),
			docx.ErrNotWord, "main part"},
		{"broken XML", pack(part{"[Content_Types].xml", "<Types"}, relationships(relationship, "word/document.xml"),
			mainPart), docx.ErrCorrupt, "well-formed"},
		{"truncated", wordWith()[:300], docx.ErrCorrupt, "damaged"},
	} {
		err := check(test.content, docx.DefaultLimits)
		if !errors.Is(err, test.err) || (err != nil && !strings.Contains(err.Error(), test.says)) {
			t.Errorf("%s: %v, want %v naming %q", test.name, err, test.err, test.says)
		}
	}
}

func TestChecksumsAreChecked(t *testing.T) {
	var packed bytes.Buffer
	w := zip.NewWriter(&packed)
	for _, p := range []part{types(document), relationships(relationship, "word/document.xml"),
		{"word/document.xml", "<w:document/>"}} {
		f, err := w.CreateHeader(&zip.FileHeader{Name: p.name, Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		f.Write([]byte(p.content))
	}
	w.Close()
	content := bytes.Replace(packed.Bytes(), []byte("<w:document/>"), []byte("<w:dokument/>"), 1)
	if err := check(content, docx.DefaultLimits); !errors.Is(err, docx.ErrCorrupt) {
		t.Errorf("%v, want %v", err, docx.ErrCorrupt)
	}
}

func TestNamesThatLeadOutAreRefused(t *testing.T) {
	for _, name := range []string{"../evil.xml", "//etc/passwd", "word/../../evil", `word\..\evil`, "a//b", "./a",
		"nul\x00byte", ".."} {
		if err := check(wordWith(part{name, "x"}), docx.DefaultLimits); !errors.Is(err, docx.ErrCorrupt) {
			t.Errorf("%q: %v, want %v", name, err, docx.ErrCorrupt)
		}
	}
}

func TestTwoPartsOfOneNameAreRefused(t *testing.T) {
	for _, name := range []string{"word/document.xml", "WORD/Document.xml"} {
		if err := check(wordWith(part{name, "<other/>"}), docx.DefaultLimits); !errors.Is(err, docx.ErrCorrupt) {
			t.Errorf("%q twice: %v, want %v", name, err, docx.ErrCorrupt)
		}
	}
}

func TestBombsAreCountedWhileUnpacking(t *testing.T) {
	limits := docx.Limits{Entries: 8, Entry: 1 << 20, Total: 3 << 20}
	large := strings.Repeat("0", 1<<20)
	lying := wordWith(part{"word/media/a.bin", large + "0"})
	// In the directory and in the data descriptor the size becomes 7.
	for _, size := range []uint32{1<<20 + 1} {
		lying = bytes.ReplaceAll(lying, binary.LittleEndian.AppendUint32(nil, size), binary.LittleEndian.AppendUint32(nil, 7))
	}
	many := []part{}
	for i := range 9 {
		many = append(many, part{fmt.Sprintf("word/%d", i), "x"})
	}
	for name, content := range map[string][]byte{
		"one large part":    wordWith(part{"a", large + "0"}),
		"parts that add up": wordWith(part{"a", large}, part{"b", large}, part{"c", large}),
		"too many parts":    wordWith(many...),
	} {
		if err := check(content, limits); !errors.Is(err, docx.ErrBomb) {
			t.Errorf("%s: %v, want %v", name, err, docx.ErrBomb)
		}
	}
	if err := check(lying, limits); !errors.Is(err, docx.ErrBomb) && !errors.Is(err, docx.ErrCorrupt) {
		t.Errorf("a part that lies about its size: %v, want it refused", err)
	}
	if err := check(wordWith(part{"a", large}), limits); err != nil {
		t.Errorf("within the limits: %v, want it to pass", err)
	}
}

func TestOverlappingPartsAreRefused(t *testing.T) {
	content := wordWith(part{"a", strings.Repeat("0", 1000)})
	// The last directory entry's local header offset becomes the first part's.
	last := bytes.LastIndex(content, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(content[last+42:], 0)
	if err := check(content, docx.DefaultLimits); !errors.Is(err, docx.ErrBomb) && !errors.Is(err, docx.ErrCorrupt) {
		t.Errorf("%v, want it refused", err)
	}
}

func TestEncryptedEntriesAreRefused(t *testing.T) {
	content := wordWith()
	first := bytes.Index(content, []byte("PK\x01\x02"))
	content[first+8] |= 1
	if err := check(content, docx.DefaultLimits); !errors.Is(err, docx.ErrEncrypted) {
		t.Errorf("%v, want %v", err, docx.ErrEncrypted)
	}
}

func TestCheckEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	content := wordWith()
	if err := docx.Check(ctx, bytes.NewReader(content), int64(len(content)), docx.DefaultLimits); !errors.Is(err,
		context.Canceled) {
		t.Errorf("%v, want %v", err, context.Canceled)
	}
}

// Whatever the bytes are, the answer is a pass or one of the package's errors.
func FuzzCheck(f *testing.F) {
	f.Add(wordWith())
	f.Add(wordWith()[:200])
	f.Add(compound("EncryptedPackage"))
	f.Add([]byte(`{\rtf1`))
	f.Add(pack(part{"[Content_Types].xml", "<Types/>"}))
	limits := docx.Limits{Entries: 100, Entry: 1 << 20, Total: 2 << 20}
	f.Fuzz(func(t *testing.T, content []byte) {
		err := check(content, limits)
		for _, known := range []error{nil, docx.ErrNotWord, docx.ErrEncrypted, docx.ErrCorrupt, docx.ErrBomb} {
			if errors.Is(err, known) {
				return
			}
		}
		t.Errorf("%v is none of the errors that callers know", err)
	})
}
