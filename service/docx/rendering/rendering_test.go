package rendering

import (
	"archive/zip"
	"bytes"
	"context"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"testing"

	"docx2pdf/service/conversion"
	"docx2pdf/service/docx"
	"docx2pdf/service/docx/docxtest"
	"docx2pdf/service/fonts"
	"docx2pdf/service/office"
	"docx2pdf/service/options"
	"docx2pdf/service/warning"
)

var converter conversion.Converter

func TestMain(m *testing.M) { os.Exit(run(m)) }

// run has all tests share a LibreOffice.
func run(m *testing.M) int {
	temp, err := os.MkdirTemp("", "rendering-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(temp)
	set, err := fonts.Open("")
	if err != nil {
		panic(err)
	}
	engine, err := office.Start(context.Background(), office.Config{TempDir: temp, Fonts: set})
	if err != nil {
		panic(err)
	}
	defer engine.Close()
	converter = conversion.Converter{Engine: engine, Limits: docx.DefaultLimits, HasCharacter: set.Coverage().Has}
	return m.Run()
}

// pdf is what became of a document.
type pdf struct {
	path     string
	text     string
	pages    int
	warnings string
}

// try converts a document with options in the form name=value.
func try(t *testing.T, content []byte, settings ...string) (pdf, error) {
	t.Helper()
	named := map[string]string{}
	for _, setting := range settings {
		name, value, _ := strings.Cut(setting, "=")
		named[name] = value
	}
	o, err := options.Parse(options.Map(named))
	if err != nil {
		t.Fatal(err)
	}
	d, err := converter.NewDocument("test.docx")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if err := os.WriteFile(d.Input(), content, 0o600); err != nil {
		t.Fatal(err)
	}
	report, err := converter.Convert(t.Context(), d, o)
	if err != nil {
		return pdf{}, err
	}
	return pdf{d.Output(), poppler(t, "pdftotext", "-layout", d.Output(), "-"), report.Pages,
		warning.String(report.Warnings)}, nil
}

// render is try of a document that has to become a PDF.
func render(t *testing.T, content []byte, settings ...string) pdf {
	t.Helper()
	made, err := try(t, content, settings...)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// has checks that texts are in the PDF, in this order and whatever is between.
func (p pdf) has(t *testing.T, texts ...string) {
	t.Helper()
	rest := strings.Join(strings.Fields(p.text), " ")
	for _, text := range texts {
		_, after, found := strings.Cut(rest, text)
		if !found {
			t.Errorf("%q is not in the text, or not in its place:\n%s", text, p.text)
			continue
		}
		rest = after
	}
}

func (p pdf) hasNot(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(p.text, text) {
			t.Errorf("%q is in the text:\n%s", text, p.text)
		}
	}
}

// objects is the PDF unpacked, to look for annotations and links.
func (p pdf) objects(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("qpdf", "--qdf", "--object-streams=disable", "--stream-data=uncompress", p.path, "-").Output()
	if err != nil {
		t.Fatalf("qpdf (Debian package qpdf): %v", err)
	}
	return string(out)
}

// poppler runs one of the tools of Debian's package poppler-utils.
func poppler(t *testing.T, tool string, arguments ...string) string {
	t.Helper()
	out, err := exec.Command(tool, arguments...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s (Debian package poppler-utils): %v: %s", tool, err, out)
	}
	return string(out)
}

// text is a run.
func text(s string) string { return `<w:r><w:t xml:space="preserve">` + s + `</w:t></w:r>` }

// field is a field with its saved result, as a run.
func field(instruction, result string) string {
	return `<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText xml:space="preserve"> ` + instruction +
		` </w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>` + result +
		`</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>`
}

func paragraph(runs ...string) string { return "<w:p>" + strings.Join(runs, "") + "</w:p>" }

// related is what the main part refers to.
func related(all ...docxtest.Relationship) docxtest.Part {
	return docxtest.Part{Name: "word/_rels/document.xml.rels", Content: docxtest.Relationships(all...)}
}

// with is a document with another content of a part.
func with(t *testing.T, content []byte, name, other string) []byte {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	var parts []docxtest.Part
	for _, entry := range archive.File {
		part := docxtest.Part{Name: entry.Name, Content: partOf(t, content, entry.Name)}
		if entry.Name == name {
			part.Content = other
		}
		parts = append(parts, part)
	}
	return docxtest.Pack(parts...)
}

// partOf is the content of a part.
func partOf(t *testing.T, content []byte, name string) string {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	part, err := fs.ReadFile(archive, name)
	if err != nil {
		t.Fatal(err)
	}
	return string(part)
}
