package pubsub

import (
	"encoding/base64"
	"time"

	pubsubapi "google.golang.org/api/pubsub/v1"

	"docx2pdf/local/machinery/rest"
)

// pullPatience is how long a pull waits for a first message.
const pullPatience = 10 * time.Second

func (s *Service) subscriptionOf(r *rest.Request) (pubsubapi.Subscription, error) {
	sub, ok := s.subscriptions.Get(subscriptionName(r))
	if !ok {
		return sub, notFound(subscriptionName(r))
	}
	return sub, nil
}

func (s *Service) pull(r *rest.Request) (any, error) {
	sub, err := s.subscriptionOf(r)
	if err != nil {
		return nil, err
	}
	var body pubsubapi.PullRequest
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	if body.MaxMessages < 1 {
		return nil, Refusals.Refuse("subscriptions.pull", "maxMessages", "few", body.MaxMessages)
	}
	if err := s.readable(sub); err != nil {
		return nil, err
	}
	q := s.queue(sub.Name)
	deadline := time.NewTimer(pullPatience)
	defer deadline.Stop()
	for {
		taken, wait, changed := q.take(sub, int(min(body.MaxMessages, 1000)))
		if len(taken) > 0 || body.ReturnImmediately {
			return received(sub, taken), nil
		}
		due := time.NewTimer(wait)
		select {
		case <-changed:
		case <-due.C:
		case <-deadline.C:
			due.Stop()
			return received(sub, nil), nil
		case <-r.Context().Done():
			due.Stop()
			return received(sub, nil), nil
		case <-s.context.Done():
			due.Stop()
			return received(sub, nil), nil
		}
		due.Stop()
	}
}

func received(sub pubsubapi.Subscription, taken []delivery) pubsubapi.PullResponse {
	var answer pubsubapi.PullResponse
	for _, d := range taken {
		m := &pubsubapi.ReceivedMessage{AckId: d.ackID, Message: &pubsubapi.PubsubMessage{Attributes: d.Attributes,
			Data:      base64.StdEncoding.EncodeToString(d.Data),
			MessageId: d.ID, OrderingKey: d.OrderingKey, PublishTime: d.Published.Format("2006-01-02T15:04:05.000Z07:00")}}
		if sub.DeadLetterPolicy != nil {
			m.DeliveryAttempt = int64(d.Attempts)
		}
		answer.ReceivedMessages = append(answer.ReceivedMessages, m)
	}
	return answer
}

func (s *Service) acknowledge(r *rest.Request) (any, error) {
	sub, err := s.subscriptionOf(r)
	if err != nil {
		return nil, err
	}
	var body pubsubapi.AcknowledgeRequest
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	if err := Refusals.CheckField("subscriptions.acknowledge", "ackIds", body.AckIds); err != nil {
		return nil, err
	}
	return rest.Empty{}, s.queue(sub.Name).ack(sub, body.AckIds...)
}

func (s *Service) modifyAckDeadline(r *rest.Request) (any, error) {
	sub, err := s.subscriptionOf(r)
	if err != nil {
		return nil, err
	}
	var body pubsubapi.ModifyAckDeadlineRequest
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	if err := Refusals.Check("subscriptions.modifyAckDeadline", body); err != nil {
		return nil, err
	}
	return rest.Empty{}, s.queue(sub.Name).extend(sub, body.AckDeadlineSeconds, body.AckIds...)
}
