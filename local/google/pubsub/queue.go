package pubsub

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"time"

	pubsubapi "google.golang.org/api/pubsub/v1"

	"docx2pdf/local/machinery/store"
)

// message is a published message that a subscription has not acknowledged.
type message struct {
	ID          string            `json:"id"`
	Data        []byte            `json:"data,omitempty"`
	Attributes  map[string]string `json:"attributes,omitempty"`
	OrderingKey string            `json:"orderingKey,omitempty"`
	Published   time.Time         `json:"published"`
	Attempts    int               `json:"attempts,omitempty"`
	Next        time.Time         `json:"next,omitzero"` // not delivered before
}

// delivery is a message in a queue. While it is leased, a subscriber has until the lease ends to acknowledge it.
type delivery struct {
	message
	ackID string
	lease time.Time

	in *ordered // the heap that has it, and where
	at int
}

// queue holds the messages of one subscription.
type queue struct {
	service      *Service
	subscription string
	cancel       context.CancelFunc

	mu      sync.Mutex
	backlog backlog
	// ordered subscriptions deliver the messages with one ordering key one after the other.
	ordered bool
	// keys has, for each ordering key of an ordered subscription, the messages with it that are not acknowledged, the
	// oldest first. Only that one is due; the others wait for it here.
	keys    map[string][]*delivery
	changed chan struct{} // closed and replaced at every change
}

func newQueue(s *Service, subscription string, cancel context.CancelFunc, messages []message) *queue {
	sub, _ := s.subscriptions.Get(subscription)
	q := &queue{service: s, subscription: subscription, cancel: cancel, ordered: sub.EnableMessageOrdering,
		changed: make(chan struct{}), backlog: newBacklog(), keys: map[string][]*delivery{}}
	slices.SortStableFunc(messages, func(a, b message) int { return a.Published.Compare(b.Published) })
	for _, m := range messages {
		q.file(m)
	}
	return q
}

// file takes a message in, once. The lock is held.
func (q *queue) file(m message) {
	if q.backlog.messages[m.ID] != nil {
		return
	}
	d := &delivery{message: m}
	if q.ordered && d.OrderingKey != "" {
		q.keys[d.OrderingKey] = append(q.keys[d.OrderingKey], d)
		if q.keys[d.OrderingKey][0] != d {
			q.backlog.hold(d)
			return
		}
	}
	q.backlog.put(d, time.Now())
}

func (q *queue) add(m message) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.file(m)
	q.notify()
}

func (q *queue) length() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.backlog.messages)
}

func (q *queue) wake() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.notify()
}

// notify wakes whoever waits for messages. The lock is held.
func (q *queue) notify() {
	close(q.changed)
	q.changed = make(chan struct{})
}

// take leases up to n messages that are due, the oldest first. When there is none it returns how long until one may
// be due, and the channel that tells of changes.
func (q *queue) take(sub pubsubapi.Subscription, n int) (taken []delivery, wait time.Duration,
	changed <-chan struct{}) {
	dead := q.lookThrough(sub, n, &taken, &wait, &changed)
	for _, d := range dead { // outside the lock: the dead letters may come back to this very queue
		q.bury(sub, d)
	}
	return taken, wait, changed
}

func (q *queue) lookThrough(sub pubsubapi.Subscription, n int, taken *[]delivery, wait *time.Duration,
	changed *<-chan struct{}) (dead []*delivery) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	*wait = q.backlog.wake(now, time.Minute)
	var change store.Batch
	for len(q.backlog.ready.all) > 0 && len(*taken) < n {
		d := q.backlog.ready.all[0]
		switch {
		case expired(sub, d, now):
			q.remove(d)
			q.service.messages.DeleteIn(&change, messageKey(q.subscription, d.ID))
		case q.isDead(sub, d):
			// Nobody else gets it until it is with the dead letters.
			d.lease = now.Add(time.Minute)
			q.backlog.put(d, now)
			dead = append(dead, d)
		default:
			q.lease(d, now.Add(time.Duration(sub.AckDeadlineSeconds)*time.Second))
			q.service.messages.PutIn(&change, messageKey(q.subscription, d.ID), d.message)
			*taken = append(*taken, *d)
		}
	}
	if err := q.service.db.Write(&change); err != nil {
		q.service.Log.Error("delivery attempts are not recorded", "subscription", q.subscription, "error", err)
	}
	*changed = q.changed
	return dead
}

