package markup_test

import (
	"slices"
	"strings"
	"testing"

	"docx2pdf/service/docx/markup"
)

const w = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"`

// lines are tokens, of which texts one after another are one: long ones come in pieces.
type lines struct {
	all  []string
	text bool
}

func (l *lines) add(t *markup.Token) {
	if t.Kind == markup.Text && l.text {
		l.all[len(l.all)-1] += string(t.Bytes)
		return
	}
	l.text = t.Kind == markup.Text
	l.all = append(l.all, string(t.Bytes))
}

// read is what a reader makes of a part.
func read(source string) []string {
	var found lines
	for r := markup.NewReader([]byte(source)); ; {
		t := r.Next()
		if t == nil {
			return found.all
		}
		found.add(t)
	}
}

// scan is what a scanner makes of a part that comes in pieces of a size.
func scan(source string, size int) []string {
	var found lines
	s := markup.NewScanner(found.add)
	for piece := range slices.Chunk([]byte(source), size) {
		s.Write(piece)
	}
	s.Close()
	return found.all
}

func TestTokensAreThePart(t *testing.T) {
	for _, source := range []string{
		`<?xml version="1.0"?><w:document ` + w +
			`><w:p a="1 > 0" b='"'>text &amp; more</w:p><!-- <w:p> --><![CDATA[<w:p>]]><w:br/></w:document>`,
		`<a b="` + strings.Repeat("x>", 50000) + `">` + strings.Repeat("text ", 50000) + `</a>`,
		`<a><b`, `<`, `text`, ``, `<a b="`, `<>`, `</>`, `<!`, `<!-`, `<![CDATA[`, `a<b`, `<?`, "<a\n b = '1' />",
	} {
		tokens := read(source)
		if joined := strings.Join(tokens, ""); joined != source {
			t.Errorf("%.60q is read as %.60q", source, joined)
		}
		for _, size := range []int{1, 7, 4096, 1 << 20} {
			if got := scan(source, size); !slices.Equal(got, tokens) {
				t.Errorf("%.60q in pieces of %d: %.100q, want %.100q", source, size, got, tokens)
			}
		}
	}
}

func TestElementsAreKnownByTheirNamespace(t *testing.T) {
	source := `<x:document xmlns:x="http://purl.oclc.org/ooxml/wordprocessingml/main" xmlns="http://schemas.openxmlformats.org/drawingml/2006/main"><x:p/><p/><y:p/></x:document>`
	var found []markup.Space
	for r := markup.NewReader([]byte(source)); ; {
		token := r.Next()
		if token == nil {
			break
		}
		if token.Kind == markup.Empty && string(token.Local) == "p" {
			found = append(found, token.Space)
		}
	}
	if want := []markup.Space{markup.W, markup.A, markup.Unknown}; !slices.Equal(found, want) {
		t.Errorf("%v, want %v", found, want)
	}
}

func TestAttributes(t *testing.T) {
	source := `<w:p ` + w +
		` xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" w:id="1" r:id = 'a&amp;b&#x41;&#66;' w:val="0"/>`
	token := markup.NewReader([]byte(source)).Next()
	id, _ := token.Attribute("id")
	related, _ := token.Relationship("id")
	if id != "1" || related != "a&bAB" || token.On() || token.Get("none") != "" {
		t.Errorf("id %q, r:id %q, on %v", id, related, token.On())
	}
	from, to, found := token.Span("val")
	if !found || source[from:to] != "0" {
		t.Errorf("the value is at %d to %d: %q", from, to, source[from:to])
	}
}

func TestContentEndsWithItsElement(t *testing.T) {
	r := markup.NewReader([]byte(`<a><a>1</a><b/></a>2`))
	if got := string(r.Content(r.Next())); got != `<a>1</a><b/>` {
		t.Errorf("the content is %q", got)
	}
	if rest := r.Next(); string(rest.Bytes) != "2" {
		t.Errorf("%q comes next", rest.Bytes)
	}
}

func TestEditsAreOfThePartAsItWas(t *testing.T) {
	var e markup.Edits
	e.Replace(6, 9, "C")
	e.Insert(3, "+")
	e.Delete(0, 3)
	e.Delete(1, 2) // within another
	e.Insert(10, "!")
	if got, err := e.Apply([]byte("aaabbbcccd")); err != nil || string(got) != "+bbbCd!" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestTagsWithoutEndAreGivenUp(t *testing.T) {
	tokens := 0
	s := markup.NewScanner(func(*markup.Token) { tokens++ })
	s.Write([]byte(`<a><b c="`))
	for range 40 {
		s.Write(make([]byte, 1<<20))
	}
	s.Write([]byte(`"/></a>`))
	s.Close()
	if !s.TooLong() || tokens != 1 {
		t.Errorf("too long is %v after %d tokens, want 1", s.TooLong(), tokens)
	}
}

func FuzzTokens(f *testing.F) {
	f.Add(`<w:document `+w+`><w:p a='1 > 0' b='"'>text</w:p><!-- --><![CDATA[]]></w:document>`, 3)
	f.Fuzz(func(t *testing.T, source string, size int) {
		tokens := read(source)
		if strings.Join(tokens, "") != source {
			t.Errorf("%q is read as %q", source, tokens)
		}
		if got := strings.Join(scan(source, 1+size&15), ""); got != source {
			t.Errorf("%q is scanned as %q", source, got)
		}
		for r := markup.NewReader([]byte(source)); ; {
			token := r.Next()
			if token == nil {
				break
			}
			token.Attribute("none")
			token.Relationship("none")
		}
	})
}
