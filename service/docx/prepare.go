package docx

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"docx2pdf/service/docx/mend"
	"docx2pdf/service/warning"
)

// Prepared is what is known of a document that is ready for LibreOffice.
type Prepared struct {
	Size           int64 // of the document as it came, in bytes
	Changed        bool  // it is another file than it was
	UpdateIndexes  bool  // its tables of contents and indexes ask to be made anew
	IndexesUpdated bool  // and have been
	Chunks         []mend.Chunk

	warnings   warning.List
	savedPages map[int]int
}

// Warnings are what the PDF lacks of the document. How many pages it has tells whether saved numbers of pages are right;
// 0 stands for not known.
func (p *Prepared) Warnings(pages int) []warning.Warning {
	list := p.warnings.Clone()
	if p.UpdateIndexes && pages != 0 && !p.IndexesUpdated {
		list.Add(warning.IndexOutdated, "")
	}
	for saved, times := range p.savedPages {
		if pages != 0 && saved != pages {
			list.AddMany(warning.FieldNotComputed, times, fmt.Sprintf("saved with %d pages", saved))
		}
	}
	return list.Warnings()
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
	m := &mend.Package{Inventory: i, Main: i.Parts[p.main], Wishes: wishes, Warnings: &prepared.warnings, Read: p.read}
	prepared.UpdateIndexes = i.Indexes > 0 && (i.UpdateFields || i.DirtyIndex) && !wishes.SavedFields
	prepared.savedPages = warn(i, m.Main, &prepared.warnings)
	if !p.repack && !m.Needed() {
		return prepared, nil
	}
	if err := m.Apply(); err != nil {
		return prepared, damaged(err, "the document")
	}
	prepared.Chunks = m.Chunks
	for _, chunk := range m.Chunks {
		prepared.warnings.Add(warning.ChunkMissing, chunk.Name)
	}
	if missing := prepared.warnings.Only(warning.ChunkMissing); len(missing) > 0 && !m.Main.Content {
		return prepared, &warning.Error{Warnings: missing, Nothing: true}
	}
	if !p.repack && len(m.Changed) == 0 && len(m.Added) == 0 {
		return prepared, nil
	}
	prepared.Changed = true
	return prepared, replace(path, p, m)
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
