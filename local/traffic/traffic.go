// Package traffic remembers the latest requests to the local cloud with their verdicts, for the page and for people
// who ask why a call was refused.
package traffic

import (
	"sync"
	"time"
)

// Entry is one request and its answer.
type Entry struct {
	Time     time.Time     `json:"time"`
	Method   string        `json:"method"`
	Path     string        `json:"path"`
	Call     string        `json:"call"`   // the API method, for example storage.objects.get
	Caller   string        `json:"caller"` // member form, for example user:owner@example.com
	Agent    string        `json:"agent"`  // the client's User-Agent
	Status   int           `json:"status"`
	Why      string        `json:"why"` // the grant that allowed it, or what was missing
	Duration time.Duration `json:"duration"`
}

const kept = 500

// Log keeps the latest requests. It is safe for concurrent use.
type Log struct {
	mu        sync.Mutex
	entries   []Entry
	listeners map[chan struct{}]struct{}
}

// New makes an empty log.
func New() *Log { return &Log{listeners: map[chan struct{}]struct{}{}} }

// Add remembers an entry and wakes those who follow.
func (l *Log) Add(e Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = append(l.entries, e)
	if len(l.entries) > kept {
		l.entries = l.entries[len(l.entries)-kept:]
	}
	for c := range l.listeners {
		select {
		case c <- struct{}{}:
		default: // it has not read the last wake-up yet
		}
	}
}

// Latest returns up to n entries, the newest first.
func (l *Log) Latest(n int) []Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	var latest []Entry
	for i := len(l.entries) - 1; i >= 0 && len(latest) < n; i-- {
		latest = append(latest, l.entries[i])
	}
	return latest
}

// Follow returns a channel that gets a value after entries were added, and the function that ends it.
func (l *Log) Follow() (<-chan struct{}, func()) {
	c := make(chan struct{}, 1)
	l.mu.Lock()
	l.listeners[c] = struct{}{}
	l.mu.Unlock()
	return c, func() {
		l.mu.Lock()
		delete(l.listeners, c)
		l.mu.Unlock()
	}
}
