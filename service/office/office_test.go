package office_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"docx2pdf/service/docx/docxtest"
	"docx2pdf/service/office"
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

// newJob makes a job with a document in it.
func newJob(t *testing.T, engine *office.Engine, content []byte) *office.Job {
	t.Helper()
	job, err := engine.NewJob("test.docx")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { job.Close() })
	if err := os.WriteFile(job.Input(), content, 0o600); err != nil {
		t.Fatal(err)
	}
	return job
}

// convert returns what the conversion of a document says, and its PDF's place.
func convert(t *testing.T, engine *office.Engine, content []byte, options ...string) (string, office.Result, error) {
	t.Helper()
	job := newJob(t, engine, content)
	result, err := job.Convert(t.Context(), parse(t, options...))
	return job.Output(), result, err
}

// mustConvert is convert of a document that has to succeed.
func mustConvert(t *testing.T, engine *office.Engine, content []byte, options ...string) (string, office.Result) {
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
	pdf, result := mustConvert(t, engine, docxtest.Document(docxtest.Paragraph("first page")+docxtest.PageBreak+docxtest.Paragraph("second page")))
	text := textOf(t, pdf)
	if result.Pages != 2 || !strings.Contains(text, "first page") || !strings.Contains(text, "second page") {
		t.Errorf("%d pages with the text %q, want 2 with both texts", result.Pages, text)
	}
	if result.Converting <= 0 || result.CPU <= 0 {
		t.Errorf("took %v and %v of CPU, want both measured", result.Converting, result.CPU)
	}
}

func TestConvertNamesSubstitutedFonts(t *testing.T) {
	engine := start(t, office.Config{})
	_, result := mustConvert(t, engine, docxtest.Document(docxtest.Styled("Calibri", "metric compatible")+
		docxtest.Styled("No Such Font", "anything")+docxtest.Styled("Liberation Serif", "the real one")))
	found := map[string]string{}
	for _, s := range result.Fonts {
		found[s.Font] = strings.Join(s.Used, ",")
	}
	if found["Calibri"] != "Calibri Twin" {
		t.Errorf("Calibri became %q, want its twin; all: %v", found["Calibri"], result.Fonts)
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
		job := newJob(t, engine, docxtest.Document(docxtest.Text(3)))
		go func() {
			_, err := job.Convert(t.Context(), office.Options{})
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
