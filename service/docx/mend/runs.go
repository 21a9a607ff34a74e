package mend

import (
	"bytes"

	"docx2pdf/service/docx/markup"
)

// run is a piece of text with properties.
type run struct {
	prefix     string // of its namespace, with its colon
	from, to   int    // its start tag
	properties markup.Token
	inner      []byte // of its properties
	end        int    // of its properties, or of its start tag when it has none
}

// runs follows the runs of a part.
type runs struct {
	source  []byte
	current *run
	open    []*run // runs may be in runs, in text boxes
	inProps *run
}

// mostProperties are the bytes of a run's properties that are written again where a run is divided. There is no
// document
// with more.
const mostProperties = 64 << 10

func (r *runs) see(t *markup.Token) {
	if t.Space != markup.W {
		return
	}
	switch string(t.Local) {
	case "r":
		switch t.Kind {
		case markup.Start:
			r.current = &run{prefix: prefixOf(t), from: t.At, to: t.Until(), end: t.Until()}
			r.open = append(r.open, r.current)
		case markup.End:
			if len(r.open) > 0 {
				r.open = r.open[:len(r.open)-1]
			}
			r.current = nil
			if len(r.open) > 0 {
				r.current = r.open[len(r.open)-1]
			}
		}
	case "rPr":
		if r.current == nil {
			return
		}
		if t.Kind == markup.Start && r.current.end == t.At {
			r.current.properties, r.inProps = *t, r.current
		}
		if t.Kind == markup.End && r.inProps == r.current {
			if inner := r.source[r.current.properties.Until():t.At]; len(inner) <= mostProperties {
				r.current.inner = inner
			}
			r.current.end = t.Until()
			r.inProps = nil
		}
	}
}

func prefixOf(t *markup.Token) string {
	start := 1
	if t.Kind == markup.End {
		start = 2
	}
	return string(t.Bytes[start : start+bytes.Index(t.Bytes[start:], t.Local)])
}

// between ends the run and begins it again, with a run of other properties between.
func (r *run) between(properties, content string) string {
	return "</" + r.prefix + "r>" + r.with(properties, content) + r.again()
}

// with is a run with properties.
func (r *run) with(properties, content string) string {
	return "<" + r.prefix + "r><" + r.prefix + "rPr>" + properties + "</" + r.prefix + "rPr>" + content + "</" +
		r.prefix + "r>"
}

// again begins the run once more.
func (r *run) again() string {
	return "<" + r.prefix + "r><" + r.prefix + "rPr>" + string(r.inner) + "</" + r.prefix + "rPr>"
}

// without is the run's properties without one of them.
func (r *run) without(local string) string {
	if len(r.inner) == 0 {
		return ""
	}
	var kept bytes.Buffer
	skipping := 0
	name := []byte(r.prefix + local)
	each(r.inner, func(t *markup.Token) {
		mine := t.Kind != markup.Text && len(t.Bytes) > len(name)+1 &&
			(bytes.HasPrefix(t.Bytes[1:], name) || bytes.HasPrefix(t.Bytes[2:], name))
		switch {
		case mine && t.Kind == markup.Start:
			skipping++
		case mine && t.Kind == markup.End:
			skipping--
		case mine || skipping > 0:
		default:
			kept.Write(t.Bytes)
		}
	})
	return kept.String()
}
