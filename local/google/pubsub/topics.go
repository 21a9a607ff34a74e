package pubsub

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	pubsubapi "google.golang.org/api/pubsub/v1"

	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/machinery/door"
	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/status"
	"docx2pdf/local/machinery/store"
)

func notFound(name string) error {
	return status.Errorf(status.NotFound, "Resource not found (resource=%s).", short(name))
}

func topicName(r *rest.Request) string { return r.Name("projects", "{project}", "topics", "{topic}") }

func (s *Service) createTopic(r *rest.Request) (any, error) {
	var body pubsubapi.Topic
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	name := topicName(r)
	if err := Refusals.CheckField("topics", "name", name); err != nil {
		return nil, err
	}
	if err := Refusals.Check("topics", body); err != nil {
		return nil, err
	}
	if err := topicModelled(body); err != nil {
		return nil, err
	}
	if err := s.mayUse(name, body.KmsKeyName); err != nil {
		return nil, err
	}
	return s.topics.Update(name, func(t *pubsubapi.Topic, exists bool) error {
		if exists {
			return status.Errorf(status.AlreadyExists, "Resource already exists in the project (resource=%s).", r.Var("topic"))
		}
		*t = body
		t.Name = name
		return nil
	})
}

func topicModelled(t pubsubapi.Topic) error {
	if t.SchemaSettings != nil || t.IngestionDataSourceSettings != nil || len(t.MessageTransforms) > 0 {
		return status.NotModelled("schemas, ingestion and transforms of topics")
	}
	return nil
}

func (s *Service) getTopic(r *rest.Request) (any, error) {
	t, ok := s.topics.Get(topicName(r))
	if !ok {
		return nil, notFound(topicName(r))
	}
	return t, nil
}

func (s *Service) listTopics(r *rest.Request) (any, error) {
	var answer pubsubapi.ListTopicsResponse
	for _, t := range s.topics.List(r.Name("projects", "{project}", "topics") + "/") {
		answer.Topics = append(answer.Topics, &t)
	}
	return answer, nil
}

func (s *Service) patchTopic(r *rest.Request) (any, error) {
	var body pubsubapi.UpdateTopicRequest
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	if err := Refusals.CheckField("topics.patch", "topic", body.Topic); err != nil {
		return nil, err
	}
	fields := mask(r, body.UpdateMask)
	if err := Refusals.CheckField("topics.patch", "updateMask", fields); err != nil {
		return nil, err
	}
	if err := Refusals.Check("topics", body.Topic); err != nil {
		return nil, err
	}
	if err := topicModelled(*body.Topic); err != nil {
		return nil, err
	}
	if slices.Contains(fields, "kmsKeyName") || slices.Contains(fields, "kms_key_name") {
		if err := s.mayUse(topicName(r), body.Topic.KmsKeyName); err != nil {
			return nil, err
		}
	}
	return s.topics.Update(topicName(r), func(t *pubsubapi.Topic, exists bool) error {
		if !exists {
			return notFound(topicName(r))
		}
		for _, field := range fields {
			switch field {
			case "labels":
				t.Labels = body.Topic.Labels
			case "kmsKeyName", "kms_key_name":
				t.KmsKeyName = body.Topic.KmsKeyName
			case "messageRetentionDuration", "message_retention_duration":
				t.MessageRetentionDuration = body.Topic.MessageRetentionDuration
			case "messageStoragePolicy", "message_storage_policy":
				t.MessageStoragePolicy = body.Topic.MessageStoragePolicy
			default:
				return status.NotModelled("changing %s of topics", field)
			}
		}
		return nil
	})
}

// mask is the update mask, from the query or the body.
func mask(r *rest.Request, inBody string) []string {
	value := r.URL.Query().Get("updateMask")
	if value == "" {
		value = inBody
	}
	if value == "" {
		return nil
	}
	return strings.Split(value, ",")
}

// deleteTopic leaves the topic's subscriptions behind without a topic, as Google does.
func (s *Service) deleteTopic(r *rest.Request) (any, error) {
	name := topicName(r)
	if _, ok := s.topics.Get(name); !ok {
		return nil, notFound(name)
	}
	var gone store.Batch
	s.topics.DeleteIn(&gone, name)
	for _, sub := range s.subscriptions.List("") {
		if sub.Topic == name {
			sub.Topic = "_deleted-topic_"
			s.subscriptions.PutIn(&gone, sub.Name, sub)
		}
	}
	s.Policies.DropIn(&gone, name)
	return rest.Empty{}, s.db.Write(&gone)
}

