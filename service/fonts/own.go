package fonts

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/font/opentype"
	"github.com/go-text/typesetting/font/opentype/tables"
)

// ownInImage is where the image has the user's fonts.
const ownInImage = "/usr/local/share/docx2pdf/own"

// formats are the endings of files with fonts that a PDF can have.
var formats = map[string]bool{".ttf": true, ".otf": true, ".ttc": true, ".otc": true}

// mostFontBytes is more than the largest of fonts has: Chinese, Japanese and Korean in seven weights take 110 MB.
const mostFontBytes = 256 << 20

// Broken is a font file that cannot be used, and why.
type Broken struct {
	File string
	Why  error
}

// own is what there is in a folder of the user's fonts.
type own struct {
	families []string
	rejected []string // files that are not used
	broken   []Broken // those of them that should have been fonts
}

// readOwn reads a folder and the folders in it. A file that is broken is left out and named.
func readOwn(dir string) (own, error) {
	var found own
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is no folder", dir)
	}
	if err != nil {
		return found, fmt.Errorf("the folder of fonts: %w; name another in FONTS_DIR", err)
	}
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if !formats[strings.ToLower(filepath.Ext(path))] {
			found.rejected = append(found.rejected, path)
			return nil
		}
		families, err := familiesOf(path)
		if err != nil {
			found.broken = append(found.broken, Broken{path, err})
			found.rejected = append(found.rejected, path)
			return nil
		}
		found.families = append(found.families, families...)
		return nil
	})
	if err != nil {
		return found, fmt.Errorf("the folder of fonts: %w; name another in FONTS_DIR", err)
	}
	slices.Sort(found.families)
	found.families = slices.Compact(found.families)
	return found, nil
}

// familiesOf reads a font file, or one of several fonts, and says which families they are of.
func familiesOf(path string) (families []string, err error) {
	defer func() {
		// The parser is not ours, and a broken file must not keep the converter from starting.
		if p := recover(); p != nil {
			families, err = nil, fmt.Errorf("it is damaged: %v", p)
		}
	}()
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("it is no file")
	case info.Size() > mostFontBytes:
		return nil, fmt.Errorf("it has more than %d MiB", mostFontBytes>>20)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	loaders, err := opentype.NewLoaders(bytes.NewReader(content))
	if err != nil {
		return nil, fmt.Errorf("it is no font, or damaged: %w", err)
	}
	for _, loader := range loaders {
		names, err := familyNames(loader)
		if err != nil {
			return nil, fmt.Errorf("it is damaged: %w", err)
		}
		families = append(families, names...)
	}
	return families, nil
}

// familyNames reads a font, and returns what programs may call its family: with its style, or without.
func familyNames(loader *opentype.Loader) ([]string, error) {
	parsed, err := font.NewFont(loader)
	if err != nil {
		return nil, err
	}
	if !parsed.Cmap.Iter().Next() {
		return nil, errors.New("it has no characters")
	}
	raw, err := loader.RawTable(opentype.MustNewTag("name"))
	if err != nil {
		return nil, err
	}
	names, _, err := tables.ParseName(raw)
	if err != nil {
		return nil, err
	}
	var families []string
	for _, id := range []tables.NameID{nameFamily, nameTypographicFamily} {
		if family := names.Name(id); family != "" {
			families = append(families, family)
		}
	}
	if families == nil {
		return nil, errors.New("it does not say which family it is of")
	}
	return families, nil
}
