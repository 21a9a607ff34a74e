package forkserver

import (
	"bytes"
	"fmt"
	"sync"
)

// tail keeps the last bytes that were written to it, for error messages.
type tail struct {
	mu    sync.Mutex
	bytes []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.bytes = append(t.bytes, p...)
	if extra := len(t.bytes) - 4096; extra > 0 {
		t.bytes = append(t.bytes[:0], t.bytes[extra:]...)
	}
	return len(p), nil
}

func (t *tail) hint() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := bytes.TrimSpace(t.bytes)
	if len(text) == 0 {
		return ""
	}
	return fmt.Sprintf(" (it wrote: %s)", text)
}
