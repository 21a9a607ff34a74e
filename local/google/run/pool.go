package run

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	runapi "google.golang.org/api/run/v2"

	"docx2pdf/local/machine/container"
)

var (
	// errNoInstance means that every instance is full and no more may start.
	errNoInstance = errors.New("The request was aborted because there was no available instance.")
	errClosed     = errors.New("the revision was taken down")
)

// pool is the instances of one revision: it starts them when requests need them, never more than the maximum, gives
// each at most as many requests at once as the revision allows, and stops those that are idle.
type pool struct {
	service *Service
	spec    spec

	mu        sync.Mutex
	instances []*instance
	starting  int
	lastErr   error // of the last start
	failures  int   // starts that failed, so that waiters notice
	closed    bool
	done      chan struct{} // closed with the pool
	changed   chan struct{} // closed and replaced at every change that a waiter may want
	work      sync.WaitGroup
}

func newPool(s *Service, r runapi.GoogleCloudRunV2Revision, image container.Image) (*pool, error) {
	spec, err := newSpec(s, r, image)
	if err != nil {
		return nil, err
	}
	p := &pool{service: s, spec: spec, changed: make(chan struct{}), done: make(chan struct{})}
	if s.options.Idle > 0 {
		p.work.Go(p.reap)
	}
	return p, nil
}

// acquire finds room for a request, starting an instance where it may, and waiting for as long as Cloud Run lets
// requests wait. The caller releases the instance.
func (p *pool) acquire(ctx context.Context) (*instance, error) {
	timer := time.NewTimer(p.service.options.Pending)
	defer timer.Stop()
	p.mu.Lock()
	failures := p.failures
	for {
		if p.closed {
			p.mu.Unlock()
			return nil, errClosed
		}
		if p.failures > failures {
			err := p.lastErr
			p.mu.Unlock()
			return nil, err
		}
		if in := p.free(); in != nil {
			in.requests++
			p.mu.Unlock()
			return in, nil
		}
		p.grow()
		starting := p.starting > 0
		changed := p.changed
		p.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-timer.C:
			if !starting {
				return nil, errNoInstance
			}
			// An instance is on its way; Cloud Run lets requests wait for it longer than for a busy one.
			timer.Reset(p.service.options.Pending)
		}
		p.mu.Lock()
	}
}

// free returns the least busy instance with room. The lock is held.
func (p *pool) free() *instance {
	var best *instance
	for _, in := range p.instances {
		if in.requests < p.spec.concurrency && !in.draining && (best == nil || in.requests < best.requests) {
			best = in
		}
	}
	return best
}

// grow starts an instance if the maximum allows it and none is starting. The lock is held.
func (p *pool) grow() {
	if p.starting > 0 || len(p.instances)+p.starting >= p.spec.max {
		return
	}
	p.starting++
	p.work.Go(func() { p.add(context.Background()) })
}

// startOne starts an instance and waits until it is up.
func (p *pool) startOne(ctx context.Context) error {
	p.mu.Lock()
	p.starting++
	p.mu.Unlock()
	return p.add(ctx)
}

func (p *pool) add(ctx context.Context) error {
	in, err := startInstance(ctx, p.service, p.spec, p.done)
	p.mu.Lock()
	p.starting--
	closed := p.closed
	if err != nil {
		p.lastErr = err
		p.failures++
	} else if !closed {
		in.lastUsed = time.Now()
		p.instances = append(p.instances, in)
	}
	p.notify()
	p.mu.Unlock()
	if err == nil && closed {
		in.stop()
		return errClosed
	}
	if err == nil {
		p.work.Go(func() { p.watch(in) })
	}
	return err
}

// watch takes an instance out when its container ends by itself.
func (p *pool) watch(in *instance) {
	<-in.container.Done()
	p.mu.Lock()
	p.instances = slices.DeleteFunc(slices.Clone(p.instances), func(have *instance) bool { return have == in })
	p.notify()
	draining := in.draining
	p.mu.Unlock()
	in.stop()
	if !draining {
		in.logExit()
		p.keepMinimum()
	}
}

// suspect takes an instance out whose connection broke because its container is ending, so that the next request does
// not go there. A container that goes on keeps its place.
func (p *pool) suspect(in *instance) {
	timer := time.NewTimer(500 * time.Millisecond)
	defer timer.Stop()
	select {
	case <-in.container.Done():
	case <-timer.C:
		return
	}
	p.mu.Lock()
	p.instances = slices.DeleteFunc(slices.Clone(p.instances), func(have *instance) bool { return have == in })
	p.mu.Unlock()
}

func (p *pool) release(in *instance) {
	p.mu.Lock()
	defer p.mu.Unlock()
	in.requests--
	in.lastUsed = time.Now()
	p.notify()
}

// notify wakes all waiters. The lock is held.
func (p *pool) notify() {
	close(p.changed)
	p.changed = make(chan struct{})
}

func (p *pool) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.instances)
}
