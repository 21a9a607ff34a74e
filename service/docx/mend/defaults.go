package mend

import (
	"slices"

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

// mode writes down that a document is made for Word 2007 where it does not say for which Word ([MS-DOCX] 2.3.5).
// LibreOffice takes it for one of the newest, in which tables begin further to the right.
func mode(_ *Package, _ *inventory.Part, source []byte) ([]byte, error) {
	var edits markup.Edits
	placed := false
	each(source, func(t *markup.Token) {
		switch {
		case placed:
		case t.Kind == markup.Start && t.Is(markup.W, "compat"):
			edits.Insert(t.Until(), word2007)
			placed = true
		case t.Kind == markup.End && t.Is(markup.W, "settings"):
			edits.Insert(t.At, "<w:compat "+declared+">"+word2007+"</w:compat>")
			placed = true
		case t.Kind == markup.Empty && t.Is(markup.W, "settings"):
			edits.Replace(t.Until()-2, t.Until(), "><w:compat "+declared+">"+word2007+"</w:compat></"+prefixOf(t)+
				"settings>")
			placed = true
		}
	})
	return edits.Apply(source)
}

const (
	declared = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"`
	word2007 = `<w:compatSetting ` + declared + ` w:name="compatibilityMode"` +
		` w:uri="http://schemas.microsoft.com/office/word" w:val="12"/>`
)

// assumed are parts that a document need not have, with what Word takes it for without them.
var assumed = []struct{ kind, content string }{
	{"styles", `<w:styles ` + declared + `><w:docDefaults><w:rPrDefault><w:rPr/></w:rPrDefault><w:pPrDefault/>` +
		`</w:docDefaults></w:styles>`},
	{"settings", `<w:settings ` + declared + `><w:compat>` + word2007 + `</w:compat></w:settings>`},
}

// has tells whether the document's text has a relation of a kind to a part that is there.
func (p *Package) has(kind string) bool {
	for _, r := range p.Inventory.RelationsOf(p.Main) {
		if r.Type == kind && p.Inventory.Target(r) != nil {
			return true
		}
	}
	return false
}

// partsMissing tells whether there are any of those that are to be added.
func (p *Package) partsMissing() bool {
	return slices.ContainsFunc(assumed, func(a struct{ kind, content string }) bool { return !p.has(a.kind) })
}

// addParts adds them.
func (p *Package) addParts() error {
	for _, a := range assumed {
		if p.has(a.kind) {
			continue
		}
		name := p.freeName(a.kind + ".xml")
		p.Added = append(p.Added, Added{name, []byte(a.content)})
		err := p.addOverride(name, "application/vnd.openxmlformats-officedocument.wordprocessingml."+a.kind+"+xml")
		if err == nil {
			err = p.relate(p.Main, "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"+a.kind, "/"+name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
