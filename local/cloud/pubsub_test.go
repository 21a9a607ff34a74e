package cloud_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"docx2pdf/local/machinery/fault"
)

const pubsub = "/pubsub/v1/projects/" + project

func (w *world) topic(name string) string {
	w.t.Helper()
	w.call(w.owner, "PUT", pubsub+"/topics/"+name, map[string]any{}).want(200)
	return "projects/" + project + "/topics/" + name
}

func (w *world) subscribe(name, topic string, more map[string]any) answer {
	w.t.Helper()
	body := map[string]any{"topic": topic}
	for k, v := range more {
		body[k] = v
	}
	return w.call(w.owner, "PUT", pubsub+"/subscriptions/"+name, body)
}

func (w *world) publish(topic, data string, attributes map[string]string) string {
	w.t.Helper()
	return w.call(w.owner, "POST", "/pubsub/v1/"+topic+":publish", map[string]any{"messages": []any{map[string]any{
		"data": base64.StdEncoding.EncodeToString([]byte(data)), "attributes": attributes}}}).want(200).text("messageIds", 0)
}

func (w *world) pull(subscription string) answer {
	w.t.Helper()
	return w.call(w.owner, "POST", pubsub+"/subscriptions/"+subscription+":pull",
		map[string]any{"maxMessages": 10}).want(200)
}

func (w *world) agent() string {
	w.t.Helper()
	operation := w.call(w.owner, "POST", "/serviceusage/v1beta1/projects/"+project+
		"/services/pubsub.googleapis.com:generateServiceIdentity", map[string]any{}).want(200)
	return w.await("/serviceusage/v1beta1/"+operation.text("name")).text("response", "email")
}

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

func (w *world) backlog(subscription string) int {
	n := 0
	for _, sub := range w.cloud.Backlogs() {
		if strings.HasSuffix(sub.Subscription, "/"+subscription) {
			n = sub.Messages
		}
	}
	return n
}

func TestPullAckAndRedelivery(t *testing.T) {
	w := start(t)
	topic := w.topic("news")
	w.call(w.owner, "PUT", pubsub+"/topics/news", map[string]any{}).want(409)
	w.call(w.owner, "GET", pubsub+"/topics/none", nil).want(404).saying("Resource not found (resource=none).")
	w.subscribe("all", topic, nil).want(200)
	w.subscribe("some", topic, map[string]any{"filter": `attributes.kind = "big" AND attributes:name`}).want(200)
	w.subscribe("odd", topic, map[string]any{"filter": `NOT attributes:kind`}).want(501)
	w.subscribe("none", "projects/"+project+"/topics/none", nil).want(404)
	id := w.publish(topic, "hello", map[string]string{"kind": "small"})
	w.publish(topic, "world", map[string]string{"kind": "big", "name": "n"})

	got := w.pull("all")
	if got.text("receivedMessages", 0, "message", "messageId") != id || got.text("receivedMessages", 0, "message",
		"data") != "aGVsbG8=" || got.at("receivedMessages", 2) != nil {
		t.Errorf("pulled %s", got.body)
	}
	if some := w.pull("some"); some.text("receivedMessages", 0, "message", "data") != "d29ybGQ=" ||
		some.at("receivedMessages", 1) != nil {
		t.Errorf("the filter let through %s", some.body)
	}
	ack := func(verb string, more map[string]any) {
		body := map[string]any{"ackIds": []string{got.text("receivedMessages", 0, "ackId")}}
		for k, v := range more {
			body[k] = v
		}
		w.call(w.owner, "POST", pubsub+"/subscriptions/all:"+verb, body).want(200)
	}
	ack("modifyAckDeadline", map[string]any{"ackDeadlineSeconds": 0}) // a nack
	again := w.pull("all")
	if again.text("receivedMessages", 0, "message", "messageId") != id {
		t.Errorf("after a nack came %s", again.body)
	}
	ack("acknowledge", nil) // with the old ack id: too late
	if w.backlog("all") != 2 {
		t.Errorf("backlog %d, want 2", w.backlog("all"))
	}
	got = again
	ack("acknowledge", nil)
	w.restart()
	if w.backlog("all") != 1 {
		t.Errorf("backlog %d after a restart, want the one unacknowledged message", w.backlog("all"))
	}
	w.call(w.owner, "POST", "/pubsub/v1/"+topic+":publish", map[string]any{"messages": []any{map[string]any{}}}).want(400)
	w.call(w.owner, "DELETE", pubsub+"/topics/news", nil).want(200)
	w.call(w.owner, "GET", pubsub+"/subscriptions/all", nil).want(200).saying("_deleted-topic_")
}

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

