package docx

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"docx2pdf/service/docx/inventory"
	"docx2pdf/service/docx/mend"
	"docx2pdf/service/fonts"
	"docx2pdf/service/warning"
)

// Prepared is what is known of a document that is ready for LibreOffice.
type Prepared struct {
	Size          int64             // of the document as it came, in bytes
	Changed       bool              // it is another file than it was
	UpdateIndexes bool              // its tables of contents and indexes ask to be made anew
	Insertions    []Insertion       // what comes in once it is loaded
	Fonts         []fonts.Described // what it says of its fonts

	warnings   warning.List
	inventory  *inventory.Inventory
	savedPages map[int]int
	content    bool // it has more than what comes in
}

// Insertion is a file beside the document that comes in at a bookmark: a web page or RTF, as its name ends.
type Insertion struct{ Bookmark, Name string }

// Warnings are what the PDF lacks of the document.
func (p *Prepared) Warnings() []warning.Warning { return p.warnings.Warnings() }

// Converted takes what only the conversion tells: how many pages there are, 0 when that is not known, whether indexes
// have been made anew, and how many insertions came in.
func (p *Prepared) Converted(pages int, indexesUpdated bool, inserted int) {
	if p.UpdateIndexes && !indexesUpdated {
		p.warnings.Add(warning.IndexOutdated, "")
	}
	for saved, times := range p.savedPages {
		if pages != 0 && saved != pages {
			p.warnings.AddMany(warning.FieldNotComputed, times, fmt.Sprintf("saved with %d pages", saved))
		}
	}
	p.warnings.AddMany(warning.ChunkMissing, len(p.Insertions)-inserted)
	p.content = p.content || inserted > 0
}

// CheckCharacters notes those of the document's characters that no font has. What embedded fonts have is not known.
func (p *Prepared) CheckCharacters(has func(rune) bool) {
	if p.inventory == nil || p.inventory.EmbedsFonts() {
		return
	}
	missing := slices.Sorted(func(yield func(rune) bool) {
		for char := range p.inventory.Characters.Drawn() {
			if !has(char) && !yield(char) {
				return
			}
		}
	})
	for _, char := range missing {
		p.warnings.Add(warning.CharacterMissing, fmt.Sprintf("%U", char))
	}
}

// Empty is the error of a document that has nothing but documents within it which did not come in.
func (p *Prepared) Empty() error {
	if missing := p.warnings.Only(warning.ChunkMissing); len(missing) > 0 && !p.content {
		return &warning.Error{Warnings: missing, Nothing: true}
	}
	return nil
}

// Prepare checks a document's file, and changes it in place where LibreOffice would not show all of it, or not as Word
// does. A document that needs nothing stays as it is, byte for byte. The errors are those of Check.
func Prepare(ctx context.Context, path string, limits Limits, wishes mend.Wishes) (*Prepared, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	prepared := &Prepared{Size: info.Size()}
	p, err := open(ctx, file, info.Size(), limits)
	if err != nil {
		return prepared, err
	}
	p.alignNames()
	i := p.inventory
	prepared.inventory = i
	prepared.Fonts = i.Fonts
	m := &mend.Package{Inventory: i, Main: i.Parts[p.main], Wishes: wishes, Warnings: &prepared.warnings, Read: p.read}
	prepared.UpdateIndexes = i.AsksForIndexes() && !wishes.SavedFields
	prepared.savedPages = warn(i, m.Main, &prepared.warnings)
	if !p.repack && !m.Needed() {
		return prepared, nil
	}
	if err := m.Apply(); err != nil {
		return prepared, damaged(err, "the document")
	}
	if prepared.content = m.Main.Content || len(m.Chunks) > 0; prepared.Empty() != nil {
		return prepared, prepared.Empty()
	}
	prepared.content = m.Main.Content
	if err := prepared.insert(filepath.Dir(path), m.Chunks); err != nil {
		return prepared, err
	}
	if !p.repack && len(m.Changed) == 0 && len(m.Added) == 0 {
		return prepared, nil
	}
	prepared.Changed = true
	return prepared, replace(path, p, m)
}

// insert writes the documents within the document beside it.
func (p *Prepared) insert(dir string, chunks []mend.Chunk) error {
	for i, chunk := range chunks {
		name := fmt.Sprintf("chunk-%d.%s", i+1, chunk.Kind)
		if err := os.WriteFile(filepath.Join(dir, name), chunk.Content, 0o600); err != nil {
			return err
		}
		p.Insertions = append(p.Insertions, Insertion{chunk.Bookmark, name})
	}
	return nil
}

// replace writes the changed document beside the old one, and puts it in its place.
func replace(path string, p *pack, m *mend.Package) error {
	changed, err := os.CreateTemp(filepath.Dir(path), "changed-")
	if err != nil {
		return err
	}
	defer os.Remove(changed.Name())
	defer changed.Close()
	if err := p.write(changed, m); err != nil {
		return err
	}
	if err := changed.Close(); err != nil {
		return err
	}
	return os.Rename(changed.Name(), path)
}
