package office

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"

	"docx2pdf/service/conversion"
)

// The root of a PDF's page tree names the number of pages (ISO 32000-1, 7.7.3.2). LibreOffice writes one
// node of type Pages, uncompressed and after the pages themselves.
var pageTree = regexp.MustCompile(`/Type\s*/Pages[^>]*?/Count\s+(\d+)`)

// countPages reads the number of pages of a PDF that LibreOffice has written. Where the page tree is compressed, it is
// the document's number of pages, which a page range may make larger than the PDF's.
func countPages(path, report string) (int, error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, fmt.Errorf("%w (it wrote no PDF)", conversion.ErrCrashed)
	}
	defer file.Close()
	var head [5]byte
	if _, err := io.ReadFull(file, head[:]); err != nil || string(head[:]) != "%PDF-" {
		return 0, fmt.Errorf("%w (what it wrote is not a PDF)", conversion.ErrCrashed)
	}
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	if tree, err := lastPageTree(file, info.Size()); err != nil || tree != nil {
		count, invalid := strconv.Atoi(string(tree))
		if err == nil && invalid != nil {
			return documentPages(report)
		}
		return count, err
	}
	return documentPages(report)
}

// The page tree stands near the end, behind fonts and pages. So a PDF is read from its end in blocks, each with the
// beginning of the next, in which a node that starts in the one may go on. A node with a million pages has a list of
// some ten million bytes between its type and its count: such a PDF's pages are what LibreOffice says.
const (
	block   = 256 << 10
	overlap = 64 << 10
)

// lastPageTree returns the count of the last page tree's root, nil where there is none to be seen.
func lastPageTree(file io.ReaderAt, size int64) ([]byte, error) {
	buffer := make([]byte, block+overlap)
	for end := size; end > 0; end -= block {
		start := max(0, end-block)
		n, err := file.ReadAt(buffer[:min(size, end+overlap)-start], start)
		if err != nil && err != io.EOF {
			return nil, err
		}
		content := buffer[:n]
		if !bytes.Contains(content, []byte("/Pages")) {
			continue
		}
		if all := pageTree.FindAllSubmatch(content, -1); all != nil {
			return all[len(all)-1][1], nil
		}
	}
	return nil, nil
}

// documentPages reads from a child's report how many pages the document has.
func documentPages(report string) (int, error) {
	for line := range strings.Lines(report) {
		if count, ok := strings.CutPrefix(strings.TrimSpace(line), "pages "); ok {
			return strconv.Atoi(count)
		}
	}
	return 0, fmt.Errorf("%w (the PDF has no page tree)", conversion.ErrCrashed)
}
