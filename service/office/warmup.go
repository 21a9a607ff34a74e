package office

import (
	"archive/zip"
	"context"
	"embed"
	"fmt"
	"io/fs"
	"os"
)

// The parts of the warm-up document. It must not embed fonts: they would become every later document's.
//
//go:embed all:warmup
var warmUpParts embed.FS

// learn converts the warm-up document once more, for the fork server to see which memory a conversion touches: children
// that wait for a document make it their own meanwhile. A document that comes before that only takes a little longer.
func (e *Engine) learn(server *forkServer) error {
	job, err := e.NewJob("")
	if err != nil {
		return err
	}
	defer job.Close()
	if err := writeWarmUp(job.Input()); err != nil {
		return err
	}
	c, err := server.start("learn", job.fields(Options{})...)
	if err != nil {
		return err
	}
	end, _, err := job.await(context.Background(), server, c)
	if err != nil {
		return err
	}
	return verdict(end, none, e.config)
}

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
