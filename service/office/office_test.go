package office_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"docx2pdf/service/conversion"
	"docx2pdf/service/docx/docxtest"
	"docx2pdf/service/office"
	"docx2pdf/service/options"
)

// start starts an engine that must leave nothing behind.
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

// parse reads options in the form name=value.
func parse(t *testing.T, settings ...string) options.Options {
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
	return o
}

// newDocument makes a document.
func newDocument(t *testing.T, engine *office.Engine, content []byte) *conversion.Document {
	t.Helper()
	d, err := engine.NewDocument("test.docx")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if err := os.WriteFile(d.Input(), content, 0o600); err != nil {
		t.Fatal(err)
	}
	return d
}

// convert returns what the conversion of a document says, and its PDF's place.
func convert(t *testing.T, engine *office.Engine, content []byte, settings ...string) (string,
	conversion.Report, error) {
	t.Helper()
	d := newDocument(t, engine, content)
	report, err := engine.Convert(t.Context(), d, parse(t, settings...))
	return d.Output(), report, err
}

// mustConvert is convert of a document that has to succeed.
func mustConvert(t *testing.T, engine *office.Engine, content []byte, options ...string) (string, conversion.Report) {
	t.Helper()
	pdf, result, err := convert(t, engine, content, options...)
	if err != nil {
		t.Fatal(err)
	}
	return pdf, result
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

func textOf(t *testing.T, pdf string) string { return poppler(t, "pdftotext", "-layout", pdf, "-") }

func TestConvertKeepsTextAndPages(t *testing.T) {
	engine := start(t, office.Config{})
	pdf, result := mustConvert(t, engine, docxtest.Document(docxtest.Paragraph("first page")+docxtest.PageBreak+
		docxtest.Paragraph("second page")))
	text := textOf(t, pdf)
	if result.Pages != 2 || !strings.Contains(text, "first page") || !strings.Contains(text, "second page") {
		t.Errorf("%d pages with the text %q, want 2 with both texts", result.Pages, text)
	}
	if len(result.Phases) != 2 || result.Phases[1].Took <= 0 || result.CPU <= 0 {
		t.Errorf("took %v and %v of CPU, want both measured", result.Phases, result.CPU)
	}
}

func TestConvertNamesSubstitutedFonts(t *testing.T) {
	engine := start(t, office.Config{})
	_, result := mustConvert(t, engine, docxtest.Document(docxtest.Styled("Calibri", "metric compatible")+
		docxtest.Styled("No Such Font", "anything")+docxtest.Styled("Symbol", "\uf0b7")+
		docxtest.Styled("Wingdings", "\uf0d8")+docxtest.Styled("Liberation Serif", "the real one")))
	found := map[string]string{}
	for _, s := range result.Fonts {
		found[s.Font] = strings.Join(s.Used, ",")
	}
	if found["Calibri"] != "Calibri Twin" {
		t.Errorf("Calibri became %q, want its twin; all: %v", found["Calibri"], result.Fonts)
	}
	// LibreOffice knows which of OpenSymbol's signs stand for those of symbol fonts.
	for _, symbols := range []string{"Symbol", "Wingdings"} {
		if found[symbols] != "OpenSymbol" {
			t.Errorf("%s became %q, want OpenSymbol", symbols, found[symbols])
		}
	}
	if found["No Such Font"] == "" {
		t.Errorf("what stands for a font that is not there is not told: %v", result.Fonts)
	}
	if used, told := found["Liberation Serif"]; told {
		t.Errorf("an installed font is said to be substituted by %q", used)
	}
}

func TestDocumentsAreConvertedAtOnce(t *testing.T) {
	engine := start(t, office.Config{Concurrency: 4})
	errs := make(chan error)
	for range 40 {
		d := newDocument(t, engine, docxtest.Document(docxtest.Text(3)))
		go func() {
			_, err := engine.Convert(t.Context(), d, options.Options{})
			errs <- err
		}()
	}
	for range 40 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func TestStartWithoutLibreOfficeSaysHowToGetIt(t *testing.T) {
	_, err := office.Start(t.Context(), office.Config{ProgramDir: t.TempDir(), TempDir: t.TempDir()})
	if err == nil || !strings.Contains(err.Error(), "install") {
		t.Errorf("%v, want an error that says how to install LibreOffice", err)
	}
}
