package mend

import (
	"errors"
	"fmt"

	"docx2pdf/service/docx/inventory"
	"docx2pdf/service/docx/markup"
	"docx2pdf/service/docx/tables"
)

// columns gives the tables of a part that other programs than Word have written the columns that Word gives them.
func (p *Package) columns(part *inventory.Part, source []byte) ([]byte, error) {
	root, err := markup.Parse(source)
	if errors.Is(err, markup.ErrDepth) {
		return source, nil // LibreOffice will refuse it
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", part.Name, err)
	}
	if p.styles == nil {
		if p.styles, err = p.readStyles(); err != nil {
			return nil, err
		}
	}
	changed := false
	if part == p.Main {
		changed = p.fitSections(root)
	} else {
		changed = p.styles.Fit(root, p.room)
	}
	if !changed {
		return source, nil
	}
	return root.Bytes(), nil
}

// fitSections gives each section's tables columns within its margins. The last section's are in the room for those of
// headers and notes.
func (p *Package) fitSections(root *markup.Node) bool {
	changed := false
	var waiting []*markup.Node
	for _, document := range root.Children {
		for _, body := range document.Children {
			if !body.Is(markup.W, "body") {
				continue
			}
			for _, n := range body.Children {
				section := n
				if n.Is(markup.W, "p") {
					if section = n.Child(markup.W, "pPr"); section != nil {
						section = section.Child(markup.W, "sectPr")
					}
				} else if !n.Is(markup.W, "sectPr") {
					section = nil
				}
				waiting = append(waiting, n)
				if section == nil {
					continue
				}
				p.room = roomOf(section)
				for _, n := range waiting {
					changed = p.styles.Fit(&markup.Node{Children: []*markup.Node{n}}, p.room) || changed
				}
				waiting = nil
			}
		}
	}
	if p.room == 0 {
		p.room = letterWidth - 2*usualMargin
	}
	for _, n := range waiting {
		changed = p.styles.Fit(&markup.Node{Children: []*markup.Node{n}}, p.room) || changed
	}
	return changed
}

// roomOf is how wide text is in a section: between the margins, or in one of several columns.
func roomOf(section *markup.Node) float64 {
	width, left, right, gutter, space, columns := float64(letterWidth), float64(usualMargin), float64(usualMargin), 0.0,
		720.0, 1.0
	read := func(name, attribute string, into *float64) {
		if n := section.Child(markup.W, name); n != nil {
			if value, ok := twips(n.Tag.Get(attribute)); ok {
				*into = value
			}
		}
	}
	read("pgSz", "w", &width)
	read("pgMar", "left", &left)
	read("pgMar", "right", &right)
	read("pgMar", "gutter", &gutter)
	read("cols", "num", &columns)
	read("cols", "space", &space)
	columns = min(max(columns, 1), 45)
	return max(leastText, (width-left-right-gutter-(columns-1)*space)/columns)
}

// readStyles reads what the document says of its text. Without a part for it that is nothing.
func (p *Package) readStyles() (*tables.Styles, error) {
	var found [2][]byte
	for i, kind := range []string{"styles", "theme"} {
		for _, r := range p.Inventory.RelationsOf(p.Main) {
			part := p.Inventory.Target(r)
			if r.Type != kind || part == nil {
				continue
			}
			content, err := p.Content(part)
			if err != nil {
				return nil, err
			}
			if len(content) <= MostBytes {
				found[i] = content
			}
		}
	}
	return tables.NewStyles(found[0], found[1]), nil
}
