package mend

import (
	"bytes"

	"docx2pdf/service/docx/field"
	"docx2pdf/service/docx/inventory"
	"docx2pdf/service/docx/markup"
)

// saveResults makes text of the results that Word has saved for fields that LibreOffice does not know, or not as Word
// does: Word shows them until it is told to update them, and nobody tells it to.
func (p *Package) saveResults(_ *inventory.Part, source []byte) ([]byte, error) {
	fields := field.NewTracker(true)
	var edits markup.Edits
	each(source, func(t *markup.Token) {
		f := fields.See(t)
		switch {
		case f == nil || f.Inner:
		case (f.Saved || p.showsNothing(f)) && p.keepsResult(f):
			for _, place := range fields.Marks(f) {
				edits.Delete(place.From, place.To)
			}
		case f.Name == "FILENAME" && !f.Saved && f.Switch('p'):
			hidePath(&edits, source, f)
		}
	})
	return edits.Apply(source)
}

// keepsResult tells whether the saved result is as good as it gets.
func (p *Package) keepsResult(f *field.Field) bool {
	if f.Keeps() {
		return true
	}
	asked := f.Dirty || p.Inventory.UpdateFields
	switch f.Kind() {
	case field.Past, field.Outside, field.Computed, field.Drawn:
		return true
	case field.Property:
		return !asked || !p.Inventory.Given[f.Name]
	case field.Clock:
		return p.Wishes.SavedFields
	case field.Reference:
		return !p.Inventory.Bookmarks.Has(f.Bookmark())
	case field.Style:
		style := f.Argument()
		if len(style) == 1 && style[0] >= '1' && style[0] <= '9' {
			style = "heading " + style
		}
		return !p.Inventory.InUse(style)
	case field.Other:
		if f.Name == "HYPERLINK" {
			return inventory.IsScript(f.Argument())
		}
		return len(f.Nested) > 0
	}
	return false
}

// showsNothing tells of a field that has no result yet, where LibreOffice would show an error and Word nothing.
func (p *Package) showsNothing(f *field.Field) bool {
	return f.Kind() == field.Reference && !f.Dirty && !p.Inventory.UpdateFields
}

// hidePath has the field show the document's name alone: where it lies on the server is nobody's business.
func hidePath(edits *markup.Edits, source []byte, f *field.Field) {
	place := source[f.From.From:f.To.To]
	for _, path := range []string{`\p`, `\P`} {
		if at := bytes.Index(place, []byte(path)); at >= 0 {
			edits.Delete(f.From.From+at, f.From.From+at+len(path))
		}
	}
}
