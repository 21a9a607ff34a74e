package cloud_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// The stream as clients of all languages use it: acknowledgements and deadlines on it, flow control, pings, and how it
// ends.
func TestStreamingPull(t *testing.T) {
	w := start(t)
	w.topic("news")
	w.subscribe("readers", newsTopic, nil).want(200)
	client := w.pubsubClient(w.owner).SubscriptionAdminClient
	open := func(first *pubsubpb.StreamingPullRequest) pubsubpb.Subscriber_StreamingPullClient {
		t.Helper()
		stream, err := client.StreamingPull(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		first.Subscription = readersName
		if err := stream.Send(first); err != nil {
			t.Fatal(err)
		}
		return stream
	}
	next := func(stream pubsubpb.Subscriber_StreamingPullClient) []*pubsubpb.ReceivedMessage {
		t.Helper()
		answer, err := stream.Recv()
		if err != nil {
			t.Fatalf("receiving: %v", err)
		}
		return answer.ReceivedMessages
	}
	send := func(stream pubsubpb.Subscriber_StreamingPullClient, r *pubsubpb.StreamingPullRequest) {
		t.Helper()
		if err := stream.Send(r); err != nil {
			t.Fatal(err)
		}
	}

	stream := open(&pubsubpb.StreamingPullRequest{StreamAckDeadlineSeconds: 10, MaxOutstandingMessages: 1,
		ProtocolVersion: 1})
	w.publish(newsTopic, "one", nil)
	w.publish(newsTopic, "two", nil)
	one := next(stream)
	if len(one) != 1 || string(one[0].Message.Data) != "one" {
		t.Fatalf("received %v, want one message", one)
	}
	send(stream, &pubsubpb.StreamingPullRequest{}) // a ping; it is answered while the next message waits for room
	if ping := next(stream); len(ping) != 0 {
		t.Fatalf("a ping was answered by %v", ping)
	}
	send(stream, &pubsubpb.StreamingPullRequest{ModifyDeadlineAckIds: []string{one[0].AckId},
		ModifyDeadlineSeconds: []int32{0}})
	if again := next(stream); string(again[0].Message.Data) != "one" || again[0].AckId == one[0].AckId {
		t.Fatalf("after the nack %v", again)
	} else {
		send(stream, &pubsubpb.StreamingPullRequest{AckIds: []string{again[0].AckId}})
	}
	two := next(stream)
	if string(two[0].Message.Data) != "two" {
		t.Fatalf("after the acknowledgement %v", two)
	}
	send(stream, &pubsubpb.StreamingPullRequest{AckIds: []string{two[0].AckId}})
	eventually(t, "all is acknowledged", func() bool { return w.backlog("readers") == 0 })
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
		t.Errorf("a stream that its client ended: %v", err)
	}

	ends := func(what string, stream pubsubpb.Subscriber_StreamingPullClient, want codes.Code) {
		t.Helper()
		if _, err := stream.Recv(); status.Code(err) != want {
			t.Errorf("%s: the stream ended with %v, want %v", what, err, want)
		}
	}
	ends("a short deadline", open(&pubsubpb.StreamingPullRequest{StreamAckDeadlineSeconds: 5}), codes.InvalidArgument)
	uneven := &pubsubpb.StreamingPullRequest{StreamAckDeadlineSeconds: 10, ModifyDeadlineAckIds: []string{"a"}}
	ends("deadlines without ids", open(uneven), codes.InvalidArgument)
	deleted := open(&pubsubpb.StreamingPullRequest{StreamAckDeadlineSeconds: 10, ProtocolVersion: 1})
	send(deleted, &pubsubpb.StreamingPullRequest{})
	next(deleted)
	w.call(w.owner, "DELETE", pubsub+"/subscriptions/readers", nil).want(200)
	ends("a deleted subscription", deleted, codes.NotFound)
	w.subscribe("readers", newsTopic, nil).want(200)
	stopped := open(&pubsubpb.StreamingPullRequest{StreamAckDeadlineSeconds: 10, ProtocolVersion: 1})
	send(stopped, &pubsubpb.StreamingPullRequest{})
	next(stopped)
	w.stop()
	ends("a server that stops", stopped, codes.Unavailable)
}

func TestHostileGRPC(t *testing.T) {
	w := start(t)
	w.topic("news")
	owner := w.pubsubClient(w.owner)
	for _, name := range []string{"", "/", "projects/" + project + "/topics/", "projects//topics/news", "projects/" +
		project + "/topics/news:publish", "projects/" + project + "/topics/news%2Fx",
		"projects/" + project + "/topics/../topics/news", "projects/" + project + "/topics/news?x=y", "projects/" + project +
			"/topics/news\x00\n", "projects/" + project + "/subscriptions/news"} {
		err := owner.TopicAdminClient.DeleteTopic(t.Context(), &pubsubpb.DeleteTopicRequest{Topic: name})
		if code := status.Code(err); code != codes.InvalidArgument && code != codes.NotFound && code != codes.Unimplemented {
			t.Errorf("deleting the topic %q: %v", name, err)
		}
	}
	w.call(w.owner, "GET", pubsub+"/topics/news", nil).want(200)

	// Frames that hold no message, or none of the method's type.
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	transport := &http.Transport{Protocols: &protocols}
	defer transport.CloseIdleConnections()
	for _, body := range []string{"", "x", "\x00\x00\x00\x00\x05abc", "\x00\xff\xff\xff\xff", "\x01\x00\x00\x00\x01x",
		"\x00\x00\x00\x00\x03\x0a\xff\xff"} {
		for _, method := range []string{"/google.pubsub.v1.Publisher/GetTopic", "/google.pubsub.v1.Subscriber/StreamingPull",
			"/none", "/google.pubsub.v1.Topic", "/google.iam.v1.IAMPolicy/SetIamPolicy"} {
			r, _ := http.NewRequest("POST", w.url(method), strings.NewReader(body))
			r.Header.Set("Content-Type", "application/grpc")
			r.Header.Set("Authorization", "Bearer "+w.owner)
			response, err := transport.RoundTrip(r)
			if err != nil {
				t.Fatalf("%s with %q: %v", method, body, err)
			}
			io.Copy(io.Discard, response.Body)
			response.Body.Close()
			if code := response.Header.Get("Grpc-Status") + response.Trailer.Get("Grpc-Status"); code == "" || code == "0" {
				t.Errorf("%s with %q: status %q %v", method, body, code, response.Header)
			}
		}
	}
}
