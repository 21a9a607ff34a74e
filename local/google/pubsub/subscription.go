package pubsub

import (
	"strings"

	pubsubapi "google.golang.org/api/pubsub/v1"

	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/status"
)

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
	if sub.BigqueryConfig != nil || sub.CloudStorageConfig != nil || sub.BigtableConfig != nil ||
		len(sub.MessageTransforms) > 0 {
		return status.NotModelled("export subscriptions and transforms")
	}
	if err := checkExactlyOnce(sub); err != nil {
		return err
	}
	if err := Refusals.Check("subscriptions", sub); err != nil {
		return err
	}
	if _, err := parseFilter(sub.Filter); err != nil {
		return err
	}
	if p := sub.DeadLetterPolicy; p != nil {
		if _, ok := s.topics.Get(p.DeadLetterTopic); !ok {
			return notFound(p.DeadLetterTopic)
		}
	}
	return s.checkPush(r, sub.PushConfig)
}

// checkPush checks that the caller may act as the account whose tokens the pushes carry.
func (s *Service) checkPush(r *rest.Request, push *pubsubapi.PushConfig) error {
	if push == nil || push.PushEndpoint == "" || push.OidcToken == nil {
		return nil
	}
	email := push.OidcToken.ServiceAccountEmail
	if !s.Accounts.Exists(email) {
		return status.Errorf(status.NotFound, "Service account %s does not exist.", email)
	}
	return r.Allow("iam.serviceAccounts.actAs", s.Accounts.Resource(email, r.Var("project")))
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
