package pubsub

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	pubsubapi "google.golang.org/api/pubsub/v1"

	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/machinery/door"
	"docx2pdf/local/machinery/traffic"
)

// The window of a push subscription is how many messages may be on their way at once. It opens by one with each
// success and halves with each failure (https://cloud.google.com/pubsub/docs/push#flow_control).
const (
	firstWindow = 3
	maxWindow   = 100
)

// push delivers the queue's messages to the subscription's endpoint, as long as it has one.
func (q *queue) push(ctx context.Context) {
	var (
		mu     sync.Mutex
		window = firstWindow
		flying int
		work   sync.WaitGroup
	)
	defer work.Wait()
	for ctx.Err() == nil {
		changed := q.changes() // taken before looking, so that no change after the look is missed
		sub, ok := q.service.subscriptions.Get(q.subscription)
		room, waiting := 0, false
		if ok && sub.PushConfig != nil && sub.PushConfig.PushEndpoint != "" {
			mu.Lock()
			room, waiting = window-flying, q.length() > flying
			mu.Unlock()
		} else if ok {
			q.dropExpired(sub)
		}
		var taken []delivery
		wait := time.Minute
		if room > 0 && waiting && q.service.readable(sub) != nil {
			wait = keyPause
		} else if room > 0 {
			taken, wait, _ = q.take(sub, room)
		}
		for _, d := range taken {
			mu.Lock()
			flying++
			mu.Unlock()
			work.Go(func() {
				delivered := q.deliver(ctx, sub, d)
				mu.Lock()
				flying--
				if delivered {
					window = min(window+1, maxWindow)
				} else {
					window = max(window/2, 1)
				}
				mu.Unlock()
				q.wake()
			})
		}
		if len(taken) > 0 {
			continue
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-changed:
		case <-timer.C:
		}
		timer.Stop()
	}
}

func (q *queue) changes() <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.changed
}

// deliver pushes one message and acknowledges it if the endpoint did.
func (q *queue) deliver(ctx context.Context, sub pubsubapi.Subscription, d delivery) bool {
	visit := q.service.Door.Begin(traffic.Entry{Method: http.MethodPost, Path: sub.PushConfig.PushEndpoint,
		Call: "push " + short(sub.Name)}).As(q.service.agent(projectOf(sub.Name)))
	code, err := q.service.send(ctx, visit, sub, d)
	if err == nil && q.service.Duplicate != nil && q.service.Duplicate() {
		code, err = q.service.send(ctx, visit, sub, d)
	}
	if ctx.Err() != nil {
		return false
	}
	why := fmt.Sprintf("message %s, delivery attempt %d", d.ID, d.Attempts)
	if visit.Entry.Why != "" {
		why += "; " + visit.Entry.Why
	}
	if err != nil {
		why += ": " + err.Error()
	}
	if code != 0 { // it got its token; what it lacks at the endpoint is in the endpoint's own request
		visit.Entry.Permission, visit.Entry.Resource = "", ""
	}
	visit.Entry.Why = why
	visit.Leave(code, nil)
	if err != nil {
		q.service.Log.Debug("push failed", "subscription", sub.Name, "message", d.ID, "attempt", d.Attempts, "error", err)
		q.nack(sub, d.ackID)
		return false
	}
	if err := q.ack(sub, d.ackID); err != nil { // delivered again when its lease ends, at least once is what is promised
		q.service.Log.Error("a push is not recorded as acknowledged", "subscription", sub.Name, "message", d.ID, "error", err)
		return false
	}
	return true
}

// client follows no redirects: to Pub/Sub they are failures.
var client = &http.Client{
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Transport:     &http.Transport{MaxIdleConnsPerHost: maxWindow},
}

// send posts the message and returns the endpoint's status; every status but an acknowledgement is an error.
func (s *Service) send(ctx context.Context, visit *door.Visit, sub pubsubapi.Subscription,
	d delivery) (code int, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(sub.AckDeadlineSeconds)*time.Second)
	defer cancel()
	r, err := request(ctx, sub, d)
	if err != nil {
		return 0, err
	}
	if err := s.authorize(visit, r, sub); err != nil {
		return 0, err
	}
	if loopback(r.URL) && s.Internal != nil {
		s.Internal(r.Header)
	}
	response, err := client.Do(r)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	io.Copy(io.Discard, io.LimitReader(response.Body, 1<<20))
	switch response.StatusCode {
	case http.StatusOK, http.StatusCreated, http.StatusAccepted, http.StatusNoContent, http.StatusProcessing:
		return response.StatusCode, nil
	}
	return response.StatusCode, errors.New("the endpoint answered " + response.Status)
}

