package storage

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	storageapi "google.golang.org/api/storage/v1"

	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/machinery/door"
	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/status"
	"docx2pdf/local/machinery/store"
)

// Publisher puts messages on Pub/Sub topics in the name of a service agent that needs the right to publish there, as a
// part of the change that they tell of.
type Publisher interface {
	MayPublish(agent *door.Visit, topic string) error
	PublishIn(b *store.Batch, agent *door.Visit, topic string, data []byte, attributes map[string]string)
}

// notification is stored by its bucket and its id.
type notification = storageapi.Notification

const (
	topicPrefix      = "//pubsub.googleapis.com/"
	maxNotifications = 100
	maxOverlapping   = 10 // notifications of one bucket that one event meets
)

var eventTypes = []string{"OBJECT_FINALIZE", "OBJECT_METADATA_UPDATE", "OBJECT_DELETE", "OBJECT_ARCHIVE"}

// overlapping is how many of a bucket's notifications would meet the event that most of them meet, with one more.
func overlapping(present []notification, one notification) int {
	most := 0
	for _, event := range eventTypes {
		n := 0
		for _, have := range append(present, one) {
			if len(have.EventTypes) == 0 || slices.Contains(have.EventTypes, event) {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

// createNotification needs the storage agent's right to publish to the topic, as at Google
// (https://cloud.google.com/storage/docs/reporting-changes).
func (s *Service) createNotification(r *rest.Request) (any, error) {
	var body storageapi.Notification
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	b, err := s.bucketOf(r)
	if err != nil {
		return nil, err
	}
	if err := Refusals.Check("notifications", body); err != nil {
		return nil, err
	}
	topic := strings.TrimPrefix(body.Topic, topicPrefix)
	// Cloud Storage leaves out the event types that it does not know.
	body.EventTypes = slices.DeleteFunc(body.EventTypes, func(event string) bool {
		return !slices.Contains(eventTypes, event)
	})
	if err := s.publish.MayPublish(s.errand(b), topic); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.notices.Keys(b.Name+"/")) >= maxNotifications {
		return nil, status.Errorf(status.ResourceExhausted, "A bucket can have at most %d notification configurations.",
			maxNotifications)
	}
	if overlapping(s.notices.List(b.Name+"/"), body) > maxOverlapping {
		return nil, Refusals.Refuse("notifications", "event_types", "overlapping", body.EventTypes)
	}
	id := 1
	for _, n := range s.notices.List(b.Name + "/") {
		have, _ := strconv.Atoi(n.Id)
		id = max(id, have+1)
	}
	n := body
	n.Kind, n.Id, n.Topic = "storage#notification", strconv.Itoa(id), topicPrefix+topic
	n.Etag, n.SelfLink = n.Id, "https://www.googleapis.com/storage/v1/b/"+b.Name+"/notificationConfigs/"+n.Id
	var made store.Batch
	s.notices.PutIn(&made, b.Name+"/"+n.Id, n)
	s.touchIn(&made, b.Name)
	return n, s.db.Write(&made)
}

func (s *Service) getNotification(r *rest.Request) (any, error) {
	n, ok := s.notices.Get(r.Var("bucket") + "/" + r.Var("notification"))
	if !ok {
		return nil, status.Errorf(status.NotFound, "The specified notification configuration does not exist.")
	}
	return n, nil
}

func (s *Service) listNotifications(r *rest.Request) (any, error) {
	answer := storageapi.Notifications{Kind: "storage#notifications"}
	for _, n := range s.notices.List(r.Var("bucket") + "/") {
		answer.Items = append(answer.Items, &n)
	}
	return answer, nil
}

func (s *Service) deleteNotification(r *rest.Request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := r.Var("bucket") + "/" + r.Var("notification")
	if _, ok := s.notices.Get(key); !ok {
		return nil, status.Errorf(status.NotFound, "The specified notification configuration does not exist.")
	}
	var gone store.Batch
	s.notices.DeleteIn(&gone, key)
	s.touchIn(&gone, r.Var("bucket"))
	return rest.NoContent{}, s.db.Write(&gone)
}

// touchIn counts a change of the bucket that is not in its own fields.
func (s *Service) touchIn(change *store.Batch, bucketName string) {
	s.buckets.UpdateIn(change, bucketName, func(b *bucket, exists bool) error {
		if !exists {
			return noBucket()
		}
		b.Metageneration++
		b.Etag = etag(b.Metageneration)
		return nil
	})
}

// notifyIn publishes an event to the topics of the bucket's matching notifications, as a part of a batch.
func (s *Service) notifyIn(change *store.Batch, b bucket, o storageapi.Object, event string,
	extra map[string]string) {
	for _, n := range s.notices.List(b.Name + "/") {
		if !strings.HasPrefix(o.Name, n.ObjectNamePrefix) ||
			(len(n.EventTypes) > 0 && !slices.Contains(n.EventTypes, event)) {
			continue
		}
		attributes := map[string]string{
			"bucketId": b.Name, "objectId": o.Name, "objectGeneration": fmt.Sprint(o.Generation), "eventType": event,
			"payloadFormat": n.PayloadFormat, "eventTime": time.Now().UTC().Format("2006-01-02T15:04:05.000000Z"),
			"notificationConfig": "projects/_/buckets/" + b.Name + "/notificationConfigs/" + n.Id,
		}
		for key, value := range extra {
			attributes[key] = value
		}
		for key, value := range n.CustomAttributes {
			attributes[key] = value
		}
		var data []byte
		if n.PayloadFormat == "JSON_API_V1" {
			data, _ = json.MarshalIndent(presentObject(&rest.Request{Request: &http.Request{Host: "www.googleapis.com"}},
				o), "", "  ")
		}
		s.publish.PublishIn(change, s.errand(b), strings.TrimPrefix(n.Topic, topicPrefix), data, attributes)
	}
}

// errand is what the service agent does for the notifications of a bucket.
func (s *Service) errand(b bucket) *door.Visit {
	return s.door.Errand("storage.notifications (event)", s.agent(b.Project))
}

func (s *Service) agent(projectID string) policy.Principal {
	return policy.Principal{Email: s.agentEmail(projectID)}
}
