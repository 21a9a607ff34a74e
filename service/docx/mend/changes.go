package mend

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"docx2pdf/service/docx/inventory"
	"docx2pdf/service/docx/markup"
)

// settle accepts or rejects the tracked changes of a part (ECMA-376 part 1, 17.13.5), as Word does.
func (p *Package) settle(part *inventory.Part, source []byte) ([]byte, error) {
	root, err := markup.Parse(source)
	if errors.Is(err, markup.ErrDepth) {
		err = errTooDeep
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", part.Name, err)
	}
	s := settler{accept: p.Wishes.Changes == ChangesAccepted}
	s.children(root)
	if s.deepest > mostChanges {
		return nil, fmt.Errorf("%s: %w", part.Name, errTooDeep)
	}
	return root.Bytes(), nil
}

type settler struct {
	accept         bool
	depth, deepest int // of changes in changes that stay
}

// mostChanges are how deep changes may be within changes: each takes what is in it in its place.
const mostChanges = 50

// Elements around what was inserted and around what was deleted.
var (
	inserted = []string{"ins", "moveTo"}
	deleted  = []string{"del", "moveFrom"}
)

// changeMarks have no content of their own.
var changeMarks = []string{"moveFromRangeStart", "moveFromRangeEnd", "moveToRangeStart", "moveToRangeEnd",
	"customXmlInsRangeStart", "customXmlInsRangeEnd", "customXmlDelRangeStart", "customXmlDelRangeEnd",
	"customXmlMoveFromRangeStart", "customXmlMoveFromRangeEnd", "customXmlMoveToRangeStart", "customXmlMoveToRangeEnd",
	"cellIns", "cellDel", "cellMerge", "numberingChange"}

func word(n *markup.Node, names []string) bool {
	return n.Tag.Space == markup.W && (n.Tag.Kind == markup.Start || n.Tag.Kind == markup.Empty) &&
		slices.Contains(names, string(n.Tag.Local))
}

// children settles what is in an element.
func (s *settler) children(n *markup.Node) {
	if n.Is(markup.W, "pPr") && s.gone(n.Child(markup.W, "rPr"), s.going()) {
		n.Children = append(n.Children, &markup.Node{Tag: markup.Token{Kind: markup.Other, Bytes: []byte(goneMark)}})
	}
	s.formatting(n)
	if s.depth > 0 {
		s.undelete(n)
	}
	var kept []*markup.Node
	for _, child := range n.Children {
		switch {
		case word(child, s.going()):
		case word(child, changeMarks):
		case word(child, s.staying()):
			s.depth++
			s.deepest = max(s.deepest, s.depth)
			if s.deepest > mostChanges {
				return
			}
			s.children(child)
			s.depth--
			kept = append(kept, child.Children...)
		case child.Is(markup.W, "tr") && s.gone(child.Child(markup.W, "trPr"), s.going()):
		case child.Is(markup.W, "tc") && s.gone(child.Child(markup.W, "tcPr"), []string{s.cell()}):
		default:
			s.children(child)
			kept = append(kept, child)
		}
	}
	n.Children = s.joinParagraphs(kept)
}

func (s settler) going() []string {
	if s.accept {
		return deleted
	}
	return inserted
}

func (s settler) staying() []string {
	if s.accept {
		return inserted
	}
	return deleted
}

// cell is the mark of a cell that goes.
func (s settler) cell() string {
	if s.accept {
		return "cellDel"
	}
	return "cellIns"
}

// gone tells whether properties have one of the marks.
func (s settler) gone(properties *markup.Node, marks []string) bool {
	return properties != nil && slices.ContainsFunc(properties.Children,
		func(n *markup.Node) bool { return word(n, marks) })
}

// undelete makes text and instructions of those in an element that was deleted and stays after all.
func (s *settler) undelete(n *markup.Node) {
	if s.accept {
		return
	}
	for _, child := range n.Children {
		for deleted, plain := range map[string]string{"delText": "t", "delInstrText": "instrText"} {
			if child.Is(markup.W, deleted) {
				child.Tag.Bytes = []byte(strings.Replace(string(child.Tag.Bytes), deleted, plain, 1))
				child.Tag.Local = []byte(plain)
				child.Close = []byte(strings.Replace(string(child.Close), deleted, plain, 1))
			}
		}
	}
}

