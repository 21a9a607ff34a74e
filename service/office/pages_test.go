package office

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestCountPages(t *testing.T) {
	for name, test := range map[string]struct {
		pdf, report string
		pages       int
		err         error
	}{
		"a page tree":            {"%PDF-1.7\n4 0 obj\n<</Type/Pages\n/Kids[ 1 0 R ]\n/Count 12>>\n", "", 12, nil},
		"a compressed page tree": {"%PDF-1.7\n4 0 obj\n<</Type/ObjStm>>stream\n", "saved 1\npages 7\n", 7, nil},
		"neither":                {"%PDF-1.7\n", "saved 1\n", 0, ErrCrashed},
		"no PDF":                 {"<html>", "pages 7\n", 0, ErrCrashed},
		"nothing":                {"", "pages 7\n", 0, ErrCrashed},
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
