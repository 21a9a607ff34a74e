package fonts

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/font/opentype"
	"github.com/go-text/typesetting/font/opentype/tables"
)

// Coverage knows the characters that a set of fonts has.
type Coverage struct {
	ranges func() [][2]rune // in order, both ends included
}

// Coverage begins to read the set's fonts, which takes a tenth of a second; who asks before that waits.
func (s Set) Coverage() *Coverage {
	c := &Coverage{sync.OnceValue(func() [][2]rune {
		var all [][2]rune
		for _, dir := range s.Dirs() {
			filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
				if err == nil && !entry.IsDir() && !s.leavesOut(file) {
					all = append(all, charactersOf(file)...)
				}
				return nil // what cannot be read has no characters
			})
		}
		return merged(all)
	})}
	go c.ranges()
	return c
}

// Has tells whether any font has a character.
func (c *Coverage) Has(char rune) bool {
	_, found := slices.BinarySearchFunc(c.ranges(), char, func(r [2]rune, char rune) int {
		switch {
		case r[1] < char:
			return -1
		case r[0] > char:
			return 1
		}
		return 0
	})
	return found
}

func (s Set) leavesOut(file string) bool {
	if slices.Contains(s.rejected, file) {
		return true
	}
	return slices.ContainsFunc(rejected, func(glob string) bool {
		out, _ := path.Match(strings.TrimPrefix(glob, "*/"), filepath.Base(file))
		return out
	})
}

// charactersOf are the characters of a font file. The fonts of a collection share them.
func charactersOf(file string) [][2]rune {
	opened, err := os.Open(file)
	if err != nil {
		return nil
	}
	defer opened.Close()
	loaders, err := opentype.NewLoaders(opened)
	if err != nil || len(loaders) == 0 {
		return nil
	}
	raw, err := loaders[0].RawTable(opentype.MustNewTag("cmap"))
	if err != nil {
		return nil
	}
	table, _, err := tables.ParseCmap(raw)
	if err != nil {
		return nil
	}
	characters, _, err := font.ProcessCmap(table, tables.FPNone)
	if err != nil {
		return nil
	}
	if whole, ok := characters.(interface{ RuneRanges([][2]rune) [][2]rune }); ok {
		return whole.RuneRanges(nil)
	}
	var all [][2]rune
	for i := characters.Iter(); i.Next(); {
		char, _ := i.Char()
		all = append(all, [2]rune{char, char})
	}
	return all
}

// merged are ranges in order, without those within others.
func merged(ranges [][2]rune) [][2]rune {
	slices.SortFunc(ranges, func(a, b [2]rune) int { return int(a[0] - b[0]) })
	var all [][2]rune
	for _, r := range ranges {
		if last := len(all) - 1; last >= 0 && r[0] <= all[last][1]+1 {
			all[last][1] = max(all[last][1], r[1])
		} else {
			all = append(all, r)
		}
	}
	return all
}
