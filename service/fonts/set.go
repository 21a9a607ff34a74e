package fonts

import (
	"os"
	"path/filepath"
)

// Open finds the fonts of a converter, with those in the folder own before all others; "" is for none.
func Open(own string) (Set, error) {
	twins, err := TwinDir()
	if err != nil {
		return Set{}, err
	}
	set := Set{Twins: twins, Own: own}
	if twins != inImage {
		set.Cache = filepath.Join(filepath.Dir(twins), "fontconfig")
		if err := os.MkdirAll(set.Cache, 0o755); err != nil {
			return Set{}, err
		}
	}
	return set, nil
}
