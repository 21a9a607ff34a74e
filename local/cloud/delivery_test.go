package cloud_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"docx2pdf/local/machinery/fault"
)

// endpoint is a push endpoint that answers as told and remembers what came.
type endpoint struct {
	*httptest.Server
	mu       sync.Mutex
	requests []*http.Request
	bodies   []string
}

func newEndpoint(t *testing.T, answer func(n int) int) *endpoint {
	e := &endpoint{}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		e.mu.Lock()
		e.requests, e.bodies = append(e.requests, r), append(e.bodies, string(body))
		n := len(e.requests)
		e.mu.Unlock()
		w.WriteHeader(answer(n))
	}))
	t.Cleanup(e.Close)
	return e
}

func (e *endpoint) count() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.requests)
}

func (e *endpoint) body(n int) (message map[string]any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	json.Unmarshal([]byte(e.bodies[n]), &message)
	return message
}

func always(code int) func(int) int { return func(int) int { return code } }

// A push carries an ID token of the subscription's account, which Pub/Sub's agent may make only with a grant.
func TestPushWithIDToken(t *testing.T) {
	w := start(t)
	e := newEndpoint(t, always(204))
	topic, pusher := w.topic("news"), w.account("pusher")
	push := map[string]any{"pushConfig": map[string]any{"pushEndpoint": e.URL + "/in?x=1",
		"oidcToken": map[string]any{"serviceAccountEmail": pusher}}}
	created := w.subscribe("push", topic, push).want(200)
	if created.text("pushConfig", "attributes", "x-goog-version") != "v1" || created.text("ackDeadlineSeconds") != "10" ||
		created.text("expirationPolicy", "ttl") != "2678400s" || created.text("state") != "ACTIVE" {
		t.Errorf("created %s", created.body)
	}
	if w.call(w.owner, "GET", pubsub+"/subscriptions/push", nil).at("pushConfig", "attributes") != nil {
		t.Error("a read shows the push's attributes, which Google's does not")
	}
	id := w.publish(topic, "hello", map[string]string{"a": "b"})
	eventually(t, "a push without token-creator was refused", func() bool {
		return strings.Contains(string(w.call("", "GET", "/requests", nil).body), "lacks iam.serviceAccounts.getOpenIdToken")
	})
	if e.count() != 0 {
		t.Fatal("a push without a token reached the endpoint")
	}
	w.grant("/iam/v1/projects/"+project+"/serviceAccounts/"+pusher, "roles/iam.serviceAccountTokenCreator",
		"serviceAccount:"+w.agent())
	eventually(t, "the message was pushed and acknowledged", func() bool { return w.backlog("push") == 0 })

	m := e.body(0)
	if dig(m, "message", "messageId") != id || dig(m, "message", "message_id") != id ||
		dig(m, "message", "data") != "aGVsbG8=" || dig(m, "message", "attributes", "a") != "b" ||
		dig(m, "subscription") != "projects/"+project+"/subscriptions/push" || dig(m, "deliveryAttempt") != nil ||
		dig(m, "message", "publish_time") == nil {
		t.Errorf("pushed %v", m)
	}
	r := e.requests[0]
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	info := w.call("", "GET", "/tokeninfo?id_token="+token, nil).want(200)
	if info.text("email") != pusher || info.text("aud") != e.URL+"/in?x=1" ||
		r.Header.Get("User-Agent") != "CloudPubSub-Google" || r.Header.Get("From") != "noreply@google.com" {
		t.Errorf("token %s, headers %v", info.body, r.Header)
	}
}

func TestPushUnwrapped(t *testing.T) {
	w := start(t)
	e := newEndpoint(t, always(200))
	topic := w.topic("news")
	w.subscribe("push", topic, map[string]any{"pushConfig": map[string]any{"pushEndpoint": e.URL,
		"noWrapper": map[string]any{"writeMetadata": true}}}).want(200)
	id := w.publish(topic, "as it is", map[string]string{"colour": "blue"})
	eventually(t, "it was pushed", func() bool { return w.backlog("push") == 0 })
	if h := e.requests[0].Header; e.bodies[0] != "as it is" || h.Get("colour") != "blue" ||
		h.Get("X-Goog-Pubsub-Message-Id") != id {
		t.Errorf("pushed %q with %v", e.bodies[0], h)
	}
}