// wrapped is the body of a push (https://cloud.google.com/pubsub/docs/push#receive_push).
type wrapped struct {
	Message         pushMessage `json:"message"`
	Subscription    string      `json:"subscription"`
	DeliveryAttempt int         `json:"deliveryAttempt,omitempty"`
}

type pushMessage struct {
	Attributes       map[string]string `json:"attributes,omitempty"`
	Data             []byte            `json:"data,omitempty"`
	MessageID        string            `json:"messageId"`
	MessageIDAgain   string            `json:"message_id"`
	PublishTime      string            `json:"publishTime"`
	PublishTimeAgain string            `json:"publish_time"`
	OrderingKey      string            `json:"orderingKey,omitempty"`
}

func request(ctx context.Context, sub pubsubapi.Subscription, d delivery) (*http.Request, error) {
	published := d.Published.Format("2006-01-02T15:04:05.000Z07:00")
	bare := sub.PushConfig.NoWrapper
	body := d.Data
	if bare == nil {
		w := wrapped{Subscription: sub.Name, Message: pushMessage{Attributes: d.Attributes, Data: d.Data, MessageID: d.ID,
			MessageIDAgain: d.ID,
			PublishTime:    published, PublishTimeAgain: published, OrderingKey: d.OrderingKey}}
		if sub.DeadLetterPolicy != nil {
			w.DeliveryAttempt = d.Attempts
		}
		var err error
		if body, err = json.Marshal(w); err != nil {
			return nil, err
		}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, sub.PushConfig.PushEndpoint, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("User-Agent", "CloudPubSub-Google")
	r.Header.Set("From", "noreply@google.com")
	r.Header.Set("Accept", "application/json")
	if bare == nil {
		r.Header.Set("Content-Type", "application/json")
		return r, nil
	}
	if bare.WriteMetadata {
		r.Header.Set("X-Goog-Pubsub-Subscription-Name", sub.Name)
		r.Header.Set("X-Goog-Pubsub-Message-Id", d.ID)
		r.Header.Set("X-Goog-Pubsub-Publish-Time", published)
		if d.OrderingKey != "" {
			r.Header.Set("X-Goog-Pubsub-Ordering-Key", d.OrderingKey)
		}
		for k, v := range d.Attributes {
			r.Header.Set(k, v)
		}
	}
	return r, nil
}

// authorize puts an ID token of the subscription's account on the push, if Pub/Sub's service agent may make one.
func (s *Service) authorize(visit *door.Visit, r *http.Request, sub pubsubapi.Subscription) error {
	oidc := sub.PushConfig.OidcToken
	if oidc == nil {
		return nil
	}
	on := s.Accounts.Resource(oidc.ServiceAccountEmail, projectOf(sub.Name))
	visit.Words = mayMakeNoToken
	if err := visit.Allow("iam.serviceAccounts.getOpenIdToken", on); err != nil {
		return err
	}
	audience := oidc.Audience
	if audience == "" {
		audience = (&url.URL{Scheme: r.URL.Scheme, Host: r.URL.Host, Path: r.URL.Path, RawQuery: r.URL.RawQuery}).String()
	}
	t, err := s.Tokens.IDToken(oidc.ServiceAccountEmail, audience)
	if err != nil {
		return fmt.Errorf("making an ID token of %s: %w", oidc.ServiceAccountEmail, err)
	}
	r.Header.Set("Authorization", "Bearer "+t)
	return nil
}

// loopback says whether an endpoint is on this machine, where plain http is allowed.
func loopback(u *url.URL) bool { return u.Hostname() == "127.0.0.1" || u.Hostname() == "localhost" }

func mayMakeNoToken(agent policy.Principal, permission string, account policy.Resource) string {
	return fmt.Sprintf("%s lacks %s on %s; grant it roles/iam.serviceAccountTokenCreator there", agent, permission,
		short(account.Name))
}
