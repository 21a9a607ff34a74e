package mend

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"strings"
)

// webPage makes a chunk of content of a kind. It is nil when there is no page in it.
func webPage(kind string, content []byte, name string) *Chunk {
	if kind != "mht" {
		return &Chunk{Kind: kind, Content: content, Name: name}
	}
	message, err := mail.ReadMessage(bytes.NewReader(bytes.TrimLeft(content, "\r\n \t\ufeff")))
	if err != nil {
		return nil
	}
	archive := pageArchive{pictures: map[string]string{}}
	archive.read(textproto.MIMEHeader(message.Header), message.Body, 0)
	if archive.page == nil {
		return nil
	}
	return &Chunk{Kind: archive.kind, Content: archive.withPictures(), Name: name}
}

// pageArchive is a web page in one file (RFC 2557).
type pageArchive struct {
	page     []byte
	kind     string
	pictures map[string]string // as data addresses, by what the page calls them
}

// mostParts and mostNesting bound what is read of an archive.
const (
	mostParts   = 1000
	mostNesting = 5
)

func (a *pageArchive) read(header textproto.MIMEHeader, body io.Reader, depth int) {
	mediaType, parameters, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil || depth > mostNesting {
		return
	}
	if strings.HasPrefix(mediaType, "multipart/") {
		parts := multipart.NewReader(body, parameters["boundary"])
		for range mostParts {
			part, err := parts.NextRawPart()
			if err != nil {
				return
			}
			a.read(part.Header, part, depth+1)
		}
		return
	}
	switch strings.ToLower(strings.TrimSpace(header.Get("Content-Transfer-Encoding"))) {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	}
	content, err := io.ReadAll(io.LimitReader(body, MostBytes))
	if err != nil && len(content) == 0 {
		return
	}
	switch {
	case mediaType == "text/html" && a.kind != "html":
		a.page, a.kind = withCharset(content, parameters["charset"]), "html"
	case mediaType == "text/plain" && a.page == nil:
		a.page, a.kind = content, "txt"
	case strings.HasPrefix(mediaType, "image/"):
		address := "data:" + mediaType + ";base64," + base64.StdEncoding.EncodeToString(content)
		if location := header.Get("Content-Location"); location != "" {
			a.pictures[location] = address
		}
		if id := strings.Trim(header.Get("Content-Id"), "<> "); id != "" {
			a.pictures["cid:"+id] = address
		}
	}
}

// withCharset tells a page's characters where only the archive does.
func withCharset(page []byte, charset string) []byte {
	if charset == "" || bytes.Contains(bytes.ToLower(page[:min(len(page), 1024)]), []byte("charset=")) {
		return page
	}
	return append([]byte(`<meta http-equiv="Content-Type" content="text/html; charset=`+strings.ReplaceAll(charset, `"`, "")+`">`), page...)
}

// withPictures is the page with its pictures in it.
func (a *pageArchive) withPictures() []byte {
	if a.kind != "html" || len(a.pictures) == 0 {
		return a.page
	}
	var pairs []string
	for name, address := range a.pictures {
		pairs = append(pairs, `"`+name+`"`, `"`+address+`"`, `'`+name+`'`, `'`+address+`'`)
	}
	return []byte(strings.NewReplacer(pairs...).Replace(string(a.page)))
}
