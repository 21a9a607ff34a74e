// Package build makes the container image: it knows the source that the image
// is made of, and has Cloud Build build it where the registry does not have it.
package build

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
)

// Source is the build context: the files that get into the image, and no others.
type Source struct {
	// Files are the files by their slash-separated name in the context.
	Files map[string]File
	// Hash is the hex SHA-256 of all names and contents. Equal sources give
	// equal hashes on every machine.
	Hash string
}

// File is one file of the build context.
type File struct {
	// Path is absolute.
	Path string
	// Text is the file's content where it is not the one at Path: a checkout on
	// Windows may end lines with CR LF, which neither shells nor hashes bear.
	Text string
}

// dockerfile builds the image.
const dockerfile = "service/Dockerfile"

// ReadSource collects the build context below root, the repository's top
// folder: the Dockerfile, the scripts that it runs, the converter's go.mod and go.sum, the user's
// fonts, and the packages that it compiles with what they embed. Tests, documentation and
// whatever else lies there make no new image. The fonts in the folder of that
// name, "" for none, become service/fonts/own.
func ReadSource(root, fontsDir string) (*Source, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	names, err := contextOf(root)
	if err != nil {
		return nil, fmt.Errorf("reading the image's source; run pulumi in a checkout of the repository: %w", err)
	}
	paths := map[string]string{}
	for _, name := range names {
		paths[name] = filepath.Join(root, filepath.FromSlash(name))
	}
	if fontsDir != "" {
		fonts, err := FindFonts(root, fontsDir)
		if err != nil {
			return nil, err
		}
		for name, path := range fonts {
			paths["service/fonts/own/"+name] = path
		}
	}
	s := &Source{Files: map[string]File{}}
	all := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(paths)) {
		path := paths[name]
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("reading the image's source: %w", err)
		}
		file := File{Path: path}
		if isText(content) && bytes.Contains(content, []byte("\r\n")) {
			content = bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n"))
			file.Text = string(content)
		}
		s.Files[name] = file
		fmt.Fprintf(all, "%x %s\n", sha256.Sum256(content), name)
	}
	s.Hash = hex.EncodeToString(all.Sum(nil))
	return s, nil
}

// Names are the files' names in the context, sorted.
func (s *Source) Names() []string { return slices.Sorted(maps.Keys(s.Files)) }

// isText tells as git does: what has no zero byte at its beginning is text.
func isText(content []byte) bool {
	return bytes.IndexByte(content[:min(len(content), 8000)], 0) < 0
}

var (
	// These find in the Dockerfile the scripts, the folders of files and the packages that it names.
	scripts  = regexp.MustCompile(`\bservice/[\w./-]+\.sh\b`)
	folders  = regexp.MustCompile(`\B/source/(service/[\w/]+)`)
	compiles = regexp.MustCompile(`(?m)^RUN go -C service (?:build|run) (?:.* )?\.(/[\w/]+)?(?:\s|$)`)
)

// contextOf lists the names of the context's files, sorted.
func contextOf(root string) ([]string, error) {
	content, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(dockerfile)))
	if err != nil {
		return nil, err
	}
	names := map[string]bool{dockerfile: true, "service/go.mod": true, "service/go.sum": true}
	for _, script := range scripts.FindAllString(string(content), -1) {
		names[script] = true
	}
	packages := &packages{root: root, names: names, seen: map[string]bool{}}
	for _, found := range folders.FindAllStringSubmatch(string(content), -1) {
		if err := packages.embed("", found[1]); err != nil {
			return nil, err
		}
	}
	for _, found := range compiles.FindAllStringSubmatch(string(content), -1) {
		if err := packages.add("service" + found[1]); err != nil {
			return nil, err
		}
	}
	return slices.Sorted(maps.Keys(names)), nil
}
