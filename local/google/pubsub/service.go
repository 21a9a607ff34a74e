// Package pubsub is Pub/Sub: topics, pull and push subscriptions with signed ID tokens, retries and dead letters
// (https://cloud.google.com/pubsub/docs/reference/rest).
package pubsub

import (
	"context"
	_ "embed"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	pubsubapi "google.golang.org/api/pubsub/v1"

	"docx2pdf/local/google/iam"
	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/google/iam/token"
	"docx2pdf/local/google/kms"
	"docx2pdf/local/google/project"
	"docx2pdf/local/machinery/door"
	"docx2pdf/local/machinery/refusal"
	"docx2pdf/local/machinery/store"
)

//go:embed refusals.tsv
var refusals string

// Refusals are what Pub/Sub refuses.
var Refusals = refusal.MustRead(refusals)

// Services are the parts of the local cloud that Pub/Sub uses.
type Services struct {
	Policies *policy.Engine
	Door     *door.Door
	Tokens   *token.Authority
	Accounts *iam.Service
	Projects *project.Service
	Keys     *kms.Service
	Log      *slog.Logger
	// Internal marks a push as coming from inside the local cloud.
	Internal func(http.Header)
	// Duplicate says whether to deliver a message once more than needed; nil for never.
	Duplicate func() bool
}

// Service keeps topics, subscriptions and the messages that are not acknowledged yet.
type Service struct {
	Services
	db            *store.DB
	topics        *store.Collection[pubsubapi.Topic]        // by name
	subscriptions *store.Collection[pubsubapi.Subscription] // by name
	messages      *store.Collection[message]                // by subscription/id

	context context.Context
	cancel  context.CancelFunc
	work    sync.WaitGroup

	mu     sync.Mutex
	queues map[string]*queue
	lastID int64
}

// Open uses the topics and subscriptions in the store. Start goes on delivering.
func Open(db *store.DB, services Services) *Service {
	s := &Service{Services: services, db: db, queues: map[string]*queue{}}
	s.topics = store.In[pubsubapi.Topic](db, "pubsub/topics")
	s.subscriptions = store.In[pubsubapi.Subscription](db, "pubsub/subscriptions")
	s.messages = store.In[message](db, "pubsub/messages")
	s.context, s.cancel = context.WithCancel(context.Background())
	return s
}

// Start begins to deliver what was left over.
func (s *Service) Start() {
	for _, sub := range s.subscriptions.List("") {
		s.queue(sub.Name)
	}
}

// Close stops deliveries; what was not acknowledged stays for the next start.
func (s *Service) Close() {
	s.cancel()
	s.work.Wait()
}

// Topics returns the names of all topics, in order.
func (s *Service) Topics() []string { return s.topics.Keys("") }

// Subscriptions returns all subscriptions.
func (s *Service) Subscriptions() []pubsubapi.Subscription { return s.subscriptions.List("") }

// Backlog is how many messages of a subscription are not acknowledged.
func (s *Service) Backlog(subscription string) int { return s.queue(subscription).length() }

// AgentEmail is Pub/Sub's service agent in a project.
func (s *Service) AgentEmail(projectID string) string {
	number, _ := s.Projects.Number(projectID)
	return "service-" + number + "@gcp-sa-pubsub.iam.gserviceaccount.com"
}

func (s *Service) agent(projectID string) policy.Principal {
	return policy.Principal{Email: s.AgentEmail(projectID)}
}

// queue returns a subscription's queue, whose deliveries start with it.
func (s *Service) queue(subscription string) *queue {
	s.mu.Lock()
	defer s.mu.Unlock()
	if q := s.queues[subscription]; q != nil {
		return q
	}
	ctx, cancel := context.WithCancel(s.context)
	q := newQueue(s, subscription, cancel, s.messages.List(messageKey(subscription, "")))
	s.queues[subscription] = q
	s.work.Go(func() { q.push(ctx) })
	return q
}

// forget ends the deliveries of a subscription that is gone.
func (s *Service) forget(subscription string) {
	s.mu.Lock()
	q := s.queues[subscription]
	delete(s.queues, subscription)
	s.mu.Unlock()
	if q != nil {
		q.cancel()
		q.wake()
	}
}

// dropMessagesIn removes the messages of a subscription, as a part of a batch.
func (s *Service) dropMessagesIn(b *store.Batch, subscription string) {
	for _, key := range s.messages.Keys(messageKey(subscription, "")) {
		s.messages.DeleteIn(b, key)
	}
}

func messageKey(subscription, id string) string { return subscription + "/messages/" + id }

// nextID is the time in microseconds, made unique, as a message id.
func (s *Service) nextID() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastID = max(s.lastID+1, time.Now().UnixMicro())
	return s.lastID
}

func projectOf(name string) string { return strings.Split(name, "/")[1] }

func short(name string) string { return name[strings.LastIndex(name, "/")+1:] }
