package docx_test

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"

	"docx2pdf/service/docx"
)

const (
	bomb = `<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a>&c;</a>`
	xml  = `<?xml version="1.0"?>`
)

func in(t *testing.T, e encoding.Encoding, text string) string {
	t.Helper()
	encoded, err := e.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

func TestDocumentTypesAreRefused(t *testing.T) {
	utf16 := func(order unicode.Endianness, mark unicode.BOMPolicy) encoding.Encoding {
		return unicode.UTF16(order, mark)
	}
	comment := "<!-- " + strings.Repeat("long - -> ", 1000) + "-->"
	for name, content := range map[string]string{
		"at the start":                bomb,
		"after a declaration":         xml + bomb,
		"after a byte order mark":     "\ufeff" + xml + bomb,
		"after white space":           xml + strings.Repeat("\r\n\t ", 1000) + bomb,
		"after a comment":             xml + comment + bomb,
		"after an instruction":        xml + "<?i " + strings.Repeat("? >", 1000) + "?>" + comment + bomb,
		"UTF-16, marked":              in(t, utf16(unicode.LittleEndian, unicode.UseBOM), xml+bomb),
		"UTF-16, marked, high first":  in(t, utf16(unicode.BigEndian, unicode.UseBOM), xml+comment+bomb),
		"UTF-16, not marked":          in(t, utf16(unicode.LittleEndian, unicode.IgnoreBOM), xml+comment+bomb),
		"UTF-16, not marked, high":    in(t, utf16(unicode.BigEndian, unicode.IgnoreBOM), xml+bomb),
		"UTF-32, marked":              in(t, utf32.UTF32(utf32.LittleEndian, utf32.UseBOM), xml+bomb),
		"UTF-32, not marked":          in(t, utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM), xml+bomb),
		"UTF-7":                       `<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE a []><a/>`,
		"EBCDIC":                      "\x4c\x6f\xa7\x94\x93\x40",
		"a web page's, in a part":     xml + "<!DOCTYPE html><a/>",
		"one that has no end or name": "<!DOCTYPE[",
	} {
		if err := check(wordWith(part{"word/styles.xml", content}), docx.DefaultLimits); !errors.Is(err, docx.ErrCorrupt) {
			t.Errorf("%s: %v, want %v", name, err, docx.ErrCorrupt)
		}
	}
	if err := check(wordWith(part{"word/styles.bin", xml + bomb}), docx.DefaultLimits); !errors.Is(err, docx.ErrCorrupt) {
		t.Errorf("in a part of another name: %v, want %v", err, docx.ErrCorrupt)
	}
}

func TestWhatIsNoDocumentTypePasses(t *testing.T) {
	for name, p := range map[string]part{
		"a web page":     {"word/chunk.html", "<!DOCTYPE html><p>"},
		"a drawing":      {"word/media/a.svg", xml + `<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" ""><svg/>`},
		"text about one": {"word/styles.xml", xml + "<!-- <!DOCTYPE a> --><a><![CDATA[<!DOCTYPE a>]]></a>"},
		"UTF-16": {"word/styles.xml", in(t, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM),
			"<?xml version='1.0' encoding='UTF-16'?><a/>")},
		"another charset": {"word/styles.xml", `<?xml version="1.0" encoding="Windows-1252" standalone="yes"?>` +
			"<a>\xe4</a>"},
		"nothing":   {"word/styles.xml", ""},
		"a picture": {"word/media/a.png", "\x00\x00\x00<\x00"},
	} {
		if err := check(wordWith(p), docx.DefaultLimits); err != nil {
			t.Errorf("%s: %v, want it to pass", name, err)
		}
	}
}
