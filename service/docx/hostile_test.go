package docx_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"docx2pdf/service/docx"
	"docx2pdf/service/docx/docxtest"
	"docx2pdf/service/docx/mend"
	"docx2pdf/service/warning"
)

// prepareHostile is Prepare of what may be refused, and how large the document is then.
func prepareHostile(t *testing.T, content []byte, limits docx.Limits, wishes mend.Wishes) (*docx.Prepared,
	int64, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test.docx")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	prepared, err := docx.Prepare(t.Context(), path, limits, wishes)
	info, statErr := os.Stat(path)
	if statErr != nil {
		t.Fatal(statErr)
	}
	return prepared, info.Size(), err
}

func TestNamesThatBecomeTheSameAreRefused(t *testing.T) {
	for name, parts := range map[string][2]string{
		"slashes":            {`word\a.xml`, "word/a.xml"},
		"the root":           {"/word/a.xml", "word/a.xml"},
		"both":               {`\word\a.xml`, "word/a.xml"},
		"case and slashes":   {`WORD\A.xml`, "word/a.xml"},
		"the main part":      {`word\document.xml`, "word/b.xml"},
		"the types":          {"/[content_types].xml", "word/b.xml"},
		"the relations":      {`_rels\.rels`, "word/b.xml"},
		"percent signs":      {"word/a%20b.xml", "word/a b.xml"},
		"percent and case":   {`word\%41.xml`, "word/a.xml"},
		"another letter":     {"word/\u212a.xml", "word/k.xml"}, // the Kelvin sign
		"a part in a part":   {`word\a.xml\..\a.xml`, "word/b.xml"},
		"out by backslashes": {`..\..\etc\a.xml`, "word/b.xml"},
	} {
		content := wordWith(part{parts[0], "<a/>"}, part{parts[1], "<b/>"})
		if _, _, err := prepareHostile(t, content, docx.DefaultLimits, mend.Wishes{}); !errors.Is(err, docx.ErrCorrupt) {
			t.Errorf("%s: %v, want %v", name, err, docx.ErrCorrupt)
		}
	}
}

// Packages that are packed anew are held to the same limits as others.
func TestBombsInPackagesThatArePackedAnew(t *testing.T) {
	limits := docx.Limits{Entries: 8, Entry: 1 << 20, Total: 3 << 20}
	large := strings.Repeat("0", 1<<20)
	many := []part{}
	for i := range 9 {
		many = append(many, part{fmt.Sprintf(`word\%d`, i), "x"})
	}
	stored := func(parts ...part) []byte {
		return streamed(t, append([]part{types(document), relationships(relationship, "word/document.xml"), mainPart},
			parts...)...)
	}
	for name, content := range map[string][]byte{
		"one large part":         wordWith(part{`word\a`, large + "0"}),
		"parts that add up":      wordWith(part{`word\a`, large}, part{`word\b`, large}, part{`word\c`, large}),
		"too many parts":         wordWith(many...),
		"streamed, one large":    stored(part{"a", large + "0"}),
		"streamed, many":         stored(many...),
		"streamed, that add up":  stored(part{"a", large}, part{"b", large}, part{"c", large}),
		"a chunk that is a bomb": wordWith(part{`word\chunk.html`, large + "0"}),
	} {
		if _, _, err := prepareHostile(t, content, limits, mend.Wishes{}); !errors.Is(err, docx.ErrBomb) {
			t.Errorf("%s: %v, want %v", name, err, docx.ErrBomb)
		}
	}
	overlapping := stored(part{"a", strings.Repeat("0", 1000)})
	copy(overlapping[bytes.LastIndex(overlapping, []byte("PK\x01\x02"))+42:], "\x00\x00\x00\x00")
	if _, _, err := prepareHostile(t, overlapping, limits, mend.Wishes{}); !errors.Is(err, docx.ErrBomb) &&
		!errors.Is(err, docx.ErrCorrupt) {
		t.Errorf("parts that overlap: %v, want it refused", err)
	}
	within := stored(part{"a", large})
	_, size, err := prepareHostile(t, within, limits, mend.Wishes{})
	if err != nil || size > int64(len(within))+4<<10 {
		t.Errorf("within the limits: %v, %d bytes of %d", err, size, len(within))
	}
}

