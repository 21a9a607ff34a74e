package mend

import (
	"bytes"
	"io"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"docx2pdf/service/docx/inventory"
	"docx2pdf/service/warning"
)

// webPage is a page for LibreOffice to read: in UTF-8, with its pictures in it, and with nothing that runs, leads it to
// another file or means something to LibreOffice only.
func (p *Package) webPage(c Chunk) []byte {
	contentType := "text/html"
	if c.charset != "" {
		contentType += "; charset=" + c.charset
	}
	page := html.NewTokenizer(strings.NewReader(inUTF8(c.Content, contentType)))
	var clean bytes.Buffer
	clean.WriteString(`<meta http-equiv="Content-Type" content="text/html; charset=utf-8">`)
	last := ""   // the start tag just before
	within := "" // an element that goes with all that is in it
	for {
		kind, style := page.Next(), last == "style"
		if kind == html.ErrorToken {
			return clean.Bytes()
		}
		last = ""
		raw := slices.Clone(page.Raw()) // reading the token changes it
		t := page.Token()
		switch {
		case within != "":
			if kind == html.EndTagToken && t.Data == within {
				within = ""
			}
		case kind == html.TextToken:
			if !style || !leadsOut(string(raw)) {
				clean.Write(raw)
			}
		case kind == html.CommentToken, kind == html.DoctypeToken, dropped[t.Data]:
		case hidden[t.Data]:
			if kind == html.StartTagToken {
				within = t.Data
			}
		case kind == html.EndTagToken:
			clean.Write(raw)
		default:
			last = t.Data
			p.webTag(&clean, t, c.pictures)
		}
	}
}

// dropped are tags that go, and hidden are elements that go with what is in them. LibreOffice makes fields of sdfield,
// and
// notes or scripts of comments.
var (
	dropped = namesOf("base link meta frame frameset sdfield bgsound embed")
	hidden  = namesOf("script title iframe noscript noframes noembed object applet svg math template video audio")
)

func namesOf(names string) map[string]bool {
	all := map[string]bool{}
	for name := range strings.FieldsSeq(names) {
		all[name] = true
	}
	return all
}

// webTag writes a start tag without what is dangerous, missing or elsewhere.
func (p *Package) webTag(clean *bytes.Buffer, t html.Token, pictures map[string]string) {
	kept := t.Attr[:0]
	for _, a := range t.Attr {
		switch name := a.Key; {
		case t.Data == "img" && name == "src":
			a.Val = p.webPicture(a.Val, pictures)
			if a.Val == "" {
				return
			}
		case name == "src", name == "srcset", name == "background", name == "data", name == "code", name == "action",
			strings.HasPrefix(name, "on"), strings.HasPrefix(name, "sd"),
			name == "href" && inventory.IsScript(a.Val),
			name == "style" && leadsOut(a.Val):
			continue
		}
		kept = append(kept, a)
	}
	t.Attr = kept
	io.WriteString(clean, t.String())
}

// leadsOut tells whether a style names a file.
func leadsOut(style string) bool {
	style = strings.ToLower(style)
	return strings.Contains(style, "url(") || strings.Contains(style, "@import")
}

// webPicture is the address of a picture that is in the page or its archive, "" when there is no room for it or it is
// elsewhere.
func (p *Package) webPicture(address string, pictures map[string]string) string {
	inside, found := pictures[address]
	switch {
	case found && p.chunkBytes+len(inside) <= MostBytes:
		p.chunkBytes += len(inside)
		return inside
	case strings.HasPrefix(strings.ToLower(address), "data:image/"):
		return address
	case strings.Contains(address, "://"):
		p.Warnings.Add(warning.PictureLinked, address)
	default:
		p.Warnings.Add(warning.PictureMissing, address)
	}
	return ""
}
