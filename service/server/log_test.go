package server_test

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"docx2pdf/service/office/officetest"
)

// lines keeps a log.
type lines struct {
	mu   sync.Mutex
	kept []string
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept = append(l.kept, string(p))
	return len(p), nil
}

func (l *lines) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.kept, "")
}

// last waits for a line, which is written after the answer, and returns the last.
func (l *lines) last(t *testing.T) map[string]any {
	t.Helper()
	officetest.Until(t, "the request is logged", func() bool { return l.text() != "" })
	all := strings.Split(strings.TrimSpace(l.text()), "\n")
	var line map[string]any
	if err := json.Unmarshal([]byte(all[len(all)-1]), &line); err != nil {
		t.Fatal(err)
	}
	return line
}
