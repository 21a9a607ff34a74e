package cloud_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
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
