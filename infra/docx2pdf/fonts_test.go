package docx2pdf

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"docx2pdf/infra/build"
)

// A stack's fonts are part of the image's source and of its hash, and nothing else in their folder is.
func TestFontsArePartOfTheImage(t *testing.T) {
	folder := t.TempDir()
	write := func(name, content string) {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	read := func(fonts string) *build.Source {
		source, err := build.ReadSource("..", fonts)
		if err != nil {
			t.Fatal(err)
		}
		return source
	}
	write("House.ttf", "1")
	write("more/House Bold.OTF", "2")
	with, without := read(folder), read("")
	for _, name := range []string{"service/fonts/own/House.ttf", "service/fonts/own/more/House Bold.OTF"} {
		if !slices.Contains(with.Names(), name) || slices.Contains(without.Names(), name) {
			t.Errorf("%s is not in the source, or without being asked for", name)
		}
	}
	write("LICENCE.txt", "3")
	if again := read(folder); again.Hash != with.Hash || with.Hash == without.Hash {
		t.Error("the hash does not go by the fonts alone")
	}
	write("House.ttf", "other")
	if changed := read(folder); changed.Hash == with.Hash {
		t.Error("another font has the same hash")
	}
}

// A ready-made image has the fonts that it was built with.
func TestFontsAndAReadyMadeImageExcludeEachOther(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "House.ttf"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := (program{config: map[string]string{"fontsDir": folder}}).run(t); err != nil {
		t.Errorf("a folder of fonts is refused: %v", err)
	}
	if _, err := (program{config: map[string]string{"fontsDir": folder, "image": readyMade}}).run(t); err == nil {
		t.Error("fonts for a ready-made image are accepted")
	}
}
