package mend

import (
	"bytes"
	_ "embed"
	"path"
	"slices"
	"strings"

	"docx2pdf/service/docx/inventory"
	"docx2pdf/service/docx/markup"
)

// officeTheme has the colours and fonts of Office's default theme of 2013 to 2022.
//
//go:embed theme.xml
var officeTheme []byte

const (
	themeType     = "application/vnd.openxmlformats-officedocument.theme+xml"
	themeRelation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/theme"
)

// themeMissing tells whether colours are taken from a theme that is not there. Word then takes its default theme;
// LibreOffice draws bars and shapes black, or not at all.
func (p *Package) themeMissing() bool {
	if p.has("theme") {
		return false
	}
	for _, part := range p.Inventory.Parts {
		if part.Themed || part.Series > 0 || part.Root == "dataModel" {
			return true
		}
	}
	return false
}

// addTheme adds the default theme where it is missing.
func (p *Package) addTheme() error {
	if !p.themeMissing() {
		return nil
	}
	name := p.freeName("theme/theme1.xml")
	p.Added = append(p.Added, Added{name, officeTheme})
	if err := p.addOverride(name, themeType); err != nil {
		return err
	}
	return p.relate(p.Main, themeRelation, "/"+name)
}

// freeName is a part's name beside the main part that no other has.
func (p *Package) freeName(name string) string {
	for name = path.Join(path.Dir(p.Main.Name), name); p.Inventory.Parts[strings.ToLower(name)] != nil; {
		name = path.Join(path.Dir(name), "_"+path.Base(name))
	}
	return name
}

// addOverride adds a content type.
func (p *Package) addOverride(name, contentType string) error {
	return p.appendTo(p.Inventory.Parts["[content_types].xml"], `<Override PartName="/`+markup.Escape(name)+
		`" ContentType="`+contentType+`"/>`)
}

// relate adds a relation from a part.
func (p *Package) relate(from *inventory.Part, kind, target string) error {
	relation := `<Relationship Id="docx2pdf` + path.Base(kind) + `" Type="` + kind + `" Target="` +
		markup.Escape(target) + `"/>`
	folder, name := path.Split(from.Name)
	of := folder + "_rels/" + name + ".rels"
	if part := p.Inventory.Parts[strings.ToLower(of)]; part != nil {
		return p.appendTo(part, relation)
	}
	i := slices.IndexFunc(p.Added, func(a Added) bool { return a.Name == of })
	if i < 0 {
		i = len(p.Added)
		p.Added = append(p.Added, Added{of, []byte(noRelations)})
	}
	p.Added[i].Content = bytes.Replace(p.Added[i].Content, []byte("</"), []byte(relation+"</"), 1)
	return nil
}

// noRelations is a part of relations that has none yet.
const noRelations = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>`

// appendTo puts an element before the end of a part's first.
func (p *Package) appendTo(part *inventory.Part, element string) error {
	source, err := p.Content(part)
	if err != nil {
		return err
	}
	var edits markup.Edits
	depth := 0
	each(source, func(t *markup.Token) {
		switch t.Kind {
		case markup.Start:
			depth++
		case markup.Empty:
			if depth == 0 { // <Relationships/>
				edits.Replace(t.Until()-2, t.Until(), ">"+element+"</"+string(t.Local)+">")
			}
		case markup.End:
			if depth--; depth == 0 {
				edits.Insert(t.At, element)
			}
		}
	})
	p.Changed[part], err = edits.Apply(source)
	return err
}
