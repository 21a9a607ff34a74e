package pubsub_test

import (
	"encoding/base64"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"testing"
	"time"

	"docx2pdf/local/google/pubsub"
	"docx2pdf/local/google/servicetest"
	"docx2pdf/local/machinery/store"
)

// service is Pub/Sub with one topic.
type service struct {
	*servicetest.World
	t      *testing.T
	pubsub *pubsub.Service
}

const (
	base  = "/pubsub/v1/projects/" + servicetest.Project
	topic = "projects/" + servicetest.Project + "/topics/news"
)

func open(t *testing.T, dir string) service {
	t.Helper()
	w := servicetest.Start(t, dir)
	s := service{w, t, pubsub.Open(w.DB, pubsub.Services{Policies: w.Policies, Door: w.Door, Tokens: w.Tokens,
		Accounts: w.Accounts, Projects: w.Projects, Log: w.Log})}
	s.pubsub.Start()
	t.Cleanup(s.pubsub.Close)
	s.Serve(nil, s.pubsub.API())
	return s
}

func start(t *testing.T) service {
	t.Helper()
	s := open(t, t.TempDir())
	s.Call("PUT", base+"/topics/news", map[string]any{}).Want(200)
	return s
}

func (s service) subscribe(name string, fields map[string]any) {
	s.t.Helper()
	body := map[string]any{"topic": topic, "ackDeadlineSeconds": 600}
	maps.Copy(body, fields)
	s.Call("PUT", base+"/subscriptions/"+name, body).Want(200)
}

type message map[string]any

func (s service) publish(messages ...message) servicetest.Answer {
	s.t.Helper()
	return s.Call("POST", base+"/topics/news:publish", map[string]any{"messages": messages})
}

func text(text string) message {
	return message{"data": base64.StdEncoding.EncodeToString([]byte(text))}
}

// delivered is a message as a subscriber gets it.
type delivered struct{ ackID, text string }

func (s service) pull(name string, most int) (all []delivered) {
	s.t.Helper()
	var answer struct {
		ReceivedMessages []struct {
			AckID   string `json:"ackId"`
			Message struct{ Data []byte }
		}
	}
	s.Call("POST", base+"/subscriptions/"+name+":pull",
		map[string]any{"maxMessages": most, "returnImmediately": true}).Want(200).Into(&answer)
	for _, m := range answer.ReceivedMessages {
		all = append(all, delivered{m.AckID, string(m.Message.Data)})
	}
	return all
}

func texts(all []delivered) (texts []string) {
	for _, d := range all {
		texts = append(texts, d.text)
	}
	return texts
}

func (s service) answer(name, verb string, fields map[string]any, messages ...delivered) {
	s.t.Helper()
	body := map[string]any{}
	maps.Copy(body, fields)
	var ids []string
	for _, m := range messages {
		ids = append(ids, m.ackID)
	}
	body["ackIds"] = ids
	s.Call("POST", base+"/subscriptions/"+name+":"+verb, body).Want(200)
}

func TestEachSubscriptionGetsWhatItsFilterTakes(t *testing.T) {
	s := start(t)
	s.subscribe("all", nil)
	s.subscribe("red", map[string]any{"filter": `attributes.colour = "red" AND hasPrefix(attributes.name, "a")`})
	s.subscribe("coloured", map[string]any{"filter": `attributes:colour`})
	m := func(data string, attributes map[string]string) message {
		return message{"data": text(data)["data"], "attributes": attributes}
	}
	s.publish(m("1", nil), m("2", map[string]string{"colour": "red", "name": "abc"}),
		m("3", map[string]string{"colour": "red"}), m("4", map[string]string{"colour": "blue", "name": "a"})).Want(200)
	for name, want := range map[string][]string{"all": {"1", "2", "3", "4"}, "red": {"2"}, "coloured": {"2", "3", "4"}} {
		if got := texts(s.pull(name, 10)); !slices.Equal(got, want) {
			t.Errorf("%s gets %q, want %q", name, got, want)
		}
	}
}

// Of a publish that is refused nothing is delivered, also not the messages before the one that is wrong.
func TestAPublishIsTakenWholeOrNotAtAll(t *testing.T) {
	s := start(t)
	s.subscribe("all", nil)
	for _, wrong := range []message{{}, {"data": "not base64!"}, {"data": 7}} {
		s.publish(text("first"), wrong).Want(400)
	}
	s.publish().Want(400)
	s.publish(slices.Repeat([]message{text("x")}, 1001)...).Want(400)
	if got := s.pull("all", 10); got != nil {
		t.Errorf("delivered: %v", got)
	}
}