func (s *Service) listTopicSubscriptions(r *rest.Request) (any, error) {
	if _, err := s.getTopic(r); err != nil {
		return nil, err
	}
	var answer pubsubapi.ListTopicSubscriptionsResponse
	for _, sub := range s.subscriptions.List("") {
		if sub.Topic == topicName(r) {
			answer.Subscriptions = append(answer.Subscriptions, sub.Name)
		}
	}
	return answer, nil
}

// standard turns URL-safe base64, which gcloud sends, into the standard one: JSON takes both, padded or not
// (https://protobuf.dev/programming-guides/json/).
var standard = strings.NewReplacer("-", "+", "_", "/")

func (s *Service) publish(r *rest.Request) (any, error) {
	var body pubsubapi.PublishRequest
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	if err := Refusals.CheckField("topics.publish", "messages", body.Messages); err != nil {
		return nil, err
	}
	name := topicName(r)
	t, ok := s.topics.Get(name)
	if !ok {
		return nil, notFound(name)
	}
	if err := s.mayUse(name, t.KmsKeyName); err != nil {
		return nil, err
	}
	var answer pubsubapi.PublishResponse
	var published store.Batch
	attached := s.attached(name)
	for _, m := range body.Messages {
		if m.Data == "" && len(m.Attributes) == 0 {
			return nil, Refusals.Refuse("topics.publish", "messages", "empty", nil)
		}
		data, err := base64.RawStdEncoding.DecodeString(standard.Replace(strings.TrimRight(m.Data, "=")))
		if err != nil {
			return nil, Refusals.Refuse("topics.publish", "messages[].data", "base64", m.Data)
		}
		made := s.message(data, m.Attributes, m.OrderingKey)
		s.enqueueIn(&published, attached, made)
		answer.MessageIds = append(answer.MessageIds, made.ID)
	}
	return answer, s.db.Write(&published)
}

// attached are the subscriptions of a topic.
func (s *Service) attached(topic string) []pubsubapi.Subscription {
	return slices.DeleteFunc(s.subscriptions.List(""), func(sub pubsubapi.Subscription) bool { return sub.Topic != topic })
}

func (s *Service) message(data []byte, attributes map[string]string, orderingKey string) message {
	return message{ID: fmt.Sprint(s.nextID()), Data: data, Attributes: attributes, OrderingKey: orderingKey,
		Published: time.Now().UTC()}
}

// enqueueIn gives a message to all subscriptions whose filter takes it, as a part of a batch.
func (s *Service) enqueueIn(b *store.Batch, subscriptions []pubsubapi.Subscription, m message) {
	for _, sub := range subscriptions {
		matches, err := parseFilter(sub.Filter)
		if err != nil || !matches(m.Attributes) {
			continue
		}
		s.messages.PutIn(b, messageKey(sub.Name, m.ID), m)
		b.After(func() {
			if _, ok := s.subscriptions.Get(sub.Name); ok {
				s.queue(sub.Name).add(m)
			}
		})
	}
}

// MayPublish checks that the topic exists and that a service agent may publish to it.
func (s *Service) MayPublish(agent *door.Visit, topic string) error {
	agent.Words = mayNotPublish
	if err := agent.Allow("pubsub.topics.publish", policy.In(topic)); err != nil {
		return err
	}
	if _, ok := s.topics.Get(topic); !ok {
		return status.Errorf(status.PermissionDenied, "%s", mayNotPublish(agent.Caller, "", policy.In(topic)))
	}
	return nil
}

func mayNotPublish(agent policy.Principal, _ string, topic policy.Resource) string {
	return fmt.Sprintf("The service account '%s' does not have permission to publish messages to to the Cloud Pub/Sub "+
		"topic '//pubsub.googleapis.com/%s', or that topic does not exist.", agent.Email, topic.Name)
}

// PublishIn puts a message on a topic in the name of a service agent, as a part of a batch. A topic that is gone, or no
// longer lets the agent publish, loses the event, as at Google.
func (s *Service) PublishIn(b *store.Batch, agent *door.Visit, topic string, data []byte,
	attributes map[string]string) {
	if err := s.MayPublish(agent, topic); err != nil {
		s.Log.Warn("an event is lost", "why", err.Error())
		return
	}
	s.enqueueIn(b, s.attached(topic), s.message(data, attributes, ""))
}
