package mend

import (
	"docx2pdf/service/docx/inventory"
	"docx2pdf/service/docx/markup"
)

// defaults adds empty defaults for runs where the styles have none. Text that nothing is said of is then what it is in
// Word, Times New Roman of 10 points (ECMA-376 part 1, 17.3.2.38); LibreOffice's own choice is Calibri of 11.
func defaults(_ *Package, _ *inventory.Part, source []byte) ([]byte, error) {
	var edits markup.Edits
	rest := ""           // what is missing before the end of the place
	var in *markup.Token // the element that they go into
	each(source, func(t *markup.Token) {
		switch {
		case in == nil && t.Opens(markup.W, "styles"):
			in, rest = t, "docDefaults"
		case t.Opens(markup.W, "docDefaults"):
			in, rest = t, ""
		}
	})
	if in == nil {
		return source, nil
	}
	prefix := prefixOf(in)
	element := "<" + prefix + "rPrDefault><" + prefix + "rPr/></" + prefix + "rPrDefault>"
	if rest != "" {
		element = "<" + prefix + rest + ">" + element + "<" + prefix + "pPrDefault/></" + prefix + rest + ">"
	}
	if in.Kind == markup.Empty {
		edits.Replace(in.Until()-2, in.Until(), ">"+element+"</"+prefix+string(in.Local)+">")
	} else {
		edits.Insert(in.Until(), element)
	}
	return edits.Apply(source)
}

const (
	stylesType     = "application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"
	stylesRelation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles"
)

// noStyles are those of a document that has none.
const noStyles = `<w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:docDefaults>` +
	`<w:rPrDefault><w:rPr/></w:rPrDefault><w:pPrDefault/></w:docDefaults></w:styles>`

// stylesMissing tells whether there is no part that says what text is like that has no properties of its own.
func (p *Package) stylesMissing() bool {
	for _, r := range p.Inventory.RelationsOf(p.Main) {
		if r.Type == "styles" && p.Inventory.Target(r) != nil {
			return false
		}
	}
	return true
}

// addStyles adds such a part where it is missing.
func (p *Package) addStyles() error {
	if !p.stylesMissing() {
		return nil
	}
	name := p.freeName("styles.xml")
	p.Added = append(p.Added, Added{name, []byte(noStyles)})
	if err := p.addOverride(name, stylesType); err != nil {
		return err
	}
	return p.relate(p.Main, stylesRelation, "/"+name)
}
