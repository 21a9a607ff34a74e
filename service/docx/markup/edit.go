package markup

import (
	"errors"
	"slices"
)

// Edits are changes of a part, each of a place that is given in bytes of the part as it was.
type Edits struct {
	all   []edit
	bytes int // that come in
}

// Bounds of what one step changes: far past every document that LibreOffice can convert in a minute.
const (
	mostEdits = 1_000_000
	mostAdded = 64 << 20
)

// ErrTooMuch is for a part that would need more changes than that, or that they would make too large.
var ErrTooMuch = errors.New("it would need too many changes")

// Full tells that there are too many changes, so that more need not be looked for.
func (e *Edits) Full() bool { return len(e.all) >= mostEdits || e.bytes >= mostAdded }

type edit struct {
	from, to int
	with     string
}

// Replace puts text in the place of what is there from one place to another.
func (e *Edits) Replace(from, to int, with string) {
	if e.Full() {
		return
	}
	e.all = append(e.all, edit{from, to, with})
	e.bytes += len(with)
}

// Delete takes out what is there.
func (e *Edits) Delete(from, to int) { e.Replace(from, to, "") }

// Insert puts text before what is at a place.
func (e *Edits) Insert(at int, text string) { e.Replace(at, at, text) }

// None tells whether there is nothing to change.
func (e *Edits) None() bool { return len(e.all) == 0 }

// Apply is the source with the changes made. A change within another one is dropped: what it would change is gone.
func (e *Edits) Apply(source []byte) ([]byte, error) {
	if e.None() {
		return source, nil
	}
	if e.Full() {
		return source, ErrTooMuch
	}
	slices.SortStableFunc(e.all, func(a, b edit) int {
		if a.from != b.from {
			return a.from - b.from
		}
		if (a.to == a.from) != (b.to == b.from) { // what is inserted comes before what is replaced
			return a.to - b.to
		}
		return b.to - a.to
	})
	result := make([]byte, 0, len(source)+e.bytes)
	done := 0
	for _, c := range e.all {
		if c.from < done {
			continue
		}
		result = append(result, source[done:c.from]...)
		result = append(result, c.with...)
		done = c.to
	}
	return append(result, source[done:]...), nil
}
