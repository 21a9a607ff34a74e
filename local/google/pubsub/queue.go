package pubsub

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	pubsubapi "google.golang.org/api/pubsub/v1"
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
	// keys has, for each ordering key, the messages with it that are not acknowledged, the oldest first.
	keys    map[string][]*delivery
	leases  int64
	changed chan struct{} // closed and replaced at every change
}

func newQueue(s *Service, subscription string, cancel context.CancelFunc, messages []message) *queue {
	q := &queue{service: s, subscription: subscription, cancel: cancel, changed: make(chan struct{}),
		backlog: newBacklog(), keys: map[string][]*delivery{}}
	slices.SortFunc(messages, func(a, b message) int { return a.Published.Compare(b.Published) })
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
	q.backlog.put(d, time.Now())
	if d.OrderingKey != "" {
		q.keys[d.OrderingKey] = append(q.keys[d.OrderingKey], d)
	}
}

func (q *queue) add(m message) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.file(m)
	q.notify()
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
	var behind []*delivery // an older message with their ordering key
	for len(q.backlog.ready.all) > 0 && len(*taken) < n {
		d := q.backlog.ready.all[0]
		switch {
		case q.expired(sub, d, now):
		case sub.EnableMessageOrdering && d.OrderingKey != "" && q.keys[d.OrderingKey][0] != d:
			q.backlog.take(d)
			behind = append(behind, d)
		case q.isDead(sub, d):
			// Nobody else gets it until it is with the dead letters.
			d.lease = now.Add(time.Minute)
			q.backlog.put(d, now)
			dead = append(dead, d)
		default:
			q.lease(d, now.Add(time.Duration(sub.AckDeadlineSeconds)*time.Second))
			*taken = append(*taken, *d)
		}
	}
	for _, d := range behind {
		q.backlog.put(d, now)
	}
	*changed = q.changed
	return dead
}

// bury sends a message to the dead letters. It is gone from here only once it is there.
func (q *queue) bury(sub pubsubapi.Subscription, d *delivery) {
	forwarded := q.forward(sub, d.message)
	q.mu.Lock()
	defer q.mu.Unlock()
	if forwarded {
		q.remove(d)
	}
	q.notify()
}

// expired drops a message that is older than the subscription's retention. The lock is held.
func (q *queue) expired(sub pubsubapi.Subscription, d *delivery, now time.Time) bool {
	retention, err := time.ParseDuration(sub.MessageRetentionDuration)
	if err != nil || now.Sub(d.Published) < retention {
		return false
	}
	q.remove(d)
	return true
}

// lease counts a delivery attempt and hides the message until the deadline. The lock is held.
func (q *queue) lease(d *delivery, until time.Time) {
	q.leases++
	q.backlog.take(d)
	d.Attempts++
	d.ackID = d.ID + "-" + strconv.FormatInt(q.leases, 10)
	d.lease = until
	q.backlog.put(d, time.Now())
	q.save(d)
}

// ack removes the message that was delivered under an id. An id that is no longer good is ignored, as at Google.
func (q *queue) ack(ackID string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if d := q.find(ackID); d != nil {
		q.remove(d)
		q.notify()
	}
}

// nack gives the message back; it is delivered again after its back-off.
func (q *queue) nack(sub pubsubapi.Subscription, ackID string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if d := q.find(ackID); d != nil {
		q.backlog.take(d)
		d.lease = time.Time{}
		d.Next = time.Now().Add(backoff(sub, d.Attempts))
		q.backlog.put(d, time.Now())
		q.save(d)
		q.notify()
	}
}

// extend moves a lease's end; 0 gives the message back.
func (q *queue) extend(sub pubsubapi.Subscription, ackID string, seconds int64) {
	if seconds == 0 {
		q.nack(sub, ackID)
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if d := q.find(ackID); d != nil {
		q.backlog.take(d)
		d.lease = time.Now().Add(time.Duration(seconds) * time.Second)
		q.backlog.put(d, time.Now())
	}
}

// held counts the messages, and their bytes, that are still leased under one of the ack ids; the others leave the set.
func (q *queue) held(ackIDs map[string]bool) (messages, bytes int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	maps.DeleteFunc(ackIDs, func(id string, _ bool) bool {
		d := q.find(id)
		if d == nil || !d.lease.After(now) {
			return true
		}
		messages, bytes = messages+1, bytes+len(d.Data)
		return false
	})
	return messages, bytes
}

func (q *queue) find(ackID string) *delivery {
	if ackID == "" {
		return nil
	}
	return q.backlog.acks[ackID]
}

func (q *queue) remove(d *delivery) {
	q.backlog.take(d)
	if d.OrderingKey != "" {
		left := slices.DeleteFunc(q.keys[d.OrderingKey], func(other *delivery) bool { return other == d })
		if q.keys[d.OrderingKey] = left; len(left) == 0 {
			delete(q.keys, d.OrderingKey)
		}
	}
	q.service.messages.Delete(q.subscription + "/messages/" + d.ID)
}

func (q *queue) save(d *delivery) {
	if err := q.service.messages.Put(q.subscription+"/messages/"+d.ID, d.message); err != nil {
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