func TestSubscriptionsThatAreRefused(t *testing.T) {
	w := start(t)
	topic, pusher := w.topic("news"), w.account("pusher")
	for name, test := range map[string]struct {
		more   map[string]any
		status int
	}{
		"short deadline":       {map[string]any{"ackDeadlineSeconds": 5}, 400},
		"plain http elsewhere": {map[string]any{"pushConfig": map[string]any{"pushEndpoint": "http://example.com"}}, 400},
		"few attempts": {map[string]any{"deadLetterPolicy": map[string]any{"deadLetterTopic": topic,
			"maxDeliveryAttempts": 2}}, 400},
		"no dead-letter topic": {map[string]any{"deadLetterPolicy": map[string]any{"deadLetterTopic": topic + "x"}}, 404},
		"long back-off":        {map[string]any{"retryPolicy": map[string]any{"minimumBackoff": "700s"}}, 400},
		"unknown account": {map[string]any{"pushConfig": map[string]any{"pushEndpoint": "https://example.com",
			"oidcToken": map[string]any{"serviceAccountEmail": "x@y"}}}, 404},
	} {
		if a := w.subscribe("s-"+strings.ReplaceAll(name, " ", "-"), topic, test.more); a.status != test.status {
			t.Errorf("%s: %d %s, want %d", name, a.status, a.body, test.status)
		}
	}
	editor := w.account("editor")
	w.grant(projectPolicy, "roles/pubsub.editor", "serviceAccount:"+editor)
	token := w.token(editor)
	push := map[string]any{"topic": topic, "pushConfig": map[string]any{"pushEndpoint": "https://example.com",
		"oidcToken": map[string]any{"serviceAccountEmail": pusher}}}
	w.call(token, "PUT", pubsub+"/subscriptions/pushing", push).want(403).saying("iam.serviceAccounts.actAs")
	w.subscribe("sub", topic, nil).want(200)
	w.call(w.owner, "PATCH", pubsub+"/subscriptions/sub?updateMask=ackDeadlineSeconds,labels",
		map[string]any{"subscription": map[string]any{"ackDeadlineSeconds": 60,
			"labels": map[string]string{"a": "b"}}}).want(200).saying(`"ackDeadlineSeconds":60`)
	w.call(w.owner, "PATCH", pubsub+"/subscriptions/sub?updateMask=filter",
		map[string]any{"subscription": map[string]any{"filter": "x"}}).want(400).saying("not mutable")
}

// Uploads, overwrites and deletions arrive as messages; the storage agent needs the right to publish.
func TestStorageNotifications(t *testing.T) {
	w := start(t)
	topic := w.topic("uploads")
	w.bucket("papers")
	w.subscribe("events", topic, nil).want(200)
	configs := "/storage/v1/b/papers/notificationConfigs"
	config := map[string]any{"topic": "//pubsub.googleapis.com/" + topic, "payload_format": "JSON_API_V1",
		"object_name_prefix": "in/", "custom_attributes": map[string]string{"colour": "blue"}}
	w.call(w.owner, "POST", configs,
		config).want(403).saying("does not have permission to publish messages to to the Cloud Pub/Sub topic " +
		"'//pubsub.googleapis.com/" + topic + "'")
	agent := w.call(w.owner, "GET", "/storage/v1/projects/"+project+"/serviceAccount", nil).want(200).text("email_address")
	w.grant(pubsub+"/topics/uploads", "roles/pubsub.publisher", "serviceAccount:"+agent)
	made := w.call(w.owner, "POST", configs, config).want(200)
	if made.text("id") != "1" || made.text("topic") != "//pubsub.googleapis.com/"+topic ||
		made.text("kind") != "storage#notification" {
		t.Errorf("notification %s", made.body)
	}
	w.call(w.owner, "POST", configs, map[string]any{"topic": "nonsense", "payload_format": "NONE"}).want(400)

	w.upload("papers", "elsewhere", []byte("x")).want(200)
	first := w.upload("papers", "in/a.docx", []byte("1")).want(200).text("generation")
	second := w.upload("papers", "in/a.docx", []byte("2")).want(200).text("generation")
	w.call(w.owner, "DELETE", "/storage/v1/b/papers/o/in%2Fa.docx", nil).want(204)
	var events []string
	messages := w.pull("events").at("receivedMessages").([]any)
	for _, m := range messages {
		a := dig(m, "message", "attributes").(map[string]any)
		if a["bucketId"] != "papers" || a["objectId"] != "in/a.docx" || a["colour"] != "blue" ||
			a["notificationConfig"] != "projects/_/buckets/papers/notificationConfigs/1" {
			t.Errorf("attributes %v", a)
		}
		if _, err := time.Parse(time.RFC3339Nano, fmt.Sprint(a["eventTime"])); err != nil {
			t.Errorf("eventTime: %v", err)
		}
		events = append(events, fmt.Sprint(a["eventType"], " ", a["objectGeneration"], " ", a["overwroteGeneration"], " ",
			a["overwrittenByGeneration"]))
	}
	want := []string{"OBJECT_FINALIZE " + first + " <nil> <nil>", "OBJECT_DELETE " + first + " <nil> " + second,
		"OBJECT_FINALIZE " + second + " " + first + " <nil>", "OBJECT_DELETE " + second + " <nil> <nil>"}
	if strings.Join(events, "\n") != strings.Join(want, "\n") {
		t.Errorf("events\n%s\nwant\n%s", strings.Join(events, "\n"), strings.Join(want, "\n"))
	}
	data, _ := base64.StdEncoding.DecodeString(fmt.Sprint(dig(messages[0], "message", "data")))
	var object map[string]any
	if err := json.Unmarshal(data, &object); err != nil || object["name"] != "in/a.docx" || object["size"] != "1" {
		t.Errorf("payload %s", data)
	}
	w.call(w.owner, "DELETE", configs+"/1", nil).want(204)
	w.call(w.owner, "GET", configs+"/1", nil).want(404)
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
