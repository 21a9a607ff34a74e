package office

import (
	"archive/zip"
	"embed"
	"fmt"
	"io/fs"
	"os"
)

// The parts of the warm-up document. It must not embed fonts: they would become every later document's.
//
//go:embed all:warmup
var warmUpParts embed.FS

// writeWarmUp packs the warm-up document.
func writeWarmUp(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("writing the warm-up document: %w", err)
	}
	defer file.Close()
	parts, err := fs.Sub(warmUpParts, "warmup")
	if err != nil {
		return err
	}
	packed := zip.NewWriter(file)
	if err := packed.AddFS(parts); err != nil {
		return fmt.Errorf("packing the warm-up document: %w", err)
	}
	if err := packed.Close(); err != nil {
		return fmt.Errorf("packing the warm-up document: %w", err)
	}
	return file.Close()
}
