// Package traffic remembers the latest requests to the local cloud with their verdicts, for the page and for people
// who ask why a call was refused.
package traffic

import (
	"sync"
	"time"
)

// Entry is one request and its answer.
type Entry struct {
	ID         int64         `json:"id"` // 1 for the first request; given by Add
	Time       time.Time     `json:"time"`
	Method     string        `json:"method"`
	Path       string        `json:"path"`
	Call       string        `json:"call"`   // the API method, for example storage.objects.get
	Caller     string        `json:"caller"` // member form, for example user:owner@example.com
	Agent      string        `json:"agent"`  // the client's User-Agent
	Status     int           `json:"status"`
	Why        string        `json:"why"`                  // the grant that allowed it, or what was missing
	Permission string        `json:"permission,omitempty"` // what the call needs, where that was looked at
	Resource   string        `json:"resource,omitempty"`   // what it needs the permission on
	Duration   time.Duration `json:"duration"`
}

// kept is how many requests are remembered; older ones are forgotten.
const kept = 10_000

// Log keeps the latest requests. It is safe for concurrent use.
type Log struct {
	mu        sync.Mutex
	entries   []Entry // a ring once it is full: the entry with the id i is at (i-1) modulo kept
	last      int64
	listeners map[chan struct{}]struct{}
}

// New makes an empty log.
func New() *Log { return &Log{listeners: map[chan struct{}]struct{}{}} }

// Add remembers an entry and wakes those who follow.
func (l *Log) Add(e Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last++
	e.ID = l.last
	if len(l.entries) < kept {
		l.entries = append(l.entries, e)
	} else {
		l.entries[(e.ID-1)%kept] = e
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
	n = min(n, len(l.entries))
	latest := make([]Entry, 0, n)
	for i := range int64(n) {
		latest = append(latest, l.entries[(l.last-1-i)%kept])
	}
	return latest
}

// After returns the entries that came after the one with an id, the oldest first, as far as they are remembered.
func (l *Log) After(id int64) []Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	id = max(id, l.last-int64(len(l.entries)))
	var later []Entry
	for ; id < l.last; id++ {
		later = append(later, l.entries[id%kept])
	}
	return later
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
