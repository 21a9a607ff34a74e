package main

import (
	"context"
	"encoding/json"
)

// pulledMessages is the answer to a pull.
type pulledMessages struct {
	ReceivedMessages []struct {
		AckID   string `json:"ackId"`
		Message struct {
			MessageID  string `json:"messageId"`
			Attributes map[string]string
		}
	}
}

// acknowledge gives up to two of the reader's messages back for good, and says whether the cloud answered.
func (k *killed) acknowledge(ctx context.Context, h history) bool {
	answer, ok := k.call(ctx, "POST", killReader+":pull", []byte(`{"maxMessages":2,"returnImmediately":true}`))
	var pulled pulledMessages
	if !ok || json.Unmarshal(answer, &pulled) != nil {
		return false
	}
	var ids []string
	for _, m := range pulled.ReceivedMessages {
		ids = append(ids, m.AckID)
		h.perhaps[m.Message.MessageID] = true
		if h.acked[m.Message.MessageID] {
			k.t.Errorf("message %s was acknowledged, and comes again", m.Message.MessageID)
		}
	}
	if len(ids) == 0 {
		return true
	}
	body, _ := json.Marshal(map[string]any{"ackIds": ids})
	if _, ok := k.call(ctx, "POST", killReader+":acknowledge", body); !ok {
		return false
	}
	for _, m := range pulled.ReceivedMessages {
		h.acked[m.Message.MessageID] = true
	}
	return true
}

// checkMessages looks for everything that was told in the subscription that keeps it, and for all of that but what was
// acknowledged in the other.
func (k *killed) checkMessages(h history) {
	k.t.Helper()
	kept, left := k.drain(killKeeper), k.drain(killReader)
	told := map[string]bool{}
	for _, attributes := range kept {
		told[attributes["text"]] = true
		if attributes["eventType"] == "OBJECT_FINALIZE" {
			told[attributes["objectGeneration"]] = true
		}
	}
	for _, all := range []map[string]bool{h.published, h.stored} {
		for text := range all {
			if !told[text] {
				k.t.Errorf("%s is there, and no message tells of it", text)
			}
		}
	}
	for id := range kept {
		if _, there := left[id]; !there && !h.perhaps[id] {
			k.t.Errorf("message %s is in one subscription and not in the other", id)
		}
	}
	for id := range left {
		if kept[id] == nil || h.acked[id] {
			k.t.Errorf("message %s is delivered: it was acknowledged: %v, the other subscription has it: %v", id, h.acked[id],
				kept[id] != nil)
		}
	}
	if len(h.acked) == 0 || len(h.stored) == 0 || len(h.published) == 0 {
		k.t.Errorf("%d messages were acknowledged, %d objects stored, %d messages published", len(h.acked), len(h.stored),
			len(h.published))
	}
}

// drain takes all messages of a subscription, also those that were delivered before the last kill, by their ids.
func (k *killed) drain(subscription string) map[string]map[string]string {
	k.t.Helper()
	all := map[string]map[string]string{}
	for {
		var pulled pulledMessages
		if err := json.Unmarshal(k.must("POST", subscription+":pull",
			[]byte(`{"maxMessages":1000,"returnImmediately":true}`)), &pulled); err != nil {
			k.t.Fatal(err)
		}
		if len(pulled.ReceivedMessages) == 0 {
			return all
		}
		for _, m := range pulled.ReceivedMessages {
			all[m.Message.MessageID] = m.Message.Attributes
		}
	}
}
