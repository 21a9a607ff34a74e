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

// fromArchive is the page of a web page in one file (RFC 2557), or its plain text. Without either it is of no kind.
func fromArchive(content []byte) Chunk {
	page := Chunk{pictures: map[string]string{}}
	message, err := mail.ReadMessage(bytes.NewReader(bytes.TrimLeft(content, "\r\n \t\ufeff")))
	if err == nil {
		page.add(textproto.MIMEHeader(message.Header), message.Body, 0)
	}
	return page
}

// mostParts and mostNesting bound what is read of an archive.
const (
	mostParts   = 1000
	mostNesting = 5
)

func (c *Chunk) add(header textproto.MIMEHeader, body io.Reader, depth int) {
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
			c.add(part.Header, part, depth+1)
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
	case mediaType == "text/html" && c.Kind != "html":
		c.Kind, c.Content, c.charset = "html", content, parameters["charset"]
	case mediaType == "text/plain" && c.Kind == "":
		c.Kind, c.Content, c.charset = "txt", content, parameters["charset"]
	case strings.HasPrefix(mediaType, "image/"):
		address := "data:" + mediaType + ";base64," + base64.StdEncoding.EncodeToString(content)
		if location := header.Get("Content-Location"); location != "" {
			c.pictures[location] = address
		}
		if id := strings.Trim(header.Get("Content-Id"), "<> "); id != "" {
			c.pictures["cid:"+id] = address
		}
	}
}
