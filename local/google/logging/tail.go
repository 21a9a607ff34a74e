package logging

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Tail follows a project's file: what was written last, then what is written from then on.
type Tail struct {
	path   string
	offset int64
}

// NewTail follows a file, which need not be there yet.
func NewTail(path string) *Tail { return &Tail{path: path, offset: -1} }

// tailed is how much of a file that is there already is read.
const tailed = 1 << 20

// Next returns the entries since the last call. When the file was cut meanwhile, some may come again; their InsertId
// tells.
func (t *Tail) Next() ([]Entry, error) {
	f, err := os.Open(t.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading logs: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("reading logs: %w", err)
	}
	skip := false
	if t.offset < 0 || t.offset > info.Size() {
		t.offset = max(0, info.Size()-tailed)
		skip = t.offset > 0 // the first line is not whole
	}
	data, err := io.ReadAll(io.NewSectionReader(f, t.offset, info.Size()-t.offset))
	if err != nil {
		return nil, fmt.Errorf("reading logs: %w", err)
	}
	whole := data[:bytes.LastIndexByte(data, '\n')+1] // the last line may be half written
	t.offset += int64(len(whole))
	var entries []Entry
	for line := range bytes.Lines(whole) {
		var e Entry
		if !skip && json.Unmarshal(line, &e) == nil {
			entries = append(entries, e)
		}
		skip = false
	}
	return entries, nil
}
