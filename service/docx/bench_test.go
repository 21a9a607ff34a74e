package docx_test

import (
	"os"
	"path/filepath"
	"testing"

	"docx2pdf/service/docx"
	"docx2pdf/service/docx/mend"
)

// BenchmarkPrepare is what a document that needs nothing costs before LibreOffice sees it: checked and read once, and
// left as it is.
func BenchmarkPrepare(b *testing.B) {
	content, err := os.ReadFile("../../demo.docx")
	if err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(b.TempDir(), "demo.docx")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		prepared, err := docx.Prepare(b.Context(), path, docx.DefaultLimits, mend.Wishes{})
		if err != nil || prepared.Changed {
			b.Fatalf("changed: %v, %v", prepared.Changed, err)
		}
	}
}
