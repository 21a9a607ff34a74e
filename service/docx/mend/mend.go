// Package mend changes a document where LibreOffice would otherwise leave something out or show it wrong. Each step is
// a file, is taken only where the inventory says so, and leaves the rest as it is, byte for byte.
package mend

import (
	"errors"
	"slices"
	"strings"

	"docx2pdf/service/docx/inventory"
	"docx2pdf/service/docx/layout"
	"docx2pdf/service/docx/markup"
	"docx2pdf/service/warning"
)

// What becomes of tracked changes.
const (
	ChangesShown    = "shown"
	ChangesAccepted = "accepted"
	ChangesRejected = "rejected"
)

// Wishes are what the caller asked for.
type Wishes struct {
	Changes     string // one of the constants above; "" is ChangesShown
	SavedFields bool   // the date and the time, and indexes, stay as they were saved
	Brackets    bool   // LibreOffice escapes brackets in equations itself
}

// Chunk is a document within the document, to be brought in where its bookmark is.
type Chunk struct {
	Bookmark string
	Kind     string // html or rtf
	Content  []byte

	charset  string            // that its archive tells
	pictures map[string]string // of its archive, as data addresses, by what the page calls them
}

// Package is a document that is being changed.
type Package struct {
	Inventory *inventory.Inventory
	Main      *inventory.Part // the part with the document's text
	Wishes    Wishes
	Warnings  *warning.List
	Chunks    []Chunk

	Read    func(part *inventory.Part) ([]byte, error) // the content of a part, markup in UTF-8
	Changed map[*inventory.Part][]byte
	Added   []Added

	chunkBytes int // of all chunks so far
	pixels     int // of all animations so far

	styles *layout.Styles // once they have been read
	room   float64        // how wide text is in the last section, in twentieths of a point
}

// Added is a new part.
type Added struct {
	Name    string
	Content []byte
}

// MostBytes is how large a part may be that is changed. LibreOffice takes far more memory than is allowed for what is
// larger.
const MostBytes = 32 << 20

// errTooDeep is for markup that is nested deeper than LibreOffice's parser goes.
var errTooDeep = errors.New("its markup is nested too deep")

// step changes the markup of a part.
type step struct {
	need  inventory.Need
	apply func(p *Package, part *inventory.Part, source []byte) ([]byte, error)
}

// steps in their order: what a change takes away needs no other step.
var steps = []step{
	{inventory.PlainNames, plainNames},
	{inventory.Changes, (*Package).settle},
	{inventory.Comments, comments},
	{inventory.Chunks, (*Package).chunks},
	{inventory.Sequences, sequences},
	{inventory.Fields | inventory.Clocks, (*Package).saveResults},
	{inventory.WebHidden, showWebHidden},
	{inventory.Symbols, (*Package).symbols},
	{inventory.FontLists, fontLists},
	{inventory.Bindings, bindings},
	{inventory.Layout, pages},
	{inventory.FirstPicture, (*Package).firstPicture},
	{inventory.Dashes, dashes},
	{inventory.Scripts, dropScripts},
	{inventory.Columns, (*Package).columns},
	{inventory.Indents, (*Package).indents},
	{inventory.StarMath, equations},
	{inventory.Outline, outline},
	{inventory.Mode, mode},
	{inventory.Defaults, defaults},
}

// Wanted is what parts need, of what can be wanted with these wishes.
func (w Wishes) wanted() inventory.Need {
	wanted := ^inventory.Need(0)
	if w.Changes == "" || w.Changes == ChangesShown {
		wanted &^= inventory.Changes
	}
	if !w.SavedFields {
		wanted &^= inventory.Clocks
	}
	return wanted
}

// Needed tells whether there is anything to do.
func (p *Package) Needed() bool {
	return p.Inventory.Needs()&p.Wishes.wanted() != 0 || p.themeMissing() || p.typeMissing() || p.partsMissing()
}

// Apply takes all steps that are needed.
func (p *Package) Apply() error {
	p.Changed = map[*inventory.Part][]byte{}
	wanted := p.Wishes.wanted()
	for _, part := range p.parts(wanted) {
		source, err := p.Content(part)
		if err != nil {
			return err
		}
		if len(source) > MostBytes {
			p.Warnings.Add(warning.PartTooLarge, part.Name)
			continue
		}
		changed := source
		for _, s := range steps {
			if part.Needs&wanted&s.need == 0 {
				continue
			}
			if changed, err = s.apply(p, part, changed); err != nil {
				break
			}
		}
		if errors.Is(err, markup.ErrTooMuch) || err == nil && len(changed) > 2*MostBytes {
			p.Warnings.Add(warning.PartTooLarge, part.Name)
			continue
		}
		if err != nil {
			return err
		}
		if string(changed) != string(source) {
			p.Changed[part] = changed
		}
	}
	return errors.Join(p.restartNotes(), p.addTheme(), p.addType(), p.addParts())
}

// parts are those that need any of the steps, in the order of their names: what is numbered on the way is numbered the
// same each time.
func (p *Package) parts(wanted inventory.Need) []*inventory.Part {
	parts := p.Inventory.With(wanted)
	slices.SortFunc(parts, func(a, b *inventory.Part) int { return strings.Compare(a.Name, b.Name) })
	return parts
}

// Content is what a part has now.
func (p *Package) Content(part *inventory.Part) ([]byte, error) {
	if changed, found := p.Changed[part]; found {
		return changed, nil
	}
	return p.Read(part)
}

// each calls do for each token of a source.
func each(source []byte, do func(*markup.Token)) {
	for r := markup.NewReader(source); ; {
		t := r.Next()
		if t == nil {
			return
		}
		do(t)
	}
}
