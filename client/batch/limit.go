package batch

import (
	"context"
	"sync"
	"time"
)

// Limit is how many documents are with the service at once. It grows by one for each round of answers while all places
// are used, and shrinks by a third when the service is busy, as TCP's congestion window does (RFC 5681): the service
// gets as much as it takes, and instances are started as they are needed.
type Limit struct {
	mu      sync.Mutex
	changed sync.Cond
	size    float64
	most    int
	used    int
	shrunk  time.Time
}

// firstAtOnce is what one instance takes unless the stack says something else.
const firstAtOnce = 4

// NewLimit starts with what one instance takes; it never exceeds most.
func NewLimit(most int) *Limit {
	l := &Limit{size: float64(min(firstAtOnce, most)), most: most}
	l.changed.L = &l.mu
	return l
}

// Acquire waits for a place.
func (l *Limit) Acquire(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.changed.Broadcast()
	})
	defer stop()
	l.mu.Lock()
	defer l.mu.Unlock()
	for ctx.Err() == nil && l.used >= int(l.size) {
		l.changed.Wait()
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	l.used++
	return nil
}

// Release gives a place back. Answered says that the service converted something meanwhile.
func (l *Limit) Release(answered bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if answered && l.used >= int(l.size) {
		l.size = min(l.size+1/l.size, float64(l.most))
	}
	l.used--
	l.changed.Broadcast()
}

// Busy is called when the service refuses for want of room. Of many such answers at once, one counts.
func (l *Limit) Busy() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if time.Since(l.shrunk) < time.Second {
		return
	}
	l.shrunk = time.Now()
	l.size = max(1, l.size*2/3)
}

// Size is the present limit.
func (l *Limit) Size() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return int(l.size)
}