// lease counts a delivery attempt and hides the message until the deadline. The lock is held.
func (q *queue) lease(d *delivery, until time.Time) {
	q.backlog.take(d)
	d.Attempts++
	d.ackID = d.ID + "-" + strconv.Itoa(d.Attempts)
	d.lease = until
	q.backlog.put(d, time.Now())
}

// ack removes the messages that were delivered under ids, all that are good or, when they cannot be stored, none. An id
// that is no longer good is ignored, as at Google; with exactly-once delivery the error names it.
func (q *queue) ack(sub pubsubapi.Subscription, ackIDs ...string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	done, failed := q.good(sub, ackIDs)
	var gone store.Batch
	for _, d := range done {
		q.service.messages.DeleteIn(&gone, messageKey(q.subscription, d.ID))
	}
	if err := q.service.db.Write(&gone); err != nil {
		return err
	}
	for _, d := range done {
		q.remove(d)
	}
	if len(done) > 0 {
		q.notify()
	}
	return failed
}

// nack gives messages back; they are delivered again after their back-off. Its error is that of ack.
func (q *queue) nack(sub pubsubapi.Subscription, ackIDs ...string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	back, failed := q.good(sub, ackIDs)
	for _, d := range back {
		q.backlog.take(d)
		d.lease = time.Time{}
		d.Next = time.Now().Add(backoff(sub, d.Attempts))
		q.backlog.put(d, time.Now())
		q.save(d)
		q.notify()
	}
	return failed
}

// extend moves the ends of leases; 0 gives the messages back. Its error is that of ack.
func (q *queue) extend(sub pubsubapi.Subscription, seconds int64, ackIDs ...string) error {
	if seconds == 0 {
		return q.nack(sub, ackIDs...)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	held, failed := q.good(sub, ackIDs)
	for _, d := range held {
		q.backlog.take(d)
		d.lease = time.Now().Add(time.Duration(seconds) * time.Second)
		q.backlog.put(d, time.Now())
	}
	return failed
}

// remove takes a message out of the queue, once: an id can be acknowledged twice in one call. The lock is held.
func (q *queue) remove(d *delivery) {
	q.backlog.take(d)
	if left := q.keys[d.OrderingKey]; len(left) > 0 && left[0] == d {
		if q.keys[d.OrderingKey] = left[1:]; len(left) == 1 {
			delete(q.keys, d.OrderingKey)
			return
		}
		q.backlog.put(left[1], time.Now())
	}
}

func (q *queue) save(d *delivery) {
	if err := q.service.messages.Put(messageKey(q.subscription, d.ID), d.message); err != nil {
		q.service.Log.Error("a delivery attempt is not recorded", "subscription", q.subscription, "error", err)
	}
}

// backoff is how long to wait after the n-th delivery failed: exponential within the retry policy's bounds, or for
// pushes without one within Pub/Sub's own of 100 ms and 60 s (https://cloud.google.com/pubsub/docs/push#push_backoff).
func backoff(sub pubsubapi.Subscription, n int) time.Duration {
	shortest, longest := 100*time.Millisecond, 60*time.Second
	if p := sub.RetryPolicy; p != nil {
		shortest, longest = duration(p.MinimumBackoff), duration(p.MaximumBackoff)
	} else if sub.PushConfig == nil || sub.PushConfig.PushEndpoint == "" {
		return 0 // pull subscriptions get it back at once
	}
	wait := shortest
	for i := 1; i < n && wait < longest; i++ {
		wait *= 2
	}
	return min(wait, longest)
}

func duration(text string) time.Duration {
	d, _ := time.ParseDuration(text)
	return d
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
