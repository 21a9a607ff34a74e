package build

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
)

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
