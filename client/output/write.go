package output

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Draft is a PDF that is whole and not yet where it goes.
type Draft struct {
	target Target
	part   *os.File
	// SHA256 is the content's, in hex.
	SHA256 string
}

// Write reads a PDF and keeps it aside: beside where it goes, or with other temporary files.
func (t Target) Write(pdf io.Reader) (*Draft, error) {
	part, err := t.part()
	if err != nil {
		return nil, err
	}
	d := &Draft{target: t, part: part}
	hash := sha256.New()
	if _, err := io.Copy(part, io.TeeReader(pdf, hash)); err != nil {
		d.Drop()
		return nil, fmt.Errorf("writing %s: %w", t.Path, err)
	}
	d.SHA256 = hex.EncodeToString(hash.Sum(nil))
	return d, nil
}

func (t Target) part() (*os.File, error) {
	if t.inPlace {
		return os.CreateTemp("", "docx2pdf-*")
	}
	return create(filepath.Dir(t.Path))
}

// Keep puts the PDF where it goes. A file that was there keeps its mode.
func (d *Draft) Keep() error {
	defer d.Drop()
	keep := d.replace
	if d.target.inPlace {
		keep = d.pour
	}
	if err := keep(); err != nil {
		return fmt.Errorf("writing %s: %w", d.target.Path, err)
	}
	return nil
}

func (d *Draft) replace() error {
	name := d.part.Name()
	if err := d.part.Close(); err != nil {
		return err
	}
	if d.target.there {
		if err := os.Chmod(name, d.target.mode); err != nil {
			return err
		}
	}
	return os.Rename(name, d.target.Path)
}

func (d *Draft) pour() error {
	if _, err := d.part.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if d.target.Path == "-" {
		_, err := io.Copy(d.target.stdout, d.part)
		return err
	}
	file, err := os.OpenFile(d.target.Path, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, d.part)
	return errors.Join(err, file.Close())
}

// Drop removes what is kept aside. After Keep, and of nil, it does nothing.
func (d *Draft) Drop() {
	if d != nil && d.part != nil {
		d.part.Close()
		os.Remove(d.part.Name())
		d.part = nil
	}
}
