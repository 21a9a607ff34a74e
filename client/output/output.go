// Package output writes PDFs to where a person asked for them: to a file, which appears only once it is whole, into a
// device, or to standard output. What cannot be written is found out before anything is converted.
package output

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Target is where one PDF goes.
type Target struct {
	// Path is the file's, with links followed; "-" is standard output.
	Path string

	stdout  io.Writer // for "-"
	inPlace bool      // written into and never replaced: a device, a pipe, a file in a folder that takes no others
	mode    fs.FileMode
	there   bool
}

// Check finds out whether a PDF can be written to a path. A folder takes it under the name given; "-" is standard
// output.
func Check(path, name string, stdout io.Writer) (Target, error) {
	if path == "-" {
		return Target{Path: "-", stdout: stdout, inPlace: true}, nil
	}
	path, err := followed(path)
	if err != nil {
		return Target{}, err
	}
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		if path, err = followed(filepath.Join(path, name)); err != nil {
			return Target{}, err
		}
		info, err = os.Stat(path)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Target{Path: path}, mayCreate(path)
	case err != nil:
		return Target{}, err
	case info.IsDir():
		return Target{}, fmt.Errorf("%s is a folder; name another file with -o", path)
	}
	t := Target{Path: path, inPlace: !info.Mode().IsRegular(), mode: info.Mode().Perm(), there: true}
	if info.Mode()&fs.ModeNamedPipe != 0 {
		return t, nil // opening it would wait for a reader
	}
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return Target{}, fmt.Errorf("%w; name another file with -o", err)
	}
	t.inPlace = t.inPlace || mayCreate(path) != nil
	return t, file.Close()
}

// followed is the path at the end of a chain of links, which need not exist.
func followed(path string) (string, error) {
	for range 40 {
		next, err := os.Readlink(path)
		if err != nil {
			return path, nil // it is no link, or is not there
		}
		if !filepath.IsAbs(next) {
			next = filepath.Join(filepath.Dir(path), next)
		}
		path = next
	}
	return "", fmt.Errorf("%s: the links lead in a circle", path)
}

// mayCreate tries to make a file in the folder, since only that tells on every system.
func mayCreate(path string) error {
	part, err := create(filepath.Dir(path))
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("there is no folder %s; make it, or name another with -o", filepath.Dir(path))
		}
		return fmt.Errorf("%w; name another place with -o", err)
	}
	return errors.Join(part.Close(), os.Remove(part.Name()))
}

// create makes a file in a folder with the modes that the umask leaves.
func create(folder string) (*os.File, error) {
	part, err := os.CreateTemp(folder, ".docx2pdf-*.part")
	if err != nil {
		return nil, err
	}
	// CreateTemp is for secrets: it takes the group's and the others' modes away.
	name := part.Name()
	if err := errors.Join(part.Close(), os.Remove(name)); err != nil {
		return nil, err
	}
	return os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
}