// What a step makes of a document is not much larger than the document, and not more work than reading it a few times:
// each of these would take hours or all memory if it were.
func TestMarkupThatWouldGrowWithoutEnd(t *testing.T) {
	begin := `<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>`
	separate, end := `</w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>`,
		`<w:r><w:fldChar w:fldCharType="end"/></w:r>`
	repeat := strings.Repeat
	rejected := mend.Wishes{Changes: mend.ChangesRejected}
	equation := `<m:oMath xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math">`
	for _, test := range []struct {
		name, body string
		wishes     mend.Wishes
		err        error
		warnings   string
	}{
		{"a million fields", repeat(`<w:fldSimple w:instr="TITLE"><w:t>a</w:t></w:fldSimple>`, 1_000_000), mend.Wishes{}, nil,
			"part_too_large=1"},
		{"many fields", repeat(begin+`FILENAME \p`+separate+`<w:r><w:t>x</w:t></w:r>`+end, 20_000), mend.Wishes{}, nil, ""},
		{"fields without an end", repeat(begin, 100_000), mend.Wishes{}, nil, ""},
		{"fields in fields", repeat(begin+repeat(begin+"A"+separate+end, 99), 300) + repeat(end, 300),
			mend.Wishes{}, nil, ""},
		{"hidden in open fields", repeat(begin+"A"+separate, 999) + repeat(`<w:webHidden/>`, 500_000),
			mend.Wishes{}, nil, ""},
		{"signs in a run with long properties", `<w:r><w:rPr><w:x v="` + repeat("a", 1<<20) + `"/></w:rPr>` +
			repeat(`<w:sym w:font="Wingdings" w:char="F0FC"/>`, 100_000) + `</w:r>`, mend.Wishes{}, nil, ""},
		{"signs in a run with properties", `<w:r><w:rPr><w:x v="` + repeat("a", 60_000) + `"/></w:rPr>` +
			repeat(`<w:sym w:font="Wingdings" w:char="F0FC"/>`, 100_000) + `</w:r>`, mend.Wishes{}, nil, "part_too_large=1"},
		{"hidden numbers in hidden numbers", repeat(begin+`SEQ a \h`+separate, 900) + repeat(`<w:r></w:r>`, 100_000) +
			repeat(end, 900), mend.Wishes{}, nil, "part_too_large=1"},
		{"deletions in deletions", repeat(`<w:del>`, 2000) + repeat(`<w:p/>`, 100_000) + repeat(`</w:del>`, 2000), rejected,
			docx.ErrCorrupt, ""},
		{"insertions without an end", repeat(`<w:ins>`, 100_000), rejected, docx.ErrCorrupt, ""},
		{"elements in a deletion", `<w:del>` + repeat(`<a/>`, 3_000_000) + `</w:del>`, rejected, nil, "part_too_large=1"},
		{"characters without an end", `<w:fldSimple w:instr="` + repeat("&#", 5<<20) + `"/>`, mend.Wishes{}, nil, ""},
		{"a tag of 20 MB", `<w:fldSimple w:instr="` + repeat("TITLE ", 20<<20/6) + `"/>`, mend.Wishes{}, nil, ""},
		{"names of 1 MB", repeat(`<w:bookmarkStart w:name="`+repeat("x", 1<<20)+`"/>`, 30), mend.Wishes{}, nil, ""},
		{"elements in elements", repeat(`<w:tbl>`, 1_000_000), mend.Wishes{}, nil, ""},
		{"an equation of one line", equation + `<m:r><m:t>` + repeat("=", 20<<20), mend.Wishes{}, nil, ""},
		{"an equation of many texts", equation + repeat(`<m:r><m:t>=</m:t></m:r>`, 1_000_000) + `</m:oMath>`,
			mend.Wishes{}, nil, "part_too_large=1"},
		{"equations in equations", equation + repeat(`<m:e><w:del><m:d><m:dPr><m:begChr m:val="]"/>`, 300_000),
			mend.Wishes{}, nil, ""},
		{"comments in an equation", equation + `<m:r><m:t>` + repeat("a<!---->", 2_000_000), mend.Wishes{}, nil, ""},
	} {
		content := docxtest.Document(test.body)
		prepared, size, err := prepareHostile(t, content, docx.DefaultLimits, test.wishes)
		if !errors.Is(err, test.err) {
			t.Errorf("%s: %v, want %v", test.name, err, test.err)
			continue
		}
		if got := warning.String(prepared.Warnings()); err == nil && got != test.warnings {
			t.Errorf("%s: the warnings are %q, want %q", test.name, got, test.warnings)
		}
		if size > 4<<20 {
			t.Errorf("%s: %d bytes became %d", test.name, len(content), size)
		}
	}
}

