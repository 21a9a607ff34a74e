package office_test

import (
	"bytes"
	"encoding/binary"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"docx2pdf/service/docx/docxtest"
	"docx2pdf/service/fonts"
	"docx2pdf/service/office"
)

// wide is a text as a font's name table has it.
func wide(text string) []byte {
	var out []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		out = binary.BigEndian.AppendUint16(out, unit)
	}
	return out
}

// trebuchet is a font that says it is Trebuchet MS, as a licensed one would.
func trebuchet(t *testing.T) []byte {
	t.Helper()
	set, err := fonts.Open("")
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(set.Twins, "CalibriTwin-Regular.ttf"))
	if err != nil {
		t.Fatal(err)
	}
	content = bytes.ReplaceAll(content, wide("Calibri Twin"), wide("Trebuchet MS"))
	return bytes.ReplaceAll(content, wide("CalibriTwin-"), wide("TrebuchetMS-"))
}

func TestOnesOwnFontsComeBeforeTwins(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "licensed", "fonts, bought")
	font := trebuchet(t)
	if err := os.MkdirAll(filepath.Join(dir, "more"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"more/treb.TTF":      font,
		"README.txt":         []byte("Fonts that we have bought."),
		"empty.ttf":          nil,
		"half.ttf":           font[:len(font)/2],
		"no font & <x>*.otf": bytes.Repeat([]byte("no font "), 1000),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	set, err := fonts.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	engine := start(t, office.Config{Fonts: set, Log: slog.New(slog.NewTextHandler(&log, nil))})
	for _, broken := range []string{"empty.ttf", "half.ttf", "no font & <x>*.otf"} {
		if !strings.Contains(log.String(), broken) {
			t.Errorf("the log does not name %s: %s", broken, log.String())
		}
	}
	if strings.Contains(log.String(), "README") || strings.Contains(log.String(), "treb") {
		t.Errorf("the log names what is in order: %s", log.String())
	}
	if own := engine.Status().OwnFonts; !slices.Equal(own, []string{"Trebuchet MS"}) {
		t.Errorf("the own fonts are %q", own)
	}
	pdf, report := mustConvert(t, engine, docxtest.Document(docxtest.Styled("Trebuchet MS", "text")+
		docxtest.Styled("Verdana", "text")))
	if names := poppler(t, "pdffonts", pdf); !strings.Contains(names, "+TrebuchetMS-Regular") ||
		!strings.Contains(names, "+VerdanaTwin-Regular") {
		t.Errorf("the PDF's fonts are\n%s, want the own one, and a twin for the other", names)
	}
	if !slices.Equal(report.OwnFonts, []string{"Trebuchet MS"}) || len(report.Fonts) != 1 ||
		report.Fonts[0].Font != "Verdana" {
		t.Errorf("the report has the own fonts %q and the substitutions %v", report.OwnFonts, report.Fonts)
	}
}

func TestAFolderOfFontsHasToBeThere(t *testing.T) {
	if _, err := fonts.Open("/nowhere"); err == nil || !strings.Contains(err.Error(), "/nowhere") ||
		!strings.Contains(err.Error(), "FONTS_DIR") {
		t.Errorf("%v, want an error that names the folder and the variable", err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if set, err := fonts.Open(file); err == nil {
		t.Errorf("a file is taken for a folder of fonts: %v", set)
	}
}

// What stands for a font has its widths, or others; only the latter move a page's end.
func TestSubstitutionsSayWhatTheyMean(t *testing.T) {
	engine := start(t, office.Config{})
	body := ""
	want := map[string]fonts.Kind{
		"Calibri": fonts.SameWidths, "Arial": fonts.SameWidths, "Times New Roman": fonts.SameWidths,
		"Cambria":  fonts.SameWidths,
		"Consolas": fonts.SameWidths, "Symbol": fonts.Signs, "Nobody Knows": fonts.OtherWidths, "Papyrus": fonts.OtherWidths,
	}
	for font := range want {
		text := "text"
		if font == "Symbol" {
			text = "\uf0b7"
		}
		body += docxtest.Styled(font, text)
	}
	_, report := mustConvert(t, engine, docxtest.Document(body))
	for _, s := range report.Fonts {
		if s.Kind != want[s.Font] {
			t.Errorf("%s by %v: %q, want %q", s.Font, s.Used, s.Kind, want[s.Font])
		}
		delete(want, s.Font)
	}
	if len(want) > 0 {
		t.Errorf("nothing is said of %v: %v", want, report.Fonts)
	}
}
