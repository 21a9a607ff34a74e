package markup

import "slices"

// Edits are changes of a part, each of a place that is given in bytes of the part as it was.
type Edits struct{ all []edit }

type edit struct {
	from, to int
	with     string
}

// Replace puts text in the place of what is there from one place to another.
func (e *Edits) Replace(from, to int, with string) { e.all = append(e.all, edit{from, to, with}) }

// Delete takes out what is there.
func (e *Edits) Delete(from, to int) { e.Replace(from, to, "") }

// Insert puts text before what is at a place.
func (e *Edits) Insert(at int, text string) { e.Replace(at, at, text) }

// None tells whether there is nothing to change.
func (e *Edits) None() bool { return len(e.all) == 0 }

// Apply is the source with the changes made. A change within another one is dropped: what it would change is gone.
func (e *Edits) Apply(source []byte) []byte {
	if e.None() {
		return source
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
	size := len(source)
	for _, c := range e.all {
		size += len(c.with)
	}
	result := make([]byte, 0, size)
	done := 0
	for _, c := range e.all {
		if c.from < done {
			continue
		}
		result = append(result, source[done:c.from]...)
		result = append(result, c.with...)
		done = c.to
	}
	return append(result, source[done:]...)
}
