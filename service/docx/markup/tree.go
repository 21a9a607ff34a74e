package markup

import (
	"bytes"
	"errors"
)

// Node is an element with what is in it, or a piece of anything else.
type Node struct {
	Tag      Token // its start tag, or all of it when it is no element
	Children []*Node
	Close    []byte // its end tag
}

// MostDepth is how deep elements may be nested in a tree. LibreOffice's parser, libxml2, gives up at 2048.
const MostDepth = 2048

// mostNodes bound the memory of a tree, of which each takes some 150 bytes.
const mostNodes = 2_000_000

// ErrDepth is for markup that is nested deeper.
var ErrDepth = errors.New("its markup is nested too deep")

// Parse makes a tree of a part. Its root has all of it as children.
func Parse(source []byte) (*Node, error) {
	root := &Node{}
	open := []*Node{root}
	nodes := 0
	for r := NewReader(source); ; nodes++ {
		t := r.Next()
		if t == nil {
			return root, nil
		}
		if nodes > mostNodes {
			return nil, ErrTooMuch
		}
		top := open[len(open)-1]
		switch t.Kind {
		case Start:
			if len(open) > MostDepth {
				return nil, ErrDepth
			}
			n := &Node{Tag: *t}
			top.Children = append(top.Children, n)
			open = append(open, n)
		case End:
			if len(open) > 1 {
				top.Close = t.Bytes
				open = open[:len(open)-1]
			}
		default:
			top.Children = append(top.Children, &Node{Tag: *t})
		}
	}
}

// Is tells whether the node is an element of a name.
func (n *Node) Is(space Space, local string) bool {
	return (n.Tag.Kind == Start || n.Tag.Kind == Empty) && n.Tag.Is(space, local)
}

// Child is the first child of a name, or nil.
func (n *Node) Child(space Space, local string) *Node {
	for _, child := range n.Children {
		if child.Is(space, local) {
			return child
		}
	}
	return nil
}

// Bytes is the tree as markup.
func (n *Node) Bytes() []byte {
	var b bytes.Buffer
	n.write(&b)
	return b.Bytes()
}

func (n *Node) write(b *bytes.Buffer) {
	b.Write(n.Tag.Bytes)
	for _, child := range n.Children {
		child.write(b)
	}
	b.Write(n.Close)
}
