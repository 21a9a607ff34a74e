package pubsub

import (
	"container/heap"
	"time"
)

// backlog keeps a queue's messages so that what is due is found at the same cost however many there are: those that may
// be delivered by the order in which they were published, the others by when they may be.
type backlog struct {
	messages map[string]*delivery // by id
	acks     map[string]*delivery // by the ack id of the last delivery
	ready    ordered
	waiting  ordered
}

func newBacklog() backlog {
	return backlog{
		messages: map[string]*delivery{}, acks: map[string]*delivery{},
		ready: ordered{before: func(a, b *delivery) bool {
			if order := a.Published.Compare(b.Published); order != 0 {
				return order < 0
			}
			return a.ID < b.ID
		}},
		waiting: ordered{before: func(a, b *delivery) bool { return a.due().Before(b.due()) }},
	}
}

// due is when a message may be delivered.
func (d *delivery) due() time.Time { return latest(d.Next, d.lease) }

// put files a message, new or changed, where it now belongs.
func (b *backlog) put(d *delivery, now time.Time) {
	b.take(d)
	b.messages[d.ID] = d
	if d.ackID != "" {
		b.acks[d.ackID] = d
	}
	if d.due().After(now) {
		heap.Push(&b.waiting, d)
	} else {
		heap.Push(&b.ready, d)
	}
}

// hold keeps a message that is not due for what is before it.
func (b *backlog) hold(d *delivery) { b.messages[d.ID] = d }

// take removes a message.
func (b *backlog) take(d *delivery) {
	delete(b.messages, d.ID)
	delete(b.acks, d.ackID)
	if d.in != nil {
		heap.Remove(d.in, d.at)
	}
}

// wake moves the messages whose time has come to those that may be delivered. It returns how long it is to the next.
func (b *backlog) wake(now time.Time, longest time.Duration) time.Duration {
	for len(b.waiting.all) > 0 {
		first := b.waiting.all[0]
		if first.due().After(now) {
			return min(longest, first.due().Sub(now))
		}
		b.put(first, now)
	}
	return longest
}

// ordered is a heap of messages. https://pkg.go.dev/container/heap
type ordered struct {
	all    []*delivery
	before func(a, b *delivery) bool
}

func (o *ordered) Len() int           { return len(o.all) }
func (o *ordered) Less(i, j int) bool { return o.before(o.all[i], o.all[j]) }

func (o *ordered) Swap(i, j int) {
	o.all[i], o.all[j] = o.all[j], o.all[i]
	o.all[i].at, o.all[j].at = i, j
}

func (o *ordered) Push(d any) {
	pushed := d.(*delivery)
	pushed.in, pushed.at = o, len(o.all)
	o.all = append(o.all, pushed)
}

func (o *ordered) Pop() any {
	last := len(o.all) - 1
	popped := o.all[last]
	o.all[last] = nil
	o.all = o.all[:last]
	popped.in = nil
	return popped
}
