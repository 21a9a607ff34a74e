package mend

import (
	"slices"
	"strings"

	"docx2pdf/service/docx/inventory"
	"docx2pdf/service/docx/markup"
)

// EscapesBrackets tells whether a LibreOffice escapes the brackets in text that it takes for StarMath, as 25.2 does, and
// 26.8, which Debian's backports have, does not.
func EscapesBrackets(version string) bool { return strings.HasPrefix(version, "25.2.") }

// equations writes the text of equations as LibreOffice's importer needs it. It takes that text for StarMath, so that
// "Re" becomes ℜ, a line that begins with "=" an error, and of "[0,1)" nothing at all is left. It knows no operators
// but sums, products and integrals, no open intervals like ]0,1[, and passes over what is wrapped in a tracked change.
func equations(p *Package, _ *inventory.Part, source []byte) ([]byte, error) {
	e := equation{brackets: !p.Wishes.Brackets}
	each(source, e.see)
	return e.edits.Apply(source)
}

// equation follows the equations of a part.
type equation struct {
	brackets  bool // are to be escaped
	edits     markup.Edits
	open      []*markup.Token // elements of the one equation
	arguments []*argument
	run       *mathRun
	text      *mathText // that is open
	begun     bool      // there was an equation
	prefix    string    // of text around equations
}

// argument is what an equation's structures are made of: a numerator, a sum's body, the equation as a whole.
type argument struct {
	name, of string
	items    []*mathText // nil for a structure
}

// mathRun is a run of an equation.
type mathRun struct {
	from     int    // after its tag
	prefix   string // of its names
	upright  bool   // its letters are
	verbatim bool   // it is no mathematics
	struck   bool   // its letters are double-struck
	kept     bool   // it stays as it is
	written  bool   // it has its new properties
}

// mathText is the text of a run.
type mathText struct {
	from, to int
	written  strings.Builder
	text     string
	run      *mathRun
	pieces   []piece
}

// mostText is how long a run's text may be. Nobody's is longer than a line.
const mostText = 10_000

func (e *equation) see(t *markup.Token) {
	if len(e.open) == 0 {
		e.begins(t)
	}
	if len(e.open) == 0 && !(t.Kind == markup.Start && t.Is(markup.M, "oMath")) {
		return
	}
	switch {
	case e.text != nil && !(t.Kind == markup.End && t.Is(markup.M, "t")):
		e.text.to = t.Until()
		if t.Kind == markup.Text {
			e.text.written.WriteString(markup.Unescape(t.Bytes))
		}
	case t.Space == markup.W:
		e.wrapper(t)
	case t.Space == markup.M && t.Kind == markup.End:
		e.closes(t)
	case t.Space == markup.M && (t.Kind == markup.Start || t.Kind == markup.Empty):
		e.opens(t)
	}
}

// begins puts a run of nothing before the first equation: one that is the first thing in a document that begins with a
// table would be missing.
func (e *equation) begins(t *markup.Token) {
	switch {
	case e.begun || t.Kind != markup.Start:
	case t.Space == markup.W:
		e.prefix = prefixOf(t)
	case t.Space == markup.M:
		e.begun = true
		e.edits.Insert(t.At, "<"+e.prefix+"r/>")
	}
}

var isArgument = setOf("oMath e num den sub sup lim deg fName")

func (e *equation) opens(t *markup.Token) {
	name := string(t.Local)
	switch name {
	case "r":
		e.run = &mathRun{from: t.Until(), prefix: prefixOf(t)}
	case "t":
		if t.Kind == markup.Start && e.run != nil {
			e.text = &mathText{from: t.Until(), to: t.Until(), run: e.run}
		}
	case "sty":
		if e.run != nil {
			e.run.upright = t.Get("val") == "p" || t.Get("val") == "b"
		}
	case "nor", "lit":
		if e.run != nil && t.On() {
			e.run.verbatim = true
		}
	case "scr":
		if e.run != nil {
			e.run.struck = t.Get("val") == "double-struck"
		}
	case "chr":
		e.operator(t)
	case "begChr", "endChr":
		e.delimiter(t)
	}
	if t.Kind == markup.Empty {
		if isArgument[name] && len(e.open) > 0 {
			m := prefixOf(t)
			e.edits.Replace(t.At, t.Until(), "<"+m+name+">"+nothingIn(m)+"</"+m+name+">")
		}
		return
	}
	if isArgument[name] {
		e.arguments = append(e.arguments, &argument{name: name, of: e.inside()})
	}
	e.open = append(e.open, t)
}