// Messages with one ordering key come one after the other, also when one is given back; other keys do not wait.
func TestOrderingKeys(t *testing.T) {
	s := start(t)
	s.subscribe("ordered", map[string]any{"enableMessageOrdering": true})
	for i := range 3 {
		for _, key := range []string{"a", "b"} {
			m := text(fmt.Sprint(key, i))
			m["orderingKey"] = key
			s.publish(m).Want(200)
		}
	}
	first := s.pull("ordered", 10)
	if got := texts(first); !slices.Equal(got, []string{"a0", "b0"}) {
		t.Fatalf("the first are %q", got)
	}
	s.answer("ordered", "modifyAckDeadline", map[string]any{"ackDeadlineSeconds": 0}, first[0])
	s.answer("ordered", "acknowledge", nil, first[1])
	second := s.pull("ordered", 10)
	if got := texts(second); !slices.Equal(got, []string{"a0", "b1"}) {
		t.Fatalf("after a0 was given back and b0 acknowledged: %q", got)
	}
	s.answer("ordered", "acknowledge", nil, second...)
	if got := texts(s.pull("ordered", 10)); !slices.Equal(got, []string{"a1", "b2"}) {
		t.Fatalf("after that: %q", got)
	}
}

// An id is good until its message is delivered again; others are ignored.
func TestAcknowledgements(t *testing.T) {
	s := start(t)
	s.subscribe("all", nil)
	s.publish(text("1"), text("2")).Want(200)
	had := s.pull("all", 10)
	back := map[string]any{"ackDeadlineSeconds": 0}
	s.answer("all", "modifyAckDeadline", back, had...)
	again := s.pull("all", 10)
	s.answer("all", "acknowledge", nil, had[0], delivered{ackID: "never given"}, had[1])
	s.answer("all", "modifyAckDeadline", back, again...)
	again = s.pull("all", 10)
	if got := texts(again); !slices.Equal(got, []string{"1", "2"}) {
		t.Errorf("after acknowledgements under former ids: %q", got)
	}
	s.answer("all", "acknowledge", nil, again[0], again[0])
	s.answer("all", "modifyAckDeadline", back, again...)
	if got := texts(s.pull("all", 10)); !slices.Equal(got, []string{"2"}) {
		t.Errorf("after the first was acknowledged, twice: %q", got)
	}
	s.Call("POST", base+"/subscriptions/all:acknowledge", map[string]any{"ackIds": []string{}}).Want(400)
}

// What is not acknowledged is delivered again after a restart; what is, is not.
func TestMessagesOutliveAStop(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	s.Call("PUT", base+"/topics/news", map[string]any{}).Want(200)
	s.subscribe("all", nil)
	for i := range 10 {
		s.publish(text(fmt.Sprint(i))).Want(200)
	}
	had := s.pull("all", 5)
	s.answer("all", "acknowledge", nil, had[1], had[3])
	s.pubsub.Close()
	s.Stop()
	s = open(t, dir)
	if got, n := texts(s.pull("all", 20)), s.pubsub.Backlog(base[len("/pubsub/v1/"):]+"/subscriptions/all"); n != 8 ||
		!slices.Equal(got, []string{"0", "2", "4", "5", "6", "7", "8", "9"}) {
		t.Errorf("%d messages, %q", n, got)
	}
}

// A message that nobody pulls in the time that its subscription keeps messages goes, also when nobody ever asks.
func TestMessagesExpire(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	s.Call("PUT", base+"/topics/news", map[string]any{}).Want(200)
	s.subscribe("all", map[string]any{"messageRetentionDuration": "600s"})
	s.publish(text("new")).Want(200)
	const subscription = "projects/" + servicetest.Project + "/subscriptions/all"
	s.pubsub.Close()
	if err := store.In[map[string]any](s.DB, "pubsub/messages").Put(subscription+"/messages/1",
		map[string]any{"id": "1", "data": "b2xk", "published": time.Now().Add(-time.Hour)}); err != nil {
		t.Fatal(err)
	}
	s.Stop()
	s = open(t, dir)
	for end := time.Now().Add(10 * time.Second); s.pubsub.Backlog(subscription) != 1; runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatal("the old message is still there")
		}
	}
	if got := texts(s.pull("all", 10)); !slices.Equal(got, []string{"new"}) {
		t.Errorf("delivered: %q", got)
	}
}

// A subscription begins with nothing, also one that has the name of a former one.
func TestANewSubscriptionBeginsEmpty(t *testing.T) {
	s := start(t)
	s.publish(text("before")).Want(200)
	for range 2 {
		s.subscribe("all", nil)
		if got := s.pull("all", 10); got != nil {
			t.Errorf("it begins with %v", got)
		}
		s.publish(text("after")).Want(200)
		if got := texts(s.pull("all", 10)); !slices.Equal(got, []string{"after"}) {
			t.Errorf("and gets %q", got)
		}
		s.Call("DELETE", base+"/subscriptions/all", nil).Want(200)
	}
	s.Call("POST", base+"/subscriptions/all:pull", map[string]any{"maxMessages": 1}).Want(404)
}

// A topic that is deleted leaves its subscriptions behind, with what they have.
func TestADeletedTopic(t *testing.T) {
	s := start(t)
	s.subscribe("all", nil)
	s.publish(text("last")).Want(200)
	s.Call("DELETE", base+"/topics/news", nil).Want(200)
	s.publish(text("too late")).Want(404)
	var left struct{ Topic string }
	s.Call("GET", base+"/subscriptions/all", nil).Want(200).Into(&left)
	if got := texts(s.pull("all", 10)); left.Topic != "_deleted-topic_" || !slices.Equal(got, []string{"last"}) {
		t.Errorf("its subscription is of %s and has %q", left.Topic, got)
	}
}
