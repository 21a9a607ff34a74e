package cloud_test

import (
	"maps"
	"slices"
	"testing"
)

// pulled is the id under which the one message of a subscription is delivered now, or "".
func (w *world) pulled(subscription string) string {
	w.t.Helper()
	a := w.call(w.owner, "POST", pubsub+"/subscriptions/"+subscription+":pull",
		map[string]any{"maxMessages": 1, "returnImmediately": true}).want(200)
	id, _ := a.at("receivedMessages", 0, "ackId").(string)
	return id
}

func (w *world) acknowledge(subscription string, ids ...string) answer {
	w.t.Helper()
	return w.call(w.owner, "POST", pubsub+"/subscriptions/"+subscription+":acknowledge", map[string]any{"ackIds": ids})
}

func (w *world) deadline(subscription string, seconds int, ids ...string) answer {
	w.t.Helper()
	return w.call(w.owner, "POST", pubsub+"/subscriptions/"+subscription+":modifyAckDeadline",
		map[string]any{"ackIds": ids, "ackDeadlineSeconds": seconds})
}

// failing checks that a call names exactly these ids as no longer good.
func (a answer) failing(ids ...string) {
	a.t.Helper()
	a.want(400).saying("Some acknowledgement ids in the request were invalid.")
	if a.text("error", "status") != "INVALID_ARGUMENT" ||
		a.text("error", "details", 0, "reason") != "EXACTLY_ONCE_ACKID_FAILURE" {
		a.t.Errorf("%s: %s", a.call, a.body)
	}
	metadata, _ := a.at("error", "details", 0, "metadata").(map[string]any)
	slices.Sort(ids)
	if named := slices.Sorted(maps.Keys(metadata)); !slices.Equal(named, ids) {
		a.t.Errorf("%s: the error names %q, want %q", a.call, named, ids)
	}
	for id, why := range metadata {
		if why != "PERMANENT_FAILURE_INVALID_ACK_ID" {
			a.t.Errorf("%s failed for %v", id, why)
		}
	}
}

// With exactly-once delivery only the last id of a message is good, and only until its deadline; whoever comes late is
// told. https://cloud.google.com/pubsub/docs/exactly-once-delivery
func TestExactlyOnceDelivery(t *testing.T) {
	w := start(t)
	topic := w.topic("news")
	made := w.subscribe("once", topic, map[string]any{"enableExactlyOnceDelivery": true}).want(200)
	if made.at("enableExactlyOnceDelivery") != true ||
		w.call(w.owner, "GET", pubsub+"/subscriptions/once", nil).want(200).at("enableExactlyOnceDelivery") != true {
		t.Errorf("the new subscription: %s", made.body)
	}
	w.subscribe("often", topic, nil).want(200)
	publish := func() {
		t.Helper()
		w.call(w.owner, "POST", pubsub+"/topics/news:publish", map[string]any{"messages": []any{map[string]any{
			"data": "eA=="}}}).want(200)
	}

	publish()
	first := w.pulled("once")
	if again := w.pulled("once"); again != "" {
		t.Errorf("an outstanding message is delivered again, as %s", again)
	}
	w.deadline("once", 0, first).want(200) // given back: the next delivery has an id of its own
	second := w.pulled("once")
	if second == "" || second == first {
		t.Fatalf("delivered as %q after %q", second, first)
	}
	w.deadline("once", 60, first).failing(first)
	w.acknowledge("once", first, second, "malformed").failing(first, "malformed") // and the good one is acknowledged
	w.acknowledge("once", second).failing(second)
	if again := w.pulled("once"); again != "" {
		t.Errorf("an acknowledged message is delivered again, as %s", again)
	}

	publish()
	late := w.pulled("once")
	w.deadline("once", 1, late).want(200)
	var next string
	eventually(t, "the message whose deadline is over comes again", func() bool {
		next = w.pulled("once")
		return next != ""
	})
	w.acknowledge("once", late).failing(late)

	// A cloud that was stopped gives no id a second time.
	w.restart()
	if next == w.pulled("once") {
		t.Errorf("%s is given again", next)
	}
	w.acknowledge("once", next).failing(next)

	// Without it a late acknowledgement is taken in silence.
	old := w.pulled("often")
	w.deadline("often", 0, old).want(200)
	w.acknowledge("often", old, "malformed").want(200)
	off := map[string]any{"subscription": map[string]any{"enableExactlyOnceDelivery": false},
		"updateMask": "enableExactlyOnceDelivery"}
	w.call(w.owner, "PATCH", pubsub+"/subscriptions/once", off).want(200)
	w.acknowledge("once", next).want(200)

	w.subscribe("pushed", topic, map[string]any{"enableExactlyOnceDelivery": true,
		"pushConfig": map[string]any{"pushEndpoint": "https://example.com/"}}).want(400).saying("pull subscriptions only")
}
