package office_test

import (
	"archive/zip"
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"

	"docx2pdf/service/office"
)

func start(t *testing.T, config office.Config) *office.Engine {
	t.Helper()
	config.TempDir = t.TempDir()
	engine, err := office.Start(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
		if left, _ := os.ReadDir(config.TempDir); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	})
	return engine
}

// document packs a Word document with the given body.
func document(t *testing.T, body string) []byte {
	t.Helper()
	var packed bytes.Buffer
	w := zip.NewWriter(&packed)
	for name, content := range map[string]string{
		"[Content_Types].xml": `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`,
		"_rels/.rels":         `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`,
		"word/document.xml":   `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>` + body + `</w:body></w:document>`,
	} {
		part, err := w.Create(name)
		if err == nil {
			_, err = part.Write([]byte(content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

func paragraph(text string) string { return `<w:p><w:r><w:t>` + text + `</w:t></w:r></w:p>` }

const pageBreak = `<w:p><w:r><w:br w:type="page"/></w:r></w:p>`

// parse reads options in the form name=value.
func parse(t *testing.T, settings ...string) office.Options {
	t.Helper()
	options, err := office.ParseOptions(func(name string) string {
		for _, setting := range settings {
			if value, ok := strings.CutPrefix(setting, name+"="); ok {
				return value
			}
		}
		return ""
	})
	if err != nil {
		t.Fatal(err)
	}
	return options
}

// convert returns a document's text, and what the conversion says of it.
func convert(t *testing.T, engine *office.Engine, content []byte, options ...string) (string, office.Result, error) {
	t.Helper()
	job, err := engine.NewJob("test.docx")
	if err != nil {
		t.Fatal(err)
	}
	defer job.Close()
	if err := os.WriteFile(job.Input(), content, 0o600); err != nil {
		t.Fatal(err)
	}
	result, err := job.Convert(t.Context(), parse(t, options...))
	if err != nil {
		return "", result, err
	}
	text, err := exec.Command("pdftotext", "-layout", job.Output(), "-").Output()
	if err != nil {
		t.Fatalf("pdftotext (Debian package poppler-utils): %v", err)
	}
	return string(text), result, nil
}

func TestConvertKeepsTextAndPages(t *testing.T) {
	engine := start(t, office.Config{})
	text, result, err := convert(t, engine, document(t, paragraph("first page")+pageBreak+paragraph("second page")))
	if err != nil {
		t.Fatal(err)
	}
	if result.Pages != 2 || !strings.Contains(text, "first page") || !strings.Contains(text, "second page") {
		t.Errorf("%d pages with the text %q, want 2 with both texts", result.Pages, text)
	}
}
