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
}

// queue holds the messages of one subscription.
type queue struct {
	service      *Service
	subscription string
	cancel       context.CancelFunc

	mu       sync.Mutex
	messages map[string]*delivery
	leases   int64
	changed  chan struct{} // closed and replaced at every change
}

func (q *queue) add(m message) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.messages[m.ID] = &delivery{message: m}
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
func (q *queue) take(sub pubsubapi.Subscription, n int) (taken []delivery, wait time.Duration, changed <-chan struct{}) {
	dead := q.lookThrough(sub, n, &taken, &wait, &changed)
	for _, d := range dead { // outside the lock: the dead letters may come back to this very queue
		q.forward(sub, d)
	}
	return taken, wait, changed
}

func (q *queue) lookThrough(sub pubsubapi.Subscription, n int, taken *[]delivery, wait *time.Duration, changed *<-chan struct{}) (dead []delivery) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	*wait = time.Minute
	blocked := map[string]bool{}
	for _, d := range q.inOrder() {
		if q.expired(sub, d, now) || (sub.EnableMessageOrdering && blocked[d.OrderingKey]) {
			continue
		}
		if d.OrderingKey != "" {
			blocked[d.OrderingKey] = true
		}
		if due := latest(d.Next, d.lease); due.After(now) {
			*wait = min(*wait, due.Sub(now))
			continue
		}
		if q.isDead(sub, d) {
			q.remove(d)
			dead = append(dead, *d)
			continue
		}
		if len(*taken) == n {
			break
		}
		q.lease(d, now.Add(time.Duration(sub.AckDeadlineSeconds)*time.Second))
		*taken = append(*taken, *d)
	}
	*changed = q.changed
	return dead
}

func (q *queue) inOrder() []*delivery {
	all := make([]*delivery, 0, len(q.messages))
	for _, d := range q.messages {
		all = append(all, d)
	}
	slices.SortFunc(all, func(a, b *delivery) int { return a.Published.Compare(b.Published) })
	return all
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
	d.Attempts++
	d.ackID = d.ID + "-" + strconv.FormatInt(q.leases, 10)
	d.lease = until
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
		d.lease = time.Time{}
		d.Next = time.Now().Add(backoff(sub, d.Attempts))
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
		d.lease = time.Now().Add(time.Duration(seconds) * time.Second)
	}
}

// held counts the messages, and their bytes, that are still leased under one of the ack ids; the others leave the set.
func (q *queue) held(ackIDs map[string]bool) (messages, bytes int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	leased := map[string]bool{}
	for _, d := range q.messages {
		if ackIDs[d.ackID] && d.lease.After(time.Now()) {
			leased[d.ackID] = true
			bytes += len(d.Data)
		}
	}
	maps.DeleteFunc(ackIDs, func(id string, _ bool) bool { return !leased[id] })
	return len(leased), bytes
}

func (q *queue) find(ackID string) *delivery {
	for _, d := range q.messages {
		if d.ackID == ackID && ackID != "" {
			return d
		}
	}
	return nil
}

func (q *queue) remove(d *delivery) {
	delete(q.messages, d.ID)
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
