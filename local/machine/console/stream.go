package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	"docx2pdf/local/google/logging"
)

const (
	// pace is the shortest time between two looks, slack what a look may take of the time, as one part of it.
	pace  = 250 * time.Millisecond
	slack = 10
	// refresh is when to look again without a request: instances and backlogs change by themselves.
	refresh = 2 * time.Second
	// batch is how many requests or log entries one event has at most.
	batch = 1000
)

// stream is one open page.
type stream struct {
	source Source
	w      http.ResponseWriter
	state  []byte // as sent last
	seen   int64  // the id of the last request that was sent
	logs   map[string]*logging.Tail
}

// follow sends the state when it has changed, and requests and log entries as they come.
func (s Source) follow(w http.ResponseWriter, r *http.Request) {
	changed, stop := s.Requests.Follow()
	defer stop()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	to := &stream{source: s, w: w, logs: map[string]*logging.Tail{}}
	for {
		began := time.Now()
		if to.send() != nil || http.NewResponseController(w).Flush() != nil {
			return
		}
		rest := time.NewTimer(max(pace, slack*time.Since(began)))
		select {
		case <-rest.C:
		case <-r.Context().Done():
			rest.Stop()
			return
		}
		again := time.NewTimer(refresh)
		select {
		case <-changed:
		case <-again.C:
		case <-r.Context().Done():
		}
		again.Stop()
		if r.Context().Err() != nil {
			return
		}
	}
}

func (s *stream) send() error {
	if err := s.sendRequests(); err != nil {
		return err
	}
	state, err := json.Marshal(s.source.State())
	if err != nil {
		return err
	}
	if bytes.Equal(state, s.state) {
		_, err = fmt.Fprint(s.w, ": nothing new\n\n") // finds out whether the page is still there
	} else {
		s.state = state
		err = s.event("state", state)
	}
	if err != nil {
		return err
	}
	return s.sendLogs()
}

func (s *stream) sendRequests() error {
	entries := s.source.Requests.After(s.seen)
	for len(entries) > 0 {
		n := min(batch, len(entries))
		data, err := json.Marshal(Requests(entries[:n]))
		if err != nil {
			return err
		}
		if err := s.event("requests", data); err != nil {
			return err
		}
		s.seen, entries = entries[n-1].ID, entries[n:]
	}
	return nil
}

func (s *stream) sendLogs() error {
	files, err := filepath.Glob(filepath.Join(s.source.LogFolder, "*.jsonl"))
	if err != nil {
		return err
	}
	for _, file := range files {
		tail := s.logs[file]
		if tail == nil {
			tail = logging.NewTail(file)
			s.logs[file] = tail
		}
		entries, err := tail.Next()
		if err != nil {
			return err
		}
		for lines := logLines(entries); len(lines) > 0; {
			n := min(batch, len(lines))
			data, err := json.Marshal(lines[:n])
			if err != nil {
				return err
			}
			if err := s.event("logs", data); err != nil {
				return err
			}
			lines = lines[n:]
		}
	}
	return nil
}

func (s *stream) event(name string, data []byte) error {
	_, err := fmt.Fprintf(s.w, "event: %s\ndata: %s\n\n", name, data)
	return err
}