// inside is the name of the element that is open.
func (e *equation) inside() string {
	if len(e.open) == 0 {
		return ""
	}
	return string(e.open[len(e.open)-1].Local)
}

func (e *equation) closes(t *markup.Token) {
	name := string(t.Local)
	if e.inside() != name {
		return // it is not well-formed
	}
	e.open = e.open[:len(e.open)-1]
	switch {
	case isArgument[name]:
		if e.finish() && len(e.open) > 0 {
			e.edits.Insert(t.At, nothingIn(prefixOf(t)))
		}
	case name == "t" && e.text != nil:
		if e.text.text = e.text.written.String(); len(e.text.text) > mostText {
			e.text.run.kept = true
			e.add(nil)
		} else {
			e.add(e.text)
		}
		e.text = nil
	case name != "t" && name != "r" && isArgument[e.inside()] && !strings.HasSuffix(name, "Pr"):
		e.add(nil)
	}
}

func (e *equation) add(item *mathText) {
	if len(e.arguments) > 0 {
		last := e.arguments[len(e.arguments)-1]
		last.items = append(last.items, item)
	}
}

// finish writes the texts of an argument that has ended: what stands at its ends is known now. It tells whether there
// is nothing in it.
func (e *equation) finish() (empty bool) {
	a := e.arguments[len(e.arguments)-1]
	e.arguments = e.arguments[:len(e.arguments)-1]
	var all []*piece
	for _, item := range a.items {
		if item == nil {
			all = append(all, &piece{})
			continue
		}
		item.pieces = a.divide(item)
		for i := range item.pieces {
			all = append(all, &item.pieces[i])
		}
	}
	if len(all) == 1 && all[0].operator && a.name != "oMath" {
		*all[0] = piece{text: quoted(all[0].text)}
	}
	for i, p := range all {
		if !p.operator {
			continue
		}
		if !p.sign && (i == 0 || all[i-1].operator) {
			p.text = nothing + " " + p.text
		}
		if i == len(all)-1 || all[i+1].operator && !all[i+1].sign {
			p.text += " " + nothing
		}
	}
	for _, item := range a.items {
		if item != nil {
			e.write(item)
		}
	}
	return len(all) == 0
}

// divide is a text in pieces.
func (a *argument) divide(t *mathText) []piece {
	if t.run.kept {
		return []piece{{}}
	}
	if t.run.verbatim {
		return verbatim(t.text)
	}
	if a.name == "fName" && len(a.items) == 1 {
		if functions[t.text] {
			return []piece{{text: t.text}}
		}
		if t.run.upright && !strings.ContainsFunc(t.text, func(r rune) bool { return kindOf(r) != letterChar }) {
			return []piece{{text: quoted(t.text) + " `"}} // with the space that stands after a function
		}
	}
	text := t.text
	if t.run.struck {
		text = doubleStruck.Replace(text)
	}
	pieces := inStarMath(text, t.run.upright)
	if a.of != "eqArr" {
		return pieces
	}
	// There & is where lines are aligned, and # comes before an equation's number.
	pieces = slices.DeleteFunc(pieces, func(p piece) bool { return p.text == `"&"` })
	for i := range pieces {
		if pieces[i].text == `"#"` {
			pieces[i].text = "~~~~"
		}
	}
	return pieces
}

// write puts pieces in the place of a text.
func (e *equation) write(t *mathText) {
	if t.run.kept || e.edits.Full() {
		return
	}
	var written strings.Builder
	for _, p := range t.pieces {
		if written.Len() > 0 {
			written.WriteByte(' ')
		}
		if e.brackets && !strings.HasPrefix(p.text, `"`) {
			p.text = brackets.Replace(p.text)
		}
		written.WriteString(p.text)
	}
	// The importer reads the first properties only.
	if !t.run.written {
		t.run.written = true
		e.edits.Insert(t.run.from, inScript(t.run.prefix))
	}
	e.edits.Replace(t.from, t.to, markup.Escape(written.String()))
}
