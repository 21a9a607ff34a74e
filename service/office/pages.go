package office

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
)

// The root of a PDF's page tree names the number of pages (ISO 32000-1, 7.7.3.2). LibreOffice writes one
// node of type Pages, uncompressed and after the pages themselves.
var pageTree = regexp.MustCompile(`/Type\s*/Pages[^>]*?/Count\s+(\d+)`)

// countPages reads the number of pages of a PDF that LibreOffice has written. Where the page tree is compressed, it is
// the document's number of pages, which a page range may make larger than the PDF's.
func countPages(path, report string) (int, error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, fmt.Errorf("%w (it wrote no PDF)", ErrCrashed)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	var head [5]byte
	if _, err := io.ReadFull(file, head[:]); err != nil || string(head[:]) != "%PDF-" {
		return 0, fmt.Errorf("%w (what it wrote is not a PDF)", ErrCrashed)
	}
	// The page tree stands near the end; what is in front of it is fonts and pages.
	for size := int64(256 << 10); ; size *= 8 {
		start := max(0, info.Size()-size)
		content := make([]byte, info.Size()-start)
		if _, err := file.ReadAt(content, start); err != nil && err != io.EOF {
			return 0, err
		}
		if all := pageTree.FindAllSubmatch(bytes.TrimSpace(content), -1); all != nil {
			return strconv.Atoi(string(all[len(all)-1][1]))
		}
		if start == 0 {
			return documentPages(report)
		}
	}
}

// documentPages reads from a child's report how many pages the document has.
func documentPages(report string) (int, error) {
	for line := range strings.Lines(report) {
		if count, ok := strings.CutPrefix(strings.TrimSpace(line), "pages "); ok {
			return strconv.Atoi(count)
		}
	}
	return 0, fmt.Errorf("%w (the PDF has no page tree)", ErrCrashed)
}
