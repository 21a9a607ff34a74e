package pubsub

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	pubsubapi "google.golang.org/api/pubsub/v1"

	"docx2pdf/local/policy"
	"docx2pdf/local/rest"
	"docx2pdf/local/status"
)

func subscriptionName(r *rest.Request) string {
	return r.Name("projects", "{project}", "subscriptions", "{subscription}")
}

func (s *Service) createSubscription(r *rest.Request) (any, error) {
	var body pubsubapi.Subscription
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	if err := checkID(r.Var("subscription")); err != nil {
		return nil, err
	}
	name := subscriptionName(r)
	fillSubscription(&body)
	if err := s.check(r, body); err != nil {
		return nil, err
	}
	if _, ok := s.topics.Get(body.Topic); !ok {
		return nil, notFound(body.Topic)
	}
	if !s.Policies.Check(r.Caller, "pubsub.topics.attachSubscription", policy.In(body.Topic)).Allowed {
		return nil, status.Errorf(status.PermissionDenied, "User not authorized to perform this action.")
	}
	if _, err := s.Accounts.Agent(r.Var("project"), "pubsub.googleapis.com", s.AgentEmail(r.Var("project"))); err != nil {
		return nil, err
	}
	stored, err := s.subscriptions.Update(name, func(sub *pubsubapi.Subscription, exists bool) error {
		if exists {
			return status.Errorf(status.AlreadyExists, "Resource already exists in the project (resource=%s).", r.Var("subscription"))
		}
		*sub = body
		sub.Name, sub.State = name, "ACTIVE"
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.queue(name)
	return versioned(stored), nil
}

// fillSubscription sets what Google sets where a subscription says nothing.
func fillSubscription(sub *pubsubapi.Subscription) {
	if sub.AckDeadlineSeconds == 0 {
		sub.AckDeadlineSeconds = 10
	}
	if sub.MessageRetentionDuration == "" {
		sub.MessageRetentionDuration = "604800s"
	}
	if sub.ExpirationPolicy == nil {
		sub.ExpirationPolicy = &pubsubapi.ExpirationPolicy{Ttl: "2678400s"}
	}
	if sub.PushConfig == nil {
		sub.PushConfig = &pubsubapi.PushConfig{}
	}
	if sub.DeadLetterPolicy != nil && sub.DeadLetterPolicy.MaxDeliveryAttempts == 0 {
		sub.DeadLetterPolicy.MaxDeliveryAttempts = 5
	}
	if sub.RetryPolicy != nil {
		if sub.RetryPolicy.MinimumBackoff == "" {
			sub.RetryPolicy.MinimumBackoff = "10s"
		}
		if sub.RetryPolicy.MaximumBackoff == "" {
			sub.RetryPolicy.MaximumBackoff = "600s"
		}
	}
	if sub.BigqueryConfig != nil && sub.BigqueryConfig.Table == "" {
		sub.BigqueryConfig = nil
	}
	if sub.CloudStorageConfig != nil && sub.CloudStorageConfig.Bucket == "" {
		sub.CloudStorageConfig = nil
	}
}

// check refuses what Pub/Sub refuses, and loudly what the local cloud does not do.
func (s *Service) check(r *rest.Request, sub pubsubapi.Subscription) error {
	if sub.BigqueryConfig != nil || sub.CloudStorageConfig != nil || sub.BigtableConfig != nil || sub.EnableExactlyOnceDelivery || len(sub.MessageTransforms) > 0 {
		return status.NotModelled("export subscriptions, exactly-once delivery and transforms")
	}
	if sub.AckDeadlineSeconds < 10 || sub.AckDeadlineSeconds > 600 {
		return invalid("Invalid ack deadline given (ack_deadline_seconds=%d). It must be between 10 and 600.", sub.AckDeadlineSeconds)
	}
	if _, err := parseFilter(sub.Filter); err != nil {
		return err
	}
	if p := sub.DeadLetterPolicy; p != nil {
		if p.MaxDeliveryAttempts < 5 || p.MaxDeliveryAttempts > 100 {
			return invalid("Invalid dead letter policy: max_delivery_attempts must be between 5 and 100, not %d.", p.MaxDeliveryAttempts)
		}
		if _, ok := s.topics.Get(p.DeadLetterTopic); !ok {
			return notFound(p.DeadLetterTopic)
		}
	}
	if p := sub.RetryPolicy; p != nil {
		for _, backoff := range []string{p.MinimumBackoff, p.MaximumBackoff} {
			if d, err := time.ParseDuration(backoff); err != nil || d < 0 || d > 600*time.Second {
				return invalid("Invalid retry policy: back-off %s must be between 0s and 600s.", backoff)
			}
		}
	}
	return s.checkPush(r, sub.PushConfig)
}

// checkPush checks the endpoint, and that the caller may act as the account whose tokens the pushes carry.
func (s *Service) checkPush(r *rest.Request, push *pubsubapi.PushConfig) error {
	if push == nil || push.PushEndpoint == "" {
		return nil
	}
	endpoint, err := url.Parse(push.PushEndpoint)
	if err != nil || endpoint.Host == "" || (endpoint.Scheme != "https" && !(endpoint.Scheme == "http" && loopback(endpoint))) {
		return invalid("Invalid push endpoint given (endpoint=%s). Refer to https://cloud.google.com/pubsub/docs/push for more information.", push.PushEndpoint)
	}
	if push.OidcToken == nil {
		return nil
	}
	email := push.OidcToken.ServiceAccountEmail
	on := policy.In("projects/" + r.Var("project") + "/serviceAccounts/" + email)
	if !s.Accounts.Exists(email) {
		return status.Errorf(status.NotFound, "Service account %s does not exist.", email)
	}
	if !s.Policies.Check(r.Caller, "iam.serviceAccounts.actAs", on).Allowed {
		return status.Errorf(status.PermissionDenied, "The principal (user or service account) lacks IAM permission \"iam.serviceAccounts.actAs\" for the resource %q (or the resource may not exist).", email)
	}
	return nil
}

// loopback allows plain http for services of this machine only.
func loopback(u *url.URL) bool { return u.Hostname() == "127.0.0.1" || u.Hostname() == "localhost" }

func invalid(format string, args ...any) error {
	return status.Errorf(status.InvalidArgument, "%s", fmt.Sprintf(format, args...))
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
	if body.Subscription == nil {
		return nil, invalid("Invalid update request: no subscription given.")
	}
	fields := mask(r, body.UpdateMask)
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

func setField(sub, from *pubsubapi.Subscription, field string) error {
	switch strings.ReplaceAll(strings.ToLower(field), "_", "") {
	case "ackdeadlineseconds":
		sub.AckDeadlineSeconds = from.AckDeadlineSeconds
	case "messageretentionduration":
		sub.MessageRetentionDuration = from.MessageRetentionDuration
	case "retainackedmessages":
		sub.RetainAckedMessages = from.RetainAckedMessages
	case "pushconfig":
		sub.PushConfig = from.PushConfig
	case "deadletterpolicy":
		sub.DeadLetterPolicy = from.DeadLetterPolicy
	case "retrypolicy":
		sub.RetryPolicy = from.RetryPolicy
	case "expirationpolicy":
		sub.ExpirationPolicy = from.ExpirationPolicy
	case "labels":
		sub.Labels = from.Labels
	case "enableexactlyoncedelivery":
		sub.EnableExactlyOnceDelivery = from.EnableExactlyOnceDelivery
	default:
		return status.NotModelled("changing %s of subscriptions", field)
	}
	return nil
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
	found, err := s.subscriptions.Delete(name)
	if err == nil && !found {
		err = notFound(name)
	}
	if err != nil {
		return nil, err
	}
	s.forget(name)
	return rest.Empty{}, s.Policies.Drop(name)
}
