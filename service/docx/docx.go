// Package docx checks that a file is a Word document before LibreOffice sees it.
//
// LibreOffice goes by content, not by name: it would load a flat XML file or a web page called name.docx, and
// fetch what they refer to. And it believes a package that says how large it is. So only a package of the Open
// Packaging Conventions (ECMA-376, part 2) whose main part is a Word document gets through, after every part
// has been unpacked and counted once.
package docx

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"docx2pdf/service/docx/inventory"
)

// Why a file is refused. The wrapping errors say what it is, or what is wrong with it.
var (
	// ErrNotWord: it is something else.
	ErrNotWord = errors.New("this is not a Word document")
	// ErrEncrypted: it needs a password.
	ErrEncrypted = errors.New("the document is encrypted: save it without a password")
	// ErrCorrupt: it is a Word document that is damaged, or one that breaks the rules of its format.
	ErrCorrupt = errors.New("the document is damaged")
	// ErrBomb: it unpacks to more than any document needs.
	ErrBomb = errors.New("the document unpacks to more than is allowed")
)

// Limits bound what a document may unpack to.
type Limits struct {
	Entries int   // files in the package
	Entry   int64 // bytes of one of them, unpacked
	Total   int64 // bytes of all of them
}

// DefaultLimits let every document through that LibreOffice can convert in a minute.
var DefaultLimits = Limits{Entries: 10_000, Entry: 256 << 20, Total: 512 << 20}

// Check reads all of a file of the given size. It returns nil for a Word document within the limits, one of this
// package's errors for anything else, or the reader's or the context's error.
func Check(ctx context.Context, file io.ReaderAt, size int64, limits Limits) error {
	_, err := open(ctx, file, size, limits)
	return err
}

// open checks a file, and makes an inventory of it.
func open(ctx context.Context, file io.ReaderAt, size int64, limits Limits) (*pack, error) {
	file = contextReader{ctx, file}
	head := make([]byte, min(size, 4096))
	if _, err := file.ReadAt(head, 0); err != nil && err != io.EOF {
		return nil, err
	}
	if !bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		return nil, identify(file, size, head)
	}
	p, err := openPack(file, size, limits)
	if err != nil {
		return nil, err
	}
	if err := p.unpackAll(); err != nil {
		return nil, err
	}
	return p, p.checkMainPart()
}

// contextReader stops reading when its context ends.
type contextReader struct {
	ctx  context.Context
	file io.ReaderAt
}

func (r contextReader) ReadAt(p []byte, offset int64) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.file.ReadAt(p, offset)
}

// pack is a package whose directory has been read and found in order.
type pack struct {
	limits  Limits
	entries []*zip.File
	names   map[string]*zip.File // by lower case name: OPC names are equal without regard to case
	decoded map[string]bool      // those names without percent signs, which stand for the same
	// repack tells that LibreOffice would not find its way in the package as it is.
	repack    bool
	inventory *inventory.Inventory
	main      string // the part with the text, in lower case
	buffer    []byte // for reading parts
}

func openPack(file io.ReaderAt, size int64, limits Limits) (*pack, error) {
	if n, err := countHeaders(file, size, limits.Entries); err != nil {
		return nil, err
	} else if n > limits.Entries {
		return nil, fmt.Errorf("%w: it has more than %d parts", ErrBomb, limits.Entries)
	}
	reader, err := zip.NewReader(file, size)
	if err != nil {
		return nil, damaged(err, "its directory")
	}
	p := &pack{limits: limits, entries: reader.File, names: make(map[string]*zip.File, len(reader.File)),
		decoded: make(map[string]bool, len(reader.File)), buffer: make([]byte, 32<<10), inventory: inventory.New()}
	for _, entry := range reader.File {
		if err := p.add(entry); err != nil {
			return nil, err
		}
	}
	return p, p.checkOverlaps()
}

