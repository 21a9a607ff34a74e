package mend

import (
	"bytes"

	"docx2pdf/service/docx/inventory"
	"docx2pdf/service/docx/markup"
)

// plainNames takes the prefixes from the package's own markup, and turns its backslashes around: JAXB writes
// <r:Relationships xmlns:r="…">, which means the same, and LibreOffice looks for <Relationships>.
func plainNames(_ *Package, part *inventory.Part, source []byte) ([]byte, error) {
	var edits markup.Edits
	each(source, func(t *markup.Token) {
		if t.Space != markup.REL && t.Space != markup.CT {
			return
		}
		name := t.At + 1
		if t.Kind == markup.End {
			name++
		}
		prefix := bytes.Index(t.Bytes, t.Local) - (name - t.At)
		if prefix <= 0 {
			return
		}
		edits.Delete(name, name+prefix)
		declaration := append([]byte("xmlns:"), t.Bytes[name-t.At:name-t.At+prefix-1]...)
		if at := bytes.Index(t.Bytes, append(declaration, '=')); at >= 0 {
			edits.Replace(t.At+at, t.At+at+len(declaration), "xmlns")
		}
	})
	plain, err := edits.Apply(source)
	if err != nil {
		return nil, err
	}
	return slashes(plain)
}

// slashes turns the backslashes of targets around, which are Windows's: a package knows only slashes (ECMA-376 part 2,
// 6.2.2).
func slashes(source []byte) ([]byte, error) {
	var edits markup.Edits
	each(source, func(t *markup.Token) {
		if !t.Opens(markup.REL, "Relationship") || t.Get("TargetMode") == "External" {
			return
		}
		if from, to, found := t.Span("Target"); found && bytes.IndexByte(source[from:to], '\\') >= 0 {
			edits.Replace(from, to, string(bytes.ReplaceAll(source[from:to], []byte(`\`), []byte("/"))))
		}
	})
	return edits.Apply(source)
}
