package pubsub

import (
	"time"

	pubsubapi "google.golang.org/api/pubsub/v1"

	"docx2pdf/local/machinery/store"
)

// dropExpired drops what nobody pulled in time.
func (q *queue) dropExpired(sub pubsubapi.Subscription) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	q.backlog.wake(now, 0)
	var gone store.Batch
	for len(q.backlog.ready.all) > 0 && expired(sub, q.backlog.ready.all[0], now) {
		d := q.backlog.ready.all[0]
		q.remove(d)
		q.service.messages.DeleteIn(&gone, messageKey(q.subscription, d.ID))
	}
	if err := q.service.db.Write(&gone); err != nil {
		q.service.Log.Error("messages that have expired are kept", "subscription", q.subscription, "error", err)
	}
}

// expired says that a message is older than the subscription's retention.
func expired(sub pubsubapi.Subscription, d *delivery, now time.Time) bool {
	retention, err := time.ParseDuration(sub.MessageRetentionDuration)
	return err == nil && now.Sub(d.Published) >= retention
}
