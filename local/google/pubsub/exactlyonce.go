package pubsub

import (
	"time"

	pubsubapi "google.golang.org/api/pubsub/v1"

	"docx2pdf/local/machinery/status"
)

// good finds the messages that were last delivered under ids. With exactly-once delivery an id is good until its
// deadline only, and the error names those that are not; what the others ask for is done all the same
// (https://cloud.google.com/pubsub/docs/exactly-once-delivery). The lock is held.
func (q *queue) good(sub pubsubapi.Subscription, ackIDs []string) (found []*delivery, failed error) {
	invalid := map[string]string{}
	now := time.Now()
	for _, id := range ackIDs {
		d := q.backlog.acks[id]
		if sub.EnableExactlyOnceDelivery && (d == nil || !d.lease.After(now)) {
			invalid[id] = "PERMANENT_FAILURE_INVALID_ACK_ID"
		} else if d != nil {
			found = append(found, d)
		}
	}
	if len(invalid) == 0 {
		return found, nil
	}
	return found, invalidAckIDs(invalid)
}

// invalidAckIDs is as users report it, for example https://github.com/googleapis/nodejs-pubsub/issues/1951, with the
// details that Google's clients read.
func invalidAckIDs(failures map[string]string) error {
	e := status.Errorf(status.InvalidArgument, "Some acknowledgement ids in the request were invalid. This could be "+
		"because the acknowledgement ids have expired or the acknowledgement ids were malformed.")
	e.Details = []any{map[string]any{"@type": "type.googleapis.com/google.rpc.ErrorInfo",
		"reason": "EXACTLY_ONCE_ACKID_FAILURE", "domain": "pubsub.googleapis.com", "metadata": failures}}
	return e
}

// checkExactlyOnce refuses what only pull subscriptions have. Nobody recorded the text.
func checkExactlyOnce(sub pubsubapi.Subscription) error {
	if sub.EnableExactlyOnceDelivery && sub.PushConfig != nil && sub.PushConfig.PushEndpoint != "" {
		return status.Errorf(status.InvalidArgument, "Exactly-once delivery is supported for pull subscriptions only.")
	}
	return nil
}
