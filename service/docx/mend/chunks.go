package mend

import (
	"fmt"
	"path"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"docx2pdf/service/docx/inventory"
	"docx2pdf/service/docx/layout"
	"docx2pdf/service/docx/markup"
	"docx2pdf/service/warning"
)

// mostChunks are brought in of one document.
const mostChunks = 1000

// chunks brings in the documents within the document that LibreOffice's own import passes over. Plain text becomes
// paragraphs. Web pages and RTF are for LibreOffice to read, once the document is loaded: a bookmark keeps their place.
// Those that are Word documents LibreOffice takes as they are.
func (p *Package) chunks(part *inventory.Part, source []byte) ([]byte, error) {
	relations := p.Inventory.RelationsOf(part)
	var edits markup.Edits
	r := markup.NewReader(source)
	for {
		t := r.Next()
		if t == nil {
			return edits.Apply(source)
		}
		if !t.Opens(markup.W, "altChunk") {
			continue
		}
		id, _ := t.Relationship("id")
		end := r.Skip(t)
		replacement, err := p.chunk(relations[id], prefixOf(t))
		if err != nil {
			return nil, err
		}
		if replacement != "" {
			edits.Replace(t.At, end, replacement)
		}
	}
}

// chunk is what stands for the document that a relation leads to, "" when it stays.
func (p *Package) chunk(r inventory.Relation, prefix string) (string, error) {
	part := p.Inventory.Target(r)
	if part == nil {
		p.Warnings.Add(warning.ChunkMissing, r.Written)
		return "", nil
	}
	kind := chunkKind(p.Inventory.Types.Of(part.Name), path.Ext(part.Name))
	if kind == "docx" {
		return "", nil
	}
	content, err := p.Read(part)
	if err != nil {
		return "", err
	}
	p.chunkBytes += len(content)
	if kind == "" || len(p.Chunks) >= mostChunks || p.chunkBytes > MostBytes {
		p.Warnings.Add(warning.ChunkMissing, part.Name)
		return "", nil
	}
	chunk := Chunk{Kind: kind, Content: content}
	if kind == "mht" {
		chunk = fromArchive(content)
	}
	switch chunk.Kind {
	case "txt":
		p.Main.Content = true
		return paragraphs(chunk.Content, prefix), nil
	case "html":
		chunk.Content = p.webPage(chunk)
	case "rtf":
	default:
		p.Warnings.Add(warning.ChunkMissing, part.Name)
		return "", nil
	}
	number := len(p.Chunks) + 1
	chunk.Bookmark = fmt.Sprintf("%s%d", layout.ChunkBookmark, number)
	p.Chunks = append(p.Chunks, chunk)
	return fmt.Sprintf(`<%sp><%[1]sbookmarkStart %[1]sid="%[2]d" %[1]sname="%[3]s"/><%[1]sbookmarkEnd %[1]sid="%[2]d"/></%[1]sp>`,
		prefix, 1_000_000+number, chunk.Bookmark), nil
}

// paragraphs are those of a plain text, one for each line.
func paragraphs(content []byte, prefix string) string {
	var b strings.Builder
	text := strings.ReplaceAll(inUTF8(content, "text/plain"), "\r\n", "\n")
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		line = strings.ReplaceAll(markup.Escape(line), "&#x9;", `</`+prefix+`t><`+prefix+`tab/><`+prefix+
			`t xml:space="preserve">`)
		fmt.Fprintf(&b, `<%sp><%[1]sr><%[1]st xml:space="preserve">%s</%[1]st></%[1]sr></%[1]sp>`, prefix, line)
	}
	return b.String()
}

// inUTF8 is a text in UTF-8, whose characters its type, its marks or its bytes tell.
func inUTF8(content []byte, contentType string) string {
	encoding, _, _ := charset.DetermineEncoding(content[:min(len(content), 1024)], contentType)
	if utf8.Valid(content) {
		encoding = unicode.UTF8
	}
	text, _, err := transform.Bytes(unicode.BOMOverride(encoding.NewDecoder()), content)
	if err != nil {
		return strings.ToValidUTF8(string(content), "\ufffd")
	}
	return string(text)
}

// chunkKind tells what a chunk is from its content type, or its name.
func chunkKind(contentType, extension string) string {
	contentType, _, _ = strings.Cut(strings.ToLower(contentType), ";")
	switch contentType = strings.TrimSpace(contentType); {
	case strings.Contains(contentType, "wordprocessingml"), strings.Contains(contentType, "ms-word"):
		return "docx"
	case contentType == "text/html", strings.Contains(contentType, "xhtml"):
		return "html"
	case contentType == "message/rfc822", contentType == "multipart/related", contentType == "application/x-mimearchive":
		return "mht"
	case contentType == "application/rtf", contentType == "text/rtf", contentType == "application/x-rtf":
		return "rtf"
	case contentType == "text/plain":
		return "txt"
	}
	switch strings.ToLower(extension) {
	case ".docx", ".docm", ".dotx", ".dotm":
		return "docx"
	case ".htm", ".html", ".xhtml":
		return "html"
	case ".mht", ".mhtml", ".eml":
		return "mht"
	case ".rtf":
		return "rtf"
	case ".txt":
		return "txt"
	}
	return ""
}
