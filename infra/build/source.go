// Package build makes the container image: it knows the source that the image
// is made of, and has Cloud Build build it where the registry does not have it.
package build

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Source is the build context: the files that the Dockerfile may use.
type Source struct {
	// Files are absolute paths by their slash-separated name in the context.
	Files map[string]string
	// Hash is the hex SHA-256 of all names and contents. Equal sources give
	// equal hashes on every machine.
	Hash string
}

// ReadSource collects the build context below root, the repository's top
// folder: the module's files and service/, without tests, benchmarks and
// documentation, so that changing those does not make a new image. The fonts in
// the folder of that name, "" for none, become service/fonts/own.
func ReadSource(root, fontsDir string) (*Source, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	files := map[string]string{
		"go.mod": filepath.Join(root, "go.mod"),
		"go.sum": filepath.Join(root, "go.sum"),
	}
	err = filepath.WalkDir(filepath.Join(root, "service"), func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "testdata" || entry.Name() == "bench"):
			return filepath.SkipDir
		case !entry.Type().IsRegular(), strings.HasSuffix(path, "_test.go"), strings.HasSuffix(path, ".md"):
			return nil
		}
		name, err := filepath.Rel(root, path)
		files[filepath.ToSlash(name)] = path
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the image's source; run pulumi in a checkout of the repository: %w", err)
	}
	if fontsDir != "" {
		fonts, err := FindFonts(root, fontsDir)
		if err != nil {
			return nil, err
		}
		for name, path := range fonts {
			files["service/fonts/own/"+name] = path
		}
	}
	hash, err := hashFiles(files)
	if err != nil {
		return nil, fmt.Errorf("reading the image's source: %w", err)
	}
	return &Source{Files: files, Hash: hash}, nil
}

// FindFonts are the font files in a folder, absolute or below root, by their
// slash-separated names in it. A folder without any is an error.
func FindFonts(root, folder string) (map[string]string, error) {
	if !filepath.IsAbs(folder) {
		folder = filepath.Join(root, folder)
	}
	folder, err := filepath.EvalSymlinks(folder)
	if err != nil {
		return nil, fmt.Errorf("reading the folder of fonts: %w", err)
	}
	fonts := map[string]string{}
	err = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		switch strings.ToLower(filepath.Ext(path)) {
		case ".ttf", ".otf", ".ttc", ".otc":
			if entry.Type().IsRegular() {
				name, err := filepath.Rel(folder, path)
				fonts[filepath.ToSlash(name)] = path
				return err
			}
		}
		return nil
	})
	if err == nil && len(fonts) == 0 {
		err = fmt.Errorf("there is no .ttf, .otf, .ttc or .otc in %s", folder)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the folder of fonts: %w", err)
	}
	return fonts, nil
}

// Names are the files' names in the context, sorted.
func (s *Source) Names() []string { return sortedNames(s.Files) }

func sortedNames(files map[string]string) []string {
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func hashFiles(files map[string]string) (string, error) {
	all := sha256.New()
	for _, name := range sortedNames(files) {
		content := sha256.New()
		file, err := os.Open(files[name])
		if err != nil {
			return "", err
		}
		_, err = io.Copy(content, file)
		file.Close()
		if err != nil {
			return "", err
		}
		fmt.Fprintf(all, "%x %s\n", content.Sum(nil), name)
	}
	return hex.EncodeToString(all.Sum(nil)), nil
}
