package pubsub

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	pubsubapi "google.golang.org/api/pubsub/v1"

	"docx2pdf/local/google/iam/policy"
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
		sub.EnableExactlyOnceDelivery || len(sub.MessageTransforms) > 0 {
		return status.NotModelled("export subscriptions, exactly-once delivery and transforms")
	}
	if sub.AckDeadlineSeconds < 10 || sub.AckDeadlineSeconds > 600 {
		return invalid("Invalid ack deadline given (ack_deadline_seconds=%d). It must be between 10 and 600.",
			sub.AckDeadlineSeconds)
	}
	if _, err := parseFilter(sub.Filter); err != nil {
		return err
	}
	if p := sub.DeadLetterPolicy; p != nil {
		if p.MaxDeliveryAttempts < 5 || p.MaxDeliveryAttempts > 100 {
			return invalid("Invalid dead letter policy: max_delivery_attempts must be between 5 and 100, not %d.",
				p.MaxDeliveryAttempts)
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
	if err != nil || endpoint.Host == "" || (endpoint.Scheme != "https" &&
		!(endpoint.Scheme == "http" && loopback(endpoint))) {
		return invalid("Invalid push endpoint given (endpoint=%s). Refer to https://cloud.google.com/pubsub/docs/push for "+
			"more information.", push.PushEndpoint)
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
		return status.Errorf(status.PermissionDenied,
			"The principal (user or service account) lacks IAM permission \"iam.serviceAccounts.actAs\" for the resource %q "+
				"(or the resource may not exist).", email)
	}
	return nil
}

// loopback allows plain http for services of this machine only.
func loopback(u *url.URL) bool { return u.Hostname() == "127.0.0.1" || u.Hostname() == "localhost" }

func invalid(format string, args ...any) error {
	return status.Errorf(status.InvalidArgument, "%s", fmt.Sprintf(format, args...))
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
