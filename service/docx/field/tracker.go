package field

import (
	"strings"

	"docx2pdf/service/docx/markup"
)

// Bounds of what is kept of a field. Documents that nest deeper hang LibreOffice; their fields stay as they are.
const (
	mostInstruction = 4096
	mostResult      = 256
	mostDepth       = 1000
	mostNested      = 100
)

// Tracker follows the fields of a part, token by token.
type Tracker struct {
	open      []*Field
	deeper    int            // fields that are open past mostDepth
	within    map[string]int // open fields in whose results the place is, by name
	noting    bool           // where instructions are, for those who change them
	noted     []Place
	unended   []int // of noted, elements that have not ended
	names     []string
	text      func(string)
	undivided int    // open fields whose instruction has not ended
	ending    *Place // the last mark of a field, when it is an element with content
}

// NewTracker follows fields. One that is told to note can tell later what to take out of the part.
func NewTracker(noting bool) *Tracker { return &Tracker{noting: noting, within: map[string]int{}} }

// Depth is how many fields are open.
func (t *Tracker) Depth() int { return len(t.open) + t.deeper }

// Within tells whether the place is in the result of a field of the name.
func (t *Tracker) Within(name string) bool {
	return t.within[name] > 0
}

// Instructing tells whether the place is in an instruction.
func (t *Tracker) Instructing() bool { return t.undivided > 0 }

// See takes the next token. It returns the field that ends with it, if one does.
func (t *Tracker) See(token *markup.Token) *Field {
	if token.Kind == markup.Text {
		if t.text != nil {
			t.text(markup.Unescape(token.Bytes))
		}
		return nil
	}
	if token.Space != markup.W {
		if token.Opens(markup.M, "oMath") {
			t.content(token)
		}
		return nil
	}
	t.text = nil
	switch string(token.Local) {
	case "fldChar":
		if token.Kind == markup.End {
			t.ended(token)
			return t.lastMarkEnded(token)
		}
		return t.mark(token)
	case "fldSimple":
		if token.Kind == markup.End {
			return t.end(Place{token.At, token.Until()}, true)
		}
		if token.Kind == markup.Start {
			f := begun(token)
			f.Instruction, f.Simple = clip(token.Get("instr"), mostInstruction), true
			t.begin(f, Place{token.At, token.Until()})
			t.divideTop()
		}
	case "instrText", "delInstrText":
		t.note(token)
		t.own(token)
		if top := t.top(); top != nil && token.Kind == markup.Start && !top.divided {
			t.text = func(text string) { top.Instruction = clip(top.Instruction+text, mostInstruction) }
		}
	case "t", "delText":
		t.note(token)
		if top := t.top(); top != nil && token.Kind == markup.Start {
			t.text = func(text string) {
				if top.divided {
					top.Saved = top.Saved || text != ""
					top.Result = clip(top.Result+text, mostResult)
				}
			}
		}
	case "drawing", "pict", "object", "sym", "noBreakHyphen", "tbl":
		t.content(token)
	case "tab", "br", "cr", "softHyphen", "ptab":
		t.note(token)
	}
	return nil
}

// own notes where the instruction of the innermost field is.
func (t *Tracker) own(token *markup.Token) {
	top := t.top()
	if !t.noting || top == nil || top.divided {
		return
	}
	switch token.Kind {
	case markup.Start:
		top.Own = append(top.Own, Place{token.At, token.Until()})
	case markup.End:
		if last := len(top.Own) - 1; last >= 0 {
			top.Own[last].To = token.Until()
		}
	}
}

// content is what makes a result though it is no text.
func (t *Tracker) content(token *markup.Token) {
	if string(token.Local) != "tbl" {
		t.note(token)
	}
	if top := t.top(); top != nil && top.divided {
		top.Saved = true
	}
}

func (t *Tracker) top() *Field {
	if len(t.open) == 0 || t.deeper > 0 {
		return nil
	}
	return t.open[len(t.open)-1]
}

