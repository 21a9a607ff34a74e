package office

import (
	"archive/zip"
	"context"
	"embed"
	"fmt"
	"io/fs"
	"os"

	"docx2pdf/service/forkserver"
	"docx2pdf/service/options"
)

// The parts of the warm-up document, which has something of everything. It must not embed fonts: they would become
// every later document's.
//
//go:embed all:warmup
var warmUpParts embed.FS

// mainPart is the warm-up document's part with the text.
const mainPart = "word/document.xml"

// typical is a page as most documents have them, in place of the warm-up document's text.
//
//go:embed typical.xml
var typical []byte

// learn converts a typical document, for the fork server to see which memory a conversion touches: children make it
// their own while they wait for a document.
func (e *Engine) learn(server *forkserver.Server) error {
	d, err := e.NewDocument("")
	if err != nil {
		return err
	}
	defer d.Close()
	if err := writeWarmUp(d.Input(), typical); err != nil {
		return err
	}
	j := job{e, d}
	request := j.request(options.Options{})
	request.Learn = true
	c, err := server.Start(request)
	if err != nil {
		return err
	}
	end, exceeded, err := j.await(context.Background(), server, c)
	if err != nil {
		return err
	}
	return verdict(end, exceeded, e.config)
}

// writeWarmUp packs the warm-up document, with another text unless it is nil.
func writeWarmUp(path string, text []byte) error {
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
	err = fs.WalkDir(parts, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(parts, name)
		if err != nil {
			return err
		}
		if name == mainPart && text != nil {
			content = text
		}
		part, err := packed.Create(name)
		if err == nil {
			_, err = part.Write(content)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("packing the warm-up document: %w", err)
	}
	if err := packed.Close(); err != nil {
		return fmt.Errorf("packing the warm-up document: %w", err)
	}
	return file.Close()
}
