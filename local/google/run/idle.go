package run

import (
	"context"
	"sync"
	"time"
)

// keepMinimum starts instances up to the minimum.
func (p *pool) keepMinimum() {
	p.mu.Lock()
	defer p.mu.Unlock()
	const patience = 3 // a container that keeps failing is not started for ever
	if p.closed || p.failures >= patience {
		return
	}
	for len(p.instances)+p.starting < p.spec.min {
		p.starting++
		p.work.Go(func() { p.add(context.Background()) })
	}
}

// reap stops instances above the minimum that have had no request for the idle time.
func (p *pool) reap() {
	for {
		p.mu.Lock()
		changed := p.changed
		wait := p.service.options.Idle
		var idle *instance
		for _, in := range p.instances {
			left := time.Until(in.lastUsed.Add(p.service.options.Idle))
			if in.requests == 0 && !in.draining && len(p.instances) > p.spec.min {
				if left <= 0 {
					idle = in
				} else {
					wait = min(wait, left)
				}
			}
		}
		closed := p.closed
		if idle != nil && !closed {
			idle.draining = true
		}
		p.mu.Unlock()
		if closed {
			return
		}
		if idle != nil {
			idle.stop()
			continue
		}
		timer := time.NewTimer(wait)
		select {
		case <-changed:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// drain stops the pool after the requests in flight are answered, or after their longest time.
func (p *pool) drain() {
	deadline := time.NewTimer(p.spec.timeout)
	defer deadline.Stop()
	for {
		p.mu.Lock()
		busy := p.starting
		for _, in := range p.instances {
			busy += in.requests
		}
		changed := p.changed
		p.mu.Unlock()
		if busy == 0 {
			break
		}
		select {
		case <-changed:
			continue
		case <-deadline.C:
		}
		break
	}
	p.close()
}

// close stops all instances and waits for them.
func (p *pool) close() {
	p.mu.Lock()
	if !p.closed {
		p.closed = true
		close(p.done)
	}
	instances := p.instances
	for _, in := range instances {
		in.draining = true
	}
	p.notify()
	p.mu.Unlock()
	var stopped sync.WaitGroup
	for _, in := range instances {
		stopped.Go(in.stop)
	}
	stopped.Wait()
	p.work.Wait()
}
