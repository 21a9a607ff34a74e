package mend

import (
	"errors"
	"fmt"
	"slices"

	"docx2pdf/service/docx/inventory"
	"docx2pdf/service/docx/layout"
	"docx2pdf/service/docx/markup"
)

// columns gives the tables of a part that other programs than Word have written the columns that Word gives them, and
// text in columns its place.
func (p *Package) columns(part *inventory.Part, source []byte) ([]byte, error) {
	root, err := markup.Parse(source)
	if errors.Is(err, markup.ErrDepth) {
		return source, nil // LibreOffice will refuse it
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", part.Name, err)
	}
	if err := p.readStyles(); err != nil {
		return nil, err
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

// fitSections gives each section's tables columns within its margins, and has its columns of text begin at one height.
// The last section's are the margins of headers and notes.
func (p *Package) fitSections(root *markup.Node) bool {
	changed := false
	for _, document := range root.Children {
		for _, body := range document.Children {
			if !body.Is(markup.W, "body") {
				continue
			}
			from := 0
			for i := 0; i < len(body.Children); i++ {
				section := sectionOf(body.Children[i])
				if section == nil && i < len(body.Children)-1 {
					continue
				}
				var columns float64
				p.room, columns = roomOf(section)
				if columns > 1 && p.setApart(body, from) {
					changed = true
					i++
				}
				changed = p.styles.Fit(&markup.Node{Children: body.Children[from : i+1]}, p.room) || changed
				from = i + 1
			}
		}
	}
	return changed
}

// setApart sets the space above the first paragraph of a section with columns of text apart.
func (p *Package) setApart(body *markup.Node, from int) bool {
	for i := from; i < len(body.Children); i++ {
		n := body.Children[i]
		if n.Tag.Kind != markup.Start && n.Tag.Kind != markup.Empty || word(n, []string{"bookmarkStart", "bookmarkEnd"}) {
			continue
		}
		if !n.Is(markup.W, "p") {
			return false
		}
		line := p.styles.SetApart(n)
		if line != "" {
			body.Children = slices.Insert(body.Children, i, &markup.Node{Tag: markup.Token{Kind: markup.Other,
				Bytes: []byte(line)}})
		}
		return line != ""
	}
	return false
}

// sectionOf are the properties of the section that ends with an element of the body, nil when none does.
func sectionOf(n *markup.Node) *markup.Node {
	switch {
	case n.Is(markup.W, "sectPr"):
		return n
	case n.Is(markup.W, "p"):
		if properties := n.Child(markup.W, "pPr"); properties != nil {
			return properties.Child(markup.W, "sectPr")
		}
	}
	return nil
}

// roomOf is how wide text is in a section, between the margins or in one of several columns, and how many there are.
func roomOf(section *markup.Node) (room, columns float64) {
	width, left, right, gutter, space := float64(letterWidth), float64(usualMargin), float64(usualMargin), 0.0, 720.0
	columns = 1
	if section == nil {
		return width - left - right, columns
	}
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
	return max(leastText, (width-left-right-gutter-(columns-1)*space)/columns), columns
}

// readStyles reads what the document says of its text, once. Without a part for it that is nothing.
func (p *Package) readStyles() error {
	if p.styles != nil {
		return nil
	}
	var found [2][]byte
	for i, kind := range []string{"styles", "theme"} {
		for _, r := range p.Inventory.RelationsOf(p.Main) {
			part := p.Inventory.Target(r)
			if r.Type != kind || part == nil {
				continue
			}
			content, err := p.Content(part)
			if err != nil {
				return err
			}
			if len(content) <= MostBytes {
				found[i] = content
			}
		}
	}
	p.styles = layout.NewStyles(found[0], found[1])
	return nil
}
