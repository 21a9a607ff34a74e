package build

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// maxSource bounds an unpacked source.
const maxSource = 2 << 30

// unpack extracts a .zip, .tar.gz or .tgz into dir. Entries that would land outside it are refused.
func unpack(file, name, dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	switch {
	case strings.HasSuffix(name, ".zip"):
		err = unzip(file, root)
	case strings.HasSuffix(name, ".tar.gz"), strings.HasSuffix(name, ".tgz"):
		err = untar(file, root)
	default:
		err = errors.New("the source must be a .zip, .tar.gz or .tgz object")
	}
	if err != nil {
		return fmt.Errorf("unpacking source %s: %w", name, err)
	}
	return nil
}

func unzip(file string, root *os.Root) error {
	z, err := zip.OpenReader(file)
	if err != nil {
		return err
	}
	defer z.Close()
	left := int64(maxSource)
	for _, entry := range z.File {
		if entry.FileInfo().IsDir() {
			continue
		}
		if !entry.Mode().IsRegular() {
			return fmt.Errorf("%s is not a plain file", entry.Name)
		}
		content, err := entry.Open()
		if err != nil {
			return err
		}
		err = place(root, entry.Name, entry.Mode(), content, &left)
		content.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

func untar(file string, root *os.Root) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	left := int64(maxSource)
	for t := tar.NewReader(z); ; {
		header, err := t.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		switch header.Typeflag {
		case tar.TypeReg:
			if err := place(root, header.Name, header.FileInfo().Mode(), t, &left); err != nil {
				return err
			}
		case tar.TypeDir, tar.TypeXGlobalHeader:
		default:
			return fmt.Errorf("%s is not a plain file", header.Name)
		}
	}
}

func place(root *os.Root, name string, mode os.FileMode, content io.Reader, left *int64) error {
	name = filepath.Clean(name)
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := root.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, mode.Perm()|0o600)
	if err != nil {
		return err
	}
	n, err := io.Copy(f, io.LimitReader(content, *left+1))
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if *left -= n; err == nil && *left < 0 {
		err = fmt.Errorf("the source is larger than %d bytes", int64(maxSource))
	}
	return err
}