// A message that is refused comes again, later each time; after its attempts it goes to the dead letters, if Pub/Sub's
// agent has both grants.
func TestRetriesAndDeadLetters(t *testing.T) {
	w := start(t)
	e := newEndpoint(t, always(500))
	topic, dead := w.topic("news"), w.topic("dead")
	w.subscribe("dead-letters", dead, map[string]any{"expirationPolicy": map[string]any{}}).want(200)
	w.subscribe("push", topic, map[string]any{"pushConfig": map[string]any{"pushEndpoint": e.URL},
		"retryPolicy":      map[string]any{"minimumBackoff": "0.01s", "maximumBackoff": "0.05s"},
		"deadLetterPolicy": map[string]any{"deadLetterTopic": dead, "maxDeliveryAttempts": 5}}).want(200)
	w.publish(topic, "poison", map[string]string{"objectId": "a.docx"})
	eventually(t, "the message came more often than it should without grants", func() bool { return e.count() > 6 })
	if w.backlog("dead-letters") != 0 {
		t.Fatal("a message was dead-lettered without the agent's grants")
	}
	agent := "serviceAccount:" + w.agent()
	w.grant(pubsub+"/topics/dead", "roles/pubsub.publisher", agent)
	seen := e.count()
	eventually(t, "one grant alone is not enough", func() bool { return e.count() > seen+2 })
	if w.backlog("dead-letters") != 0 {
		t.Fatal("a message was dead-lettered without the agent's right to acknowledge")
	}
	w.grant(pubsub+"/subscriptions/push", "roles/pubsub.subscriber", agent)
	eventually(t, "the message is in the dead letters", func() bool {
		return w.backlog("dead-letters") == 1 &&
			w.backlog("push") == 0
	})
	letter := w.pull("dead-letters")
	for name, want := range map[string]string{"objectId": "a.docx", "CloudPubSubDeadLetterSourceSubscription": "push",
		"CloudPubSubDeadLetterSourceSubscriptionProject": project} {
		if got := letter.text("receivedMessages", 0, "message", "attributes", name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	letter.saying("CloudPubSubDeadLetterSourceDeliveryCount").saying("CloudPubSubDeadLetterSourceTopicPublishTime")
	for i := range 3 {
		if got := dig(e.body(i), "deliveryAttempt"); got != float64(i+1) {
			t.Errorf("push %d says delivery attempt %v", i, got)
		}
	}
}

func TestWhichAnswersAcknowledge(t *testing.T) {
	w := start(t)
	topic := w.topic("news")
	for _, code := range []int{200, 201, 202, 204} {
		e := newEndpoint(t, always(code))
		name := fmt.Sprintf("push-%d", code)
		w.subscribe(name, topic, map[string]any{"pushConfig": map[string]any{"pushEndpoint": e.URL}}).want(200)
	}
	redirect := newEndpoint(t, func(n int) int {
		if n == 1 {
			return 302
		}
		return 200
	})
	w.subscribe("push-302", topic, map[string]any{"pushConfig": map[string]any{"pushEndpoint": redirect.URL}}).want(200)
	w.publish(topic, "x", nil)
	for _, code := range []int{200, 201, 202, 204, 302} {
		eventually(t, fmt.Sprint(code, " is settled"), func() bool { return w.backlog(fmt.Sprintf("push-%d", code)) == 0 })
	}
	if redirect.count() != 2 {
		t.Errorf("a redirect was answered with %d pushes, want 2: a redirect is no acknowledgement", redirect.count())
	}
}

func TestDuplicateDeliveries(t *testing.T) {
	w := start(t, faults(fault.Plan{DuplicateEvery: 1}))
	e := newEndpoint(t, always(200))
	topic := w.topic("news")
	w.subscribe("push", topic, map[string]any{"pushConfig": map[string]any{"pushEndpoint": e.URL}}).want(200)
	w.publish(topic, "x", nil)
	eventually(t, "it is acknowledged", func() bool { return w.backlog("push") == 0 })
	if e.count() != 2 {
		t.Errorf("%d deliveries, want 2", e.count())
	}
}