// mark is one of the three marks of a field in runs.
func (t *Tracker) mark(token *markup.Token) *Field {
	place := Place{token.At, token.Until()}
	switch token.Get("fldCharType") {
	case "begin":
		t.begin(begun(token), place)
		t.note(token)
	case "separate":
		t.note(token)
		t.divideTop()
	case "end":
		if token.Kind == markup.Empty {
			return t.end(place, false)
		}
		t.ending = &place
	}
	return nil
}

func (t *Tracker) lastMarkEnded(token *markup.Token) *Field {
	if t.ending == nil {
		return nil
	}
	place := Place{t.ending.From, token.Until()}
	t.ending = nil
	return t.end(place, false)
}

// begun is a field of which the first mark is known.
func begun(token *markup.Token) *Field {
	return &Field{Dirty: on(token.Get("dirty")), Locked: on(token.Get("fldLock"))}
}

func on(value string) bool { return value == "true" || value == "1" || value == "on" }

func (t *Tracker) begin(f *Field, place Place) {
	if len(t.open) >= mostDepth {
		t.deeper++
		return
	}
	f.From, f.first, f.parent = place, len(t.noted), t.top()
	t.open = append(t.open, f)
	t.undivided++
}

func (t *Tracker) divideTop() {
	top := t.top()
	if top == nil || top.divided {
		return
	}
	top.divided, top.divide = true, len(t.noted)
	t.undivided--
	top.Name = strings.ToUpper(firstWord(top.Instruction))
	t.within[top.Name]++
}

func (t *Tracker) end(place Place, simple bool) *Field {
	if t.deeper > 0 {
		t.deeper--
		return nil
	}
	f := t.top()
	if f == nil || f.Simple != simple {
		return nil
	}
	t.open = t.open[:len(t.open)-1]
	if f.divided {
		t.leave(f.Name)
	} else {
		f.divide = len(t.noted)
		t.undivided--
		f.Name = strings.ToUpper(firstWord(f.Instruction))
	}
	f.To, f.Inner = place, t.undivided > 0
	if f.Inner && t.noting {
		t.noted = append(t.noted, place)
	}
	if p := f.parent; p != nil {
		if p.divided {
			p.Saved = p.Saved || f.Saved
			f.Inside = p.Name
		} else {
			p.Instruction = clip(p.Instruction+f.Result, mostInstruction)
			p.Nested = append(append(p.Nested, f.Name), f.Nested...)
			p.Nested = p.Nested[:min(len(p.Nested), mostNested)]
		}
	}
	return f
}

func (t *Tracker) leave(name string) {
	if t.within[name]--; t.within[name] == 0 {
		delete(t.within, name)
	}
}

// note remembers where an element is while an instruction is read.
func (t *Tracker) note(token *markup.Token) {
	if !t.noting || t.undivided == 0 && len(t.names) == 0 {
		return
	}
	switch token.Kind {
	case markup.End:
		t.ended(token)
	case markup.Start:
		t.unended, t.names = append(t.unended, len(t.noted)), append(t.names, string(token.Local))
		t.noted = append(t.noted, Place{token.At, token.Until()})
	case markup.Empty:
		t.noted = append(t.noted, Place{token.At, token.Until()})
	}
}

func (t *Tracker) ended(token *markup.Token) {
	if !t.noting {
		return
	}
	if last := len(t.names) - 1; last >= 0 && t.names[last] == string(token.Local) {
		t.noted[t.unended[last]].To = token.Until()
		t.unended, t.names = t.unended[:last], t.names[:last]
	}
}

// Marks are what makes a field of its result: without them the result is text as any other. They are asked for when
// the field has just ended, of one that is in no instruction.
func (t *Tracker) Marks(f *Field) []Place {
	if f.Simple {
		return []Place{f.From, f.To}
	}
	return append(append([]Place{}, t.noted[f.first:f.divide]...), f.To)
}

func clip(text string, most int) string {
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "")
	}
	return text
}
