package pubsub

import (
	"fmt"
	"maps"

	pubsubapi "google.golang.org/api/pubsub/v1"

	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/machinery/store"
)

// isDead says whether a message has used up its attempts and can be forwarded. Pub/Sub's service agent needs to publish
// to the dead-letter topic and to acknowledge on the subscription; without both grants the message keeps being
// delivered (https://cloud.google.com/pubsub/docs/handling-failures#grant_forwarding_permissions).
func (q *queue) isDead(sub pubsubapi.Subscription, d *delivery) bool {
	p := sub.DeadLetterPolicy
	if p == nil || int64(d.Attempts) < p.MaxDeliveryAttempts {
		return false
	}
	s, agent := q.service, q.service.agent(projectOf(sub.Name))
	const call = "pubsub.subscriptions (dead letter)"
	err := s.MayPublish(s.Door.Errand(call, agent), p.DeadLetterTopic)
	if err == nil {
		errand := s.Door.Errand(call, agent)
		errand.Words = func(agent policy.Principal, permission string, on policy.Resource) string {
			return fmt.Sprintf("%s lacks %s on %s", agent.Email, permission, on.Name)
		}
		err = errand.Allow("pubsub.subscriptions.consume", policy.In(sub.Name))
	}
	if err != nil {
		s.Log.Warn("a message cannot go to the dead letters", "subscription", sub.Name, "message", d.ID, "why", err)
	}
	return err == nil
}

// forwardIn publishes a message to the dead-letter topic, with attributes that tell where it comes from, as a part of a
// batch.
func (q *queue) forwardIn(b *store.Batch, sub pubsubapi.Subscription, d message) {
	attributes := maps.Clone(d.Attributes)
	if attributes == nil {
		attributes = map[string]string{}
	}
	attributes["CloudPubSubDeadLetterSourceDeliveryCount"] = fmt.Sprint(d.Attempts)
	attributes["CloudPubSubDeadLetterSourceSubscription"] = short(sub.Name)
	attributes["CloudPubSubDeadLetterSourceSubscriptionProject"] = projectOf(sub.Name)
	attributes["CloudPubSubDeadLetterSourceTopicPublishTime"] = d.Published.Format("2006-01-02T15:04:05.000+00:00")
	s := q.service
	s.enqueueIn(b, s.attached(sub.DeadLetterPolicy.DeadLetterTopic), s.message(d.Data, attributes, d.OrderingKey))
}

// bury sends a message to the dead letters: it is there and no longer here, or nothing has changed.
func (q *queue) bury(sub pubsubapi.Subscription, d *delivery) {
	var moved store.Batch
	q.forwardIn(&moved, sub, d.message)
	q.service.messages.DeleteIn(&moved, messageKey(q.subscription, d.ID))
	err := q.service.db.Write(&moved)
	q.mu.Lock()
	defer q.mu.Unlock()
	if err == nil {
		q.remove(d)
	} else {
		q.service.Log.Error("a message is not with the dead letters yet", "subscription", sub.Name, "message", d.ID,
			"error", err)
	}
	q.notify()
}
