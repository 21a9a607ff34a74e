package pubsub

import (
	"time"

	pubsubapi "google.golang.org/api/pubsub/v1"

	"docx2pdf/local/machinery/status"
)

// Messages of a topic with a customer's key are published and delivered only while Pub/Sub's agent may use the key.
// Those that are there wait meanwhile, and their delivery attempts do not count
// (https://cloud.google.com/pubsub/docs/encryption). What Cloud Storage publishes waits too: it tries again for days.

// keyPause is how often a key is asked for that cannot be used.
const keyPause = time.Second

// mayUse asks, for the service agent, for the use of a topic's key.
func (s *Service) mayUse(topic, key string) error {
	if key == "" {
		return nil
	}
	if err := Refusals.CheckField("topics", "kmsKeyName", key); err != nil {
		return err
	}
	agent := s.agent(projectOf(topic))
	_, err := s.Keys.Encrypt(s.Door.Errand("pubsub.topics (key)", agent), key)
	switch {
	case status.Is(err, status.PermissionDenied):
		return Refusals.Refuse("topics", "kmsKeyName", "permission", key, "agent", agent.Email)
	case status.Is(err, status.FailedPrecondition):
		return Refusals.Refuse("topics", "kmsKeyName", "enabled", key, "why", err.Error())
	}
	return err
}

// readable says whether the messages of a subscription can be read, which takes its topic's key. Those of a topic that
// was deleted can.
func (s *Service) readable(sub pubsubapi.Subscription) error {
	t, _ := s.topics.Get(sub.Topic)
	return s.mayUse(sub.Topic, t.KmsKeyName)
}
