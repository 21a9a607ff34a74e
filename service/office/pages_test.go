package office

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"docx2pdf/service/conversion"
)

func TestCountPages(t *testing.T) {
	for name, test := range map[string]struct {
		pdf, report string
		pages       int
		err         error
	}{
		"a page tree":            {"%PDF-1.7\n4 0 obj\n<</Type/Pages\n/Kids[ 1 0 R ]\n/Count 12>>\n", "", 12, nil},
		"a compressed page tree": {"%PDF-1.7\n4 0 obj\n<</Type/ObjStm>>stream\n", "saved 1\npages 7\n", 7, nil},
		"a large page tree": {"%PDF-1.7\n4 0 obj\n<</Type/Pages\n/Kids[ " + strings.Repeat("1 0 R ", 5000) +
			"]\n/Count 5000>>\n" + strings.Repeat("x", 700_000), "pages 7\n", 5000, nil},
		"a page tree without end": {"%PDF-1.7\n4 0 obj\n<</Type/Pages\n/Kids[ " + strings.Repeat("1 0 R ", 500_000),
			"pages 7\n", 7, nil},
		"a count that is none": {"%PDF-1.7\n<</Type/Pages /Count 99999999999999999999>>\n", "pages 7\n", 7, nil},
		"neither":              {"%PDF-1.7\n", "saved 1\n", 0, conversion.ErrCrashed},
		"no PDF":               {"<html>", "pages 7\n", 0, conversion.ErrCrashed},
		"nothing":              {"", "pages 7\n", 0, conversion.ErrCrashed},
	} {
		path := filepath.Join(t.TempDir(), "a.pdf")
		if err := os.WriteFile(path, []byte(test.pdf), 0o600); err != nil {
			t.Fatal(err)
		}
		pages, err := countPages(path, test.report)
		if pages != test.pages || !errors.Is(err, test.err) {
			t.Errorf("%s: %d pages, %v; want %d, %v", name, pages, err, test.pages, test.err)
		}
	}
}