// countHeaders counts what could be entries of a zip's directory, before anything is allocated for them: neither
// the number nor the size that a zip states need be true. It stops past most.
func countHeaders(file io.ReaderAt, size int64, most int) (int, error) {
	signature := []byte("PK\x01\x02")
	buffer := make([]byte, min(size, 256<<10))
	n := 0
	for offset := int64(0); offset < size && n <= most; offset += int64(len(buffer) - len(signature) + 1) {
		got, err := file.ReadAt(buffer, offset)
		if err != nil && err != io.EOF {
			return 0, err
		}
		n += bytes.Count(buffer[:got], signature)
	}
	return n, nil
}

func (p *pack) add(entry *zip.File) error {
	p.rename(entry)
	name := strings.ToLower(entry.Name)
	switch {
	case name == "" || strings.ContainsAny(name, "\\\x00") || path.IsAbs(name) || name != path.Clean(name) &&
		name != path.Clean(name)+"/",
		name == ".." || strings.HasPrefix(name, "../"):
		return fmt.Errorf("%w: the name %q leads out of it", ErrCorrupt, entry.Name)
	case p.names[name] != nil || p.decoded[inventory.Plain(name)]:
		return fmt.Errorf("%w: it has two parts named %q", ErrCorrupt, entry.Name)
	case entry.Flags&1 != 0:
		return ErrEncrypted
	case entry.Method != zip.Store && entry.Method != zip.Deflate:
		return fmt.Errorf("%w: %q is packed with a method that Word does not know", ErrCorrupt, entry.Name)
	}
	p.names[name] = entry
	p.decoded[inventory.Plain(name)] = true
	return nil
}

// checkOverlaps refuses parts that share their bytes, which makes a small file of many large parts.
func (p *pack) checkOverlaps() error {
	type span struct{ start, end int64 }
	spans := make([]span, 0, len(p.entries))
	for _, entry := range p.entries {
		start, err := entry.DataOffset()
		if err != nil {
			return damaged(err, entry.Name)
		}
		spans = append(spans, span{start, start + int64(entry.CompressedSize64)})
	}
	slices.SortFunc(spans, func(a, b span) int { return int(min(1, max(-1, a.start-b.start))) })
	for i := 1; i < len(spans); i++ {
		if spans[i].start < spans[i-1].end {
			return fmt.Errorf("%w: its parts overlap", ErrBomb)
		}
	}
	return nil
}

// unpackAll unpacks every part once, which checks its checksum and counts its true size.
func (p *pack) unpackAll() error {
	total := int64(0)
	for _, entry := range p.entries {
		n, err := p.unpack(entry, min(p.limits.Entry, p.limits.Total-total))
		if err != nil {
			return err
		}
		total += n
	}
	p.inventory.Close()
	return nil
}

func (p *pack) unpack(entry *zip.File, most int64) (int64, error) {
	packed, err := entry.Open()
	if err != nil {
		return 0, damaged(err, entry.Name)
	}
	defer packed.Close()
	prolog := newProlog()
	content := io.TeeReader(packed, prolog)
	part := p.inventory.Part(entry.Name)
	n, err := io.CopyBuffer(part, io.LimitReader(content, most+1), p.buffer)
	part.Close()
	if err != nil {
		return 0, damaged(err, entry.Name)
	}
	if n > most {
		return 0, fmt.Errorf("%w: %d MiB in one part, %d MiB in all", ErrBomb, p.limits.Entry>>20, p.limits.Total>>20)
	}
	return n, prolog.check(entry.Name)
}

func isXML(name string) bool {
	extension := strings.ToLower(path.Ext(name))
	return extension == ".xml" || extension == ".rels"
}

// damaged keeps the errors of reading, which are not the document's fault, apart from those of its format.
func damaged(err error, what string) error {
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, zip.ErrFormat), errors.Is(err, zip.ErrChecksum), errors.Is(err, zip.ErrAlgorithm),
		errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return fmt.Errorf("%w: %s cannot be unpacked", ErrCorrupt, what)
	}
	return fmt.Errorf("%w: %s: %v", ErrCorrupt, what, err)
}