func TestRelationsWithoutEnd(t *testing.T) {
	var many strings.Builder
	many.WriteString(`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`)
	for i := range 300_000 {
		fmt.Fprintf(&many, `<Relationship Id="%d" Type="image" Target="media/%[1]d.png"/>`, i)
	}
	many.WriteString(`<Relationship Id="s" Type="hyperlink" Target="javascript:alert(1)` + strings.Repeat(" ", 10_000) +
		`" TargetMode="External"/></Relationships>`)
	path := filepath.Join(t.TempDir(), "test.docx")
	if err := os.WriteFile(path, docxtest.Document("<w:p/>", docxtest.Part{Name: "word/_rels/document.xml.rels",
		Content: many.String()}), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := docx.Prepare(t.Context(), path, docx.DefaultLimits, mend.Wishes{}); err != nil {
		t.Fatal(err)
	}
	archive, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	relations, err := archive.Open("word/_rels/document.xml.rels")
	if err != nil {
		t.Fatal(err)
	}
	defer relations.Close()
	if content, err := io.ReadAll(relations); err != nil || bytes.Contains(content, []byte("alert")) {
		t.Errorf("a link that runs a script is there after all, %v", err)
	}
}

// A page of an archive may name its picture, and a document its page, as often as they like.
func TestChunksThatWouldGrowWithoutEnd(t *testing.T) {
	archive := "Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n" +
		strings.Repeat(`<img src="cid:p">`, 1000) +
		"\r\n--b\r\nContent-Type: image/png\r\nContent-ID: <p>\r\n\r\n" + strings.Repeat("0", 1<<20) + "\r\n--b--"
	content := docxtest.Document(docxtest.Paragraph("a")+strings.Repeat(`<w:altChunk r:id="c"/>`, 1000),
		docxtest.Part{Name: "word/_rels/document.xml.rels",
			Content: docxtest.Relationships(docxtest.Relationship{ID: "c", Type: "aFChunk", Target: "c.mht"})},
		docxtest.Part{Name: "word/c.mht", Content: archive})
	path := filepath.Join(t.TempDir(), "test.docx")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	prepared, err := docx.Prepare(t.Context(), path, docx.DefaultLimits, mend.Wishes{})
	if err != nil {
		t.Fatal(err)
	}
	written := int64(0)
	for _, i := range prepared.Insertions {
		info, err := os.Stat(filepath.Join(filepath.Dir(path), i.Name))
		if err != nil {
			t.Fatal(err)
		}
		written += info.Size()
	}
	if got := warning.String(prepared.Warnings()); written == 0 || written > 64<<20 ||
		!strings.Contains(got, "chunk_missing=") {
		t.Errorf("%d bytes in %d files, and the warnings %q", written, len(prepared.Insertions), got)
	}
}

func TestAnimationsWithoutEnd(t *testing.T) {
	frame := image.NewPaletted(image.Rect(0, 0, 8000, 4000), color.Palette{color.Black, color.White})
	var moving bytes.Buffer
	if err := gif.EncodeAll(&moving, &gif.GIF{Image: []*image.Paletted{frame, frame}, Delay: []int{5, 5}}); err != nil {
		t.Fatal(err)
	}
	var parts []docxtest.Part
	for i := range 100 {
		parts = append(parts, docxtest.Part{Name: fmt.Sprintf("word/media/%d.gif", i), Content: moving.String()})
	}
	prepared, _, err := prepareHostile(t, docxtest.Document(docxtest.Paragraph("a"), parts...), docx.DefaultLimits,
		mend.Wishes{})
	if err != nil {
		t.Fatal(err)
	}
	if got := warning.String(prepared.Warnings()); got != "part_too_large=98" {
		t.Errorf("the warnings are %q: two of a hundred have room", got)
	}
}
