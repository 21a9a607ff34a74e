package fonts

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Set is the fonts that a converter uses.
type Set struct {
	Twins string // the folder with the twins
	Cache string // a folder for what fontconfig has read of them, or ""

	Own      string   // the folder with the user's fonts, which come before all others, or ""
	Families []string // of the user's fonts
	Broken   []Broken // files among them that cannot be used

	rejected []string // files among them that are not used
}

// Open finds the fonts of a converter. The folder own has the user's; "" stands for the image's, if it has any. A font
// file that is broken is left out, and named in the set.
func Open(own string) (Set, error) {
	twins, err := TwinDir()
	if err != nil {
		return Set{}, err
	}
	set := Set{Twins: twins}
	if twins != inImage {
		set.Cache = filepath.Join(filepath.Dir(twins), "fontconfig")
		if err := os.MkdirAll(set.Cache, 0o755); err != nil {
			return Set{}, err
		}
	}
	if _, err := os.Stat(ownInImage); own == "" && err == nil {
		own = ownInImage
	}
	if own == "" {
		return set, nil
	}
	// Fontconfig and the sandbox want the folder itself.
	if set.Own, err = filepath.EvalSymlinks(own); err == nil {
		set.Own, err = filepath.Abs(set.Own)
	}
	if err != nil {
		return Set{}, fmt.Errorf("the folder of fonts: %w; name another in FONTS_DIR", err)
	}
	found, err := readOwn(set.Own)
	set.Families, set.Broken, set.rejected = found.families, found.broken, found.rejected
	return set, err
}

// HasOwn tells whether a family is among the user's fonts.
func (s Set) HasOwn(family string) bool {
	return slices.ContainsFunc(s.Families, func(own string) bool { return strings.EqualFold(own, family) })
}
