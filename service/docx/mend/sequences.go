package mend

import (
	"regexp"
	"sort"
	"strings"

	"docx2pdf/service/docx/field"
	"docx2pdf/service/docx/inventory"
	"docx2pdf/service/docx/markup"
)

// sequences mends what equations' numbers are made of: the text of a MACROBUTTON becomes text as any other, and SEQ \h
// is hidden, and goes on counting.
func sequences(_ *Package, _ *inventory.Part, source []byte) ([]byte, error) {
	s := sequencer{runs: runs{source: source}, fields: field.NewTracker(true)}
	each(source, s.see)
	return s.edits.Apply(source)
}

type sequencer struct {
	runs   runs
	fields *field.Tracker
	edits  markup.Edits
	all    []*run
}

func (s *sequencer) see(t *markup.Token) {
	s.runs.see(t)
	if t.Opens(markup.W, "r") && t.Kind == markup.Start {
		s.all = append(s.all, s.runs.current)
	}
	f := s.fields.See(t)
	if f == nil {
		return
	}
	switch f.Kind() {
	case field.Button:
		if !f.Simple {
			s.unbutton(f)
		}
	case field.Sequence:
		if f.Switch('h') && f.Format() == "" {
			s.hide(f)
		}
	}
}

// hide hides the runs between the marks of a field, and splits those that the marks are in.
func (s *sequencer) hide(f *field.Field) {
	if s.edits.Full() {
		return
	}
	first := sort.Search(len(s.all), func(i int) bool { return s.all[i].from > f.From.From })
	for _, r := range s.all[first:] {
		s.vanish(r)
	}
	if f.Simple || first == 0 {
		return
	}
	begun, ended := s.all[first-1], s.runs.current
	if ended == nil {
		return
	}
	hidden := begun.again()
	hidden = strings.Replace(hidden, "rPr>", "rPr><"+begun.prefix+"vanish/>", 1)
	s.edits.Insert(f.From.From, "</"+begun.prefix+"r>"+hidden)
	s.edits.Insert(f.To.To, "</"+ended.prefix+"r>"+ended.again())
}

func (s *sequencer) vanish(r *run) {
	vanish := "<" + r.prefix + "vanish/>"
	if r.properties.Bytes != nil {
		s.edits.Insert(r.properties.Until(), vanish)
	} else {
		s.edits.Insert(r.to, "<"+r.prefix+"rPr>"+vanish+"</"+r.prefix+"rPr>")
	}
}

var (
	buttonStart = regexp.MustCompile(`(?i)^\s*(?:MACRO|GOTO)BUTTON\s+\S+\s?(\\\*\s*\w+\s?)*`)
	formatEnd   = regexp.MustCompile(`(?i)\s*\\\*\s*(MERGEFORMAT|CHARFORMAT)\s*$`)
)

// unbutton takes the marks and the macro from a button. What is left of its instruction is its text.
func (s *sequencer) unbutton(f *field.Field) {
	s.edits.Delete(f.From.From, f.From.To)
	s.edits.Delete(f.To.From, f.To.To)
	var text strings.Builder
	pieces := make([]string, len(f.Own))
	for i, place := range f.Own {
		pieces[i] = textOf(s.runs.source[place.From:place.To])
		text.WriteString(pieces[i])
	}
	skip := len(buttonStart.FindString(text.String()))
	for i, place := range f.Own {
		shown := pieces[i][min(skip, len(pieces[i])):]
		skip -= len(pieces[i]) - len(shown)
		shown = formatEnd.ReplaceAllString(shown, "")
		r := prefixOf(markup.NewReader(s.runs.source[place.From:place.To]).Next())
		element := ""
		if shown != "" {
			element = "<" + r + `t xml:space="preserve">` + markup.Escape(shown) + "</" + r + "t>"
		}
		s.edits.Replace(place.From, place.To, element)
	}
}

// textOf is the text in a piece of markup.
func textOf(source []byte) string {
	var text strings.Builder
	each(source, func(t *markup.Token) {
		if t.Kind == markup.Text {
			text.WriteString(markup.Unescape(t.Bytes))
		}
	})
	return text.String()
}
