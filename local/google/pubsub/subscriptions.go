package pubsub

import (
	pubsubapi "google.golang.org/api/pubsub/v1"

	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/status"
	"docx2pdf/local/machinery/store"
)

func subscriptionName(r *rest.Request) string {
	return r.Name("projects", "{project}", "subscriptions", "{subscription}")
}

func (s *Service) createSubscription(r *rest.Request) (any, error) {
	var body pubsubapi.Subscription
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	name := subscriptionName(r)
	if err := Refusals.CheckField("subscriptions", "name", name); err != nil {
		return nil, err
	}
	fillSubscription(&body)
	if err := s.check(r, body); err != nil {
		return nil, err
	}
	if _, ok := s.topics.Get(body.Topic); !ok {
		return nil, notFound(body.Topic)
	}
	if _, err := s.Accounts.Agent(r.Var("project"), "pubsub.googleapis.com", s.AgentEmail(r.Var("project"))); err != nil {
		return nil, err
	}
	var made store.Batch
	s.dropMessagesIn(&made, name) // that were on their way to a former subscription of the name when it was deleted
	stored := s.subscriptions.UpdateIn(&made, name, func(sub *pubsubapi.Subscription, exists bool) error {
		if exists {
			return status.Errorf(status.AlreadyExists, "Resource already exists in the project (resource=%s).",
				r.Var("subscription"))
		}
		*sub = body
		sub.Name, sub.State = name, "ACTIVE"
		return nil
	})
	if err := s.db.Write(&made); err != nil {
		return nil, err
	}
	s.queue(name)
	return versioned(*stored), nil
}

// versioned is the answer to a write, which tells the version of the push format where a read does not.
func versioned(sub pubsubapi.Subscription) pubsubapi.Subscription {
	if sub.PushConfig != nil && sub.PushConfig.PushEndpoint != "" {
		attributes := map[string]string{"x-goog-version": "v1"}
		for k, v := range sub.PushConfig.Attributes {
			attributes[k] = v
		}
		sub.PushConfig.Attributes = attributes
	}
	return sub
}

// shown is the answer to a read, in which attributes of the push are left out.
func shown(sub pubsubapi.Subscription) pubsubapi.Subscription {
	if sub.PushConfig != nil {
		sub.PushConfig.Attributes = nil
	}
	return sub
}

func (s *Service) getSubscription(r *rest.Request) (any, error) {
	sub, ok := s.subscriptions.Get(subscriptionName(r))
	if !ok {
		return nil, notFound(subscriptionName(r))
	}
	return shown(sub), nil
}

func (s *Service) listSubscriptions(r *rest.Request) (any, error) {
	var answer pubsubapi.ListSubscriptionsResponse
	for _, sub := range s.subscriptions.List(r.Name("projects", "{project}", "subscriptions") + "/") {
		sub = shown(sub)
		answer.Subscriptions = append(answer.Subscriptions, &sub)
	}
	return answer, nil
}

func (s *Service) patchSubscription(r *rest.Request) (any, error) {
	var body pubsubapi.UpdateSubscriptionRequest
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	if err := Refusals.CheckField("subscriptions.patch", "subscription", body.Subscription); err != nil {
		return nil, err
	}
	fields := mask(r, body.UpdateMask)
	if err := Refusals.CheckField("subscriptions.patch", "updateMask", fields); err != nil {
		return nil, err
	}
	return s.changeSubscription(r, func(sub *pubsubapi.Subscription) error {
		for _, field := range fields {
			if err := setField(sub, body.Subscription, field); err != nil {
				return err
			}
		}
		fillSubscription(sub)
		return s.check(r, *sub)
	})
}

func (s *Service) modifyPushConfig(r *rest.Request) (any, error) {
	var body pubsubapi.ModifyPushConfigRequest
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	_, err := s.changeSubscription(r, func(sub *pubsubapi.Subscription) error {
		sub.PushConfig = body.PushConfig
		fillSubscription(sub)
		return s.check(r, *sub)
	})
	return rest.Empty{}, err
}

func (s *Service) changeSubscription(r *rest.Request, change func(*pubsubapi.Subscription) error) (any, error) {
	name := subscriptionName(r)
	updated, err := s.subscriptions.Update(name, func(sub *pubsubapi.Subscription, exists bool) error {
		if !exists {
			return notFound(name)
		}
		return change(sub)
	})
	if err != nil {
		return nil, err
	}
	s.queue(name).wake()
	return versioned(updated), nil
}

func (s *Service) deleteSubscription(r *rest.Request) (any, error) {
	name := subscriptionName(r)
	if _, ok := s.subscriptions.Get(name); !ok {
		return nil, notFound(name)
	}
	var gone store.Batch
	s.subscriptions.DeleteIn(&gone, name)
	s.dropMessagesIn(&gone, name)
	s.Policies.DropIn(&gone, name)
	gone.After(func() { s.forget(name) })
	return rest.Empty{}, s.db.Write(&gone)
}
