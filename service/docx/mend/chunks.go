package mend

import (
	"fmt"
	"path"
	"strings"

	"docx2pdf/service/docx/inventory"
	"docx2pdf/service/docx/markup"
	"docx2pdf/service/warning"
)

// mostChunks are brought in of one document.
const mostChunks = 1000

// chunks puts a bookmark in the place of each document within the document that LibreOffice's own import passes over:
// it is brought in there once the document is loaded. Those that are Word documents LibreOffice takes as they are.
func (p *Package) chunks(part *inventory.Part, source []byte) ([]byte, error) {
	relations := p.Inventory.RelationsOf(part)
	var edits markup.Edits
	r := markup.NewReader(source)
	for {
		t := r.Next()
		if t == nil {
			return edits.Apply(source), nil
		}
		if !t.Opens(markup.W, "altChunk") {
			continue
		}
		id, _ := t.Relationship("id")
		end := r.Skip(t)
		chunk, taken, err := p.chunk(relations[id])
		if err != nil {
			return nil, err
		}
		if !taken {
			continue
		}
		if chunk == nil {
			p.Warnings.Add(warning.ChunkMissing, relations[id].Written)
			continue
		}
		w := prefixOf(t)
		chunk.Bookmark = fmt.Sprintf("docx2pdf_chunk_%d", len(p.Chunks)+1)
		number := 1_000_000 + len(p.Chunks)
		p.Chunks = append(p.Chunks, *chunk)
		edits.Replace(t.At, end, fmt.Sprintf(`<%sp><%[1]sbookmarkStart %[1]sid="%[2]d" %[1]sname="%[3]s"/><%[1]sbookmarkEnd %[1]sid="%[2]d"/></%[1]sp>`, w, number, chunk.Bookmark))
	}
}

// chunk reads what a relation leads to. It is not taken when LibreOffice does by itself, and nil when it cannot be had.
func (p *Package) chunk(r inventory.Relation) (chunk *Chunk, taken bool, err error) {
	part := p.Inventory.Target(r)
	if part == nil {
		return nil, true, nil
	}
	kind := chunkKind(p.Inventory.Types.Of(part.Name), path.Ext(part.Name))
	if kind == "docx" {
		return nil, false, nil
	}
	if kind == "" || len(p.Chunks) >= mostChunks {
		return nil, true, nil
	}
	content, err := p.Read(part)
	if err != nil {
		return nil, true, err
	}
	if len(content) > MostBytes {
		return nil, true, nil
	}
	return webPage(kind, content, part.Name), true, nil
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
