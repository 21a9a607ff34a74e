package build

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// module is the product's module, as its packages import each other.
const module = "docx2pdf/"

// packages collects the files of Go packages, and of those of the module that they import.
type packages struct {
	root  string
	names map[string]bool // of files
	seen  map[string]bool // packages
}

// add takes in the package in a folder of the module.
func (p *packages) add(folder string) error {
	if p.seen[folder] {
		return nil
	}
	p.seen[folder] = true
	entries, err := os.ReadDir(filepath.Join(p.root, filepath.FromSlash(folder)))
	if err != nil {
		return err
	}
	for _, entry := range entries {
		name := entry.Name()
		if !entry.Type().IsRegular() || isStray(name) || strings.HasSuffix(name, "_test.go") ||
			!slices.Contains([]string{".go", ".c", ".cxx", ".h"}, path.Ext(name)) {
			continue
		}
		p.names[path.Join(folder, name)] = true
		if path.Ext(name) != ".go" {
			continue
		}
		if err := p.follow(folder, name); err != nil {
			return err
		}
	}
	return nil
}

// follow takes in what a Go file embeds, and the packages that it imports.
func (p *packages) follow(folder, name string) error {
	file := filepath.Join(p.root, filepath.FromSlash(folder), name)
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(content)) {
		patterns, embeds := strings.CutPrefix(line, "//go:embed ")
		if !embeds {
			continue
		}
		for _, pattern := range strings.Fields(patterns) {
			if err := p.embed(folder, strings.TrimPrefix(pattern, "all:")); err != nil {
				return err
			}
		}
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), file, content, parser.ImportsOnly)
	if err != nil {
		return nil // the build will say what is wrong with it
	}
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return err
		}
		if own, found := strings.CutPrefix(imported, module); found {
			if err := p.add(own); err != nil {
				return err
			}
		}
	}
	return nil
}

// embed takes in the files that a pattern of a go:embed line stands for.
func (p *packages) embed(folder, pattern string) error {
	matches, err := filepath.Glob(filepath.Join(p.root, filepath.FromSlash(folder), filepath.FromSlash(pattern)))
	if err != nil {
		return err
	}
	for _, match := range matches {
		err := filepath.WalkDir(match, func(file string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() || isStray(entry.Name()) {
				return err
			}
			name, err := filepath.Rel(p.root, file)
			p.names[filepath.ToSlash(name)] = true
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// isStray tells by its name what editors, file managers and merges leave in a folder.
func isStray(name string) bool {
	for _, end := range []string{"~", ".bak", ".orig", ".rej", ".swp", ".swo", ".tmp"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	for _, begin := range []string{".#", "#", "._", "~$"} {
		if strings.HasPrefix(name, begin) {
			return true
		}
	}
	return slices.Contains([]string{".DS_Store", "Thumbs.db", "desktop.ini"}, name)
}
