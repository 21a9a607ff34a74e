package mend

import (
	"fmt"
	"strconv"
	"strings"

	"docx2pdf/service/docx/inventory"
	"docx2pdf/service/docx/markup"
)

// noteKind is one of the two kinds of notes.
type noteKind struct{ reference, properties string }

var noteKinds = []noteKind{
	{"footnoteReference", "footnotePr"},
	{"endnoteReference", "endnotePr"},
}

// restartNotes numbers notes that begin again with each section by marks of their own: LibreOffice counts through the
// document.
func (p *Package) restartNotes() error {
	if !p.Main.Has(inventory.Notes) {
		return nil
	}
	settings, err := p.noteSettings()
	if err != nil {
		return err
	}
	source, err := p.Content(p.Main)
	if err != nil || len(source) > MostBytes {
		return err
	}
	for _, kind := range noteKinds {
		if source, err = numberNotes(source, kind, settings[kind.properties]); err != nil {
			return err
		}
	}
	p.Changed[p.Main] = source
	return nil
}

// numbering is how notes are numbered.
type numbering struct {
	restart bool
	format  string
	start   int
}

func (n numbering) read(t *markup.Token) numbering {
	switch {
	case t.Opens(markup.W, "numRestart"):
		n.restart = t.Get("val") == "eachSect"
	case t.Opens(markup.W, "numFmt"):
		n.format = t.Get("val")
	case t.Opens(markup.W, "numStart"):
		n.start, _ = strconv.Atoi(t.Get("val"))
	}
	return n
}

// noteSettings are what holds for the whole document.
func (p *Package) noteSettings() (map[string]numbering, error) {
	found := map[string]numbering{"footnotePr": {false, "decimal", 1}, "endnotePr": {false, "lowerRoman", 1}}
	for _, part := range p.Inventory.Parts {
		if part.Root != "settings" {
			continue
		}
		source, err := p.Content(part)
		if err != nil {
			return nil, err
		}
		within := ""
		each(source, func(t *markup.Token) {
			if n, known := found[string(t.Local)]; known && t.Space == markup.W {
				within = ""
				if t.Kind == markup.Start {
					within = string(t.Local)
				}
				_ = n
				return
			}
			if within != "" {
				found[within] = found[within].read(t)
			}
		})
	}
	return found, nil
}

// reference is where a note is referred to.
type reference struct {
	id      string
	tag     markup.Token
	section int
}

// numberNotes gives each note its number as a mark of its own, when there is a section that begins anew. LibreOffice
// shows the mark in the note as well.
func numberNotes(source []byte, kind noteKind, general numbering) ([]byte, error) {
	var references []reference
	sections := []numbering{general}
	inSection, inProperties, last := false, false, false
	each(source, func(t *markup.Token) {
		switch {
		case t.Is(markup.W, "sectPr"):
			inSection = t.Kind == markup.Start
			last = true
		case t.Is(markup.W, "p") && t.Kind == markup.End && last: // the section's last paragraph, whose properties it is in
			sections = append(sections, general)
			last = false
		case t.Is(markup.W, kind.properties):
			inProperties = t.Kind == markup.Start && inSection
		case inProperties:
			sections[len(sections)-1] = sections[len(sections)-1].read(t)
		case t.Opens(markup.W, kind.reference):
			if mark := t.Get("customMarkFollows"); mark == "" || mark == "0" || mark == "false" {
				references = append(references, reference{t.Get("id"), *t, len(sections) - 1})
			}
		}
	})
	var edits markup.Edits
	number, section, restarted := 0, -1, false
	for _, r := range references {
		n := sections[r.section]
		if section < 0 || r.section != section && n.restart {
			restarted = restarted || section >= 0
			number = max(1, n.start) - 1
		}
		section = r.section
		number++
		mark := formatNumber(number, n.format)
		prefix := prefixOf(&r.tag)
		edits.Replace(r.tag.At, r.tag.Until(),
			fmt.Sprintf(`<%s%s %scustomMarkFollows="1" %[3]sid="%s"/><%[1]st>%[5]s</%[1]st>`,
				prefix, kind.reference, prefix, markup.Escape(r.id), mark))
	}
	if !restarted {
		return source, nil
	}
	return edits.Apply(source)
}

// formatNumber writes a number as notes have it (ECMA-376 part 1, 17.18.59).
func formatNumber(n int, format string) string {
	if n > 3999 { // past what letters and Roman numbers are for
		return strconv.Itoa(n)
	}
	switch format {
	case "lowerLetter":
		return strings.Repeat(string(rune('a'+(n-1)%26)), (n-1)/26+1)
	case "upperLetter":
		return strings.ToUpper(formatNumber(n, "lowerLetter"))
	case "lowerRoman":
		return roman(n)
	case "upperRoman":
		return strings.ToUpper(roman(n))
	case "chicago":
		return strings.Repeat([]string{"*", "†", "‡", "§"}[(n-1)%4], (n-1)/4+1)
	}
	return strconv.Itoa(n)
}

func roman(n int) string {
	var b strings.Builder
	for _, digit := range []struct {
		value int
		text  string
	}{{1000, "m"}, {900, "cm"}, {500, "d"}, {400, "cd"}, {100, "c"}, {90, "xc"}, {50, "l"}, {40, "xl"}, {10, "x"},
		{9, "ix"}, {5, "v"}, {4, "iv"}, {1, "i"}} {
		for ; n >= digit.value; n -= digit.value {
			b.WriteString(digit.text)
		}
	}
	return b.String()
}