// formatting settles changes of properties: the old ones are in an element at the end of the new ones.
func (s settler) formatting(n *markup.Node) {
	name := string(n.Tag.Local)
	at := slices.IndexFunc(n.Children, func(c *markup.Node) bool { return c.Is(markup.W, name+"Change") })
	if at < 0 || n.Tag.Space != markup.W {
		return
	}
	change := n.Children[at]
	n.Children = slices.Delete(n.Children, at, at+1)
	old := change.Child(markup.W, name)
	if s.accept || old == nil {
		return
	}
	// What the old properties cannot have stays as it is.
	var kept []*markup.Node
	for _, child := range n.Children {
		switch name {
		case "pPr":
			if child.Is(markup.W, "rPr") || child.Is(markup.W, "sectPr") || string(child.Tag.Bytes) == goneMark {
				kept = append(kept, child)
			}
		case "sectPr":
			if child.Is(markup.W, "headerReference") || child.Is(markup.W, "footerReference") {
				kept = append(kept, child)
			}
		case "rPr", "trPr":
			if word(child, inserted) || word(child, deleted) {
				kept = append(kept, child)
			}
		case "tcPr":
			if word(child, changeMarks) {
				kept = append(kept, child)
			}
		}
	}
	if name == "sectPr" {
		n.Children = append(kept, old.Children...)
	} else {
		n.Children = append(slices.Clone(old.Children), kept...)
	}
}

// joinParagraphs joins each paragraph whose end goes with the one after it, which gives both its properties. A
// paragraph that has nothing left goes altogether.
func (s settler) joinParagraphs(nodes []*markup.Node) []*markup.Node {
	var joined []*markup.Node
	var pending []*markup.Node // content of paragraphs without an end
	var last *markup.Node      // the paragraph that pending is from
	flush := func() {
		if last != nil && len(pending) > 0 {
			last.Children = append(properties(last), pending...)
			joined = append(joined, last)
		}
		pending, last = nil, nil
	}
	for _, n := range nodes {
		if !n.Is(markup.W, "p") {
			if n.Tag.Kind == markup.Start || n.Tag.Kind == markup.Empty {
				if !word(n, []string{"bookmarkStart", "bookmarkEnd", "proofErr", "commentRangeStart", "commentRangeEnd"}) {
					flush()
				}
			}
			joined = append(joined, n)
			continue
		}
		content := n.Children[len(properties(n)):]
		if s.endGone(n) {
			pending, last = append(pending, content...), n
			continue
		}
		if len(pending) > 0 {
			n.Children = append(append(properties(n), pending...), content...)
			if n.Tag.Kind == markup.Empty { // <w:p/>
				prefix := prefixOf(&n.Tag)
				n.Tag.Bytes, n.Tag.Kind = []byte(strings.TrimSuffix(string(n.Tag.Bytes), "/>")+">"), markup.Start
				n.Close = []byte("</" + prefix + "p>")
			}
			pending = nil
		}
		last = nil
		joined = append(joined, n)
	}
	if needsParagraph(joined) && last != nil { // the last of a cell or of a note has to be there
		last.Children = append(properties(last), pending...)
		return append(joined, last)
	}
	flush()
	return joined
}

// needsParagraph tells whether there is no paragraph yet in what may need one.
func needsParagraph(nodes []*markup.Node) bool {
	for i := len(nodes) - 1; i >= 0; i-- {
		switch {
		case nodes[i].Is(markup.W, "p"):
			return false
		case nodes[i].Is(markup.W, "tbl"):
			return true
		}
	}
	return true
}

// properties are the paragraph's own, if it has any, and what is before them.
func properties(p *markup.Node) []*markup.Node {
	for i, child := range p.Children {
		if child.Is(markup.W, "pPr") {
			return slices.Clone(p.Children[:i+1])
		}
	}
	return nil
}

// endGone tells whether the paragraph's end was deleted or inserted, and goes.
func (s settler) endGone(p *markup.Node) bool {
	pPr := p.Child(markup.W, "pPr")
	if pPr == nil || pPr.Child(markup.W, "sectPr") != nil {
		return false
	}
	for _, mark := range pPr.Children {
		if mark.Tag.Kind == markup.Other && string(mark.Tag.Bytes) == goneMark {
			return true
		}
	}
	return false
}

// goneMark stands in the properties of a paragraph whose end goes, when they are settled. It is a processing
// instruction,
// of which documents have none, should it be left.
const goneMark = "<?gone?>"
