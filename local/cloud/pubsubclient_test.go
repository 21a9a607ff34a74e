package cloud_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/iam/apiv1/iampb"
	gopubsub "cloud.google.com/go/pubsub/v2"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/api/iterator"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"docx2pdf/local/machinery/fault"
)

// grpcToken sends an access token with every gRPC call; on this machine it goes without transport security.
type grpcToken string

func (t grpcToken) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(t)}, nil
}

func (grpcToken) RequireTransportSecurity() bool { return false }

// pubsubClient is Google's own Go client for Pub/Sub; without a token it is what PUBSUB_EMULATOR_HOST makes of it.
func (w *world) pubsubClient(token string) *gopubsub.Client {
	w.t.Helper()
	options := []option.ClientOption{option.WithEndpoint(w.address), option.WithoutAuthentication(),
		option.WithTelemetryDisabled(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials()))}
	if token != "" {
		options = append(options, option.WithGRPCDialOption(grpc.WithPerRPCCredentials(grpcToken(token))))
	}
	client, err := gopubsub.NewClient(context.Background(), project, options...)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { client.Close() })
	return client
}

const (
	newsTopic   = "projects/" + project + "/topics/news"
	deadTopic   = "projects/" + project + "/topics/dead"
	readersName = "projects/" + project + "/subscriptions/readers"
)

// say publishes a message with Google's client.
func say(t *testing.T, client *gopubsub.Client, text string) {
	t.Helper()
	publisher := client.Publisher(newsTopic)
	defer publisher.Stop()
	if _, err := publisher.Publish(t.Context(), &gopubsub.Message{Data: []byte(text),
		Attributes: map[string]string{"kind": "news"}}).Get(t.Context()); err != nil {
		t.Fatalf("publishing: %v", err)
	}
}

// receive hands messages to the function until it says that it has enough.
func receive(t *testing.T, client *gopubsub.Client, subscription string, enough func(*gopubsub.Message) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	done := false
	subscriber := client.Subscriber(subscription)
	subscriber.ReceiveSettings.MaxOutstandingMessages = 1
	err := subscriber.Receive(ctx, func(_ context.Context, m *gopubsub.Message) {
		if !done && enough(m) {
			done = true
			cancel()
		}
	})
	if err != nil || !done {
		t.Fatalf("receiving from %s: %v, enough: %v", subscription, err, done)
	}
}

func TestGoPubSubClient(t *testing.T) {
	w := start(t)
	defer w.checkedBy("client", googleAgent)
	ctx, client := t.Context(), w.pubsubClient(w.owner)
	topics, subscriptions := client.TopicAdminClient, client.SubscriptionAdminClient
	for _, name := range []string{newsTopic, deadTopic} {
		if topic, err := topics.CreateTopic(ctx, &pubsubpb.Topic{Name: name,
			Labels: map[string]string{"a": "b"}}); err != nil || topic.Name != name || topic.Labels["a"] != "b" {
			t.Fatalf("creating a topic: %v %v", topic, err)
		}
	}
	sub, err := subscriptions.CreateSubscription(ctx, &pubsubpb.Subscription{Name: readersName, Topic: newsTopic,
		AckDeadlineSeconds: 20,
		DeadLetterPolicy:   &pubsubpb.DeadLetterPolicy{DeadLetterTopic: deadTopic, MaxDeliveryAttempts: 5},
		RetryPolicy: &pubsubpb.RetryPolicy{MinimumBackoff: durationpb.New(0),
			MaximumBackoff: durationpb.New(time.Second)}})
	if err != nil || sub.AckDeadlineSeconds != 20 || sub.State != pubsubpb.Subscription_ACTIVE ||
		sub.MessageRetentionDuration.AsDuration() != 7*24*time.Hour {
		t.Fatalf("creating a subscription: %v %v", sub, err)
	}
	sub, err = subscriptions.UpdateSubscription(ctx,
		&pubsubpb.UpdateSubscriptionRequest{Subscription: &pubsubpb.Subscription{Name: readersName, AckDeadlineSeconds: 30},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"ack_deadline_seconds"}}})
	if err != nil || sub.AckDeadlineSeconds != 30 || sub.DeadLetterPolicy.GetMaxDeliveryAttempts() != 5 {
		t.Errorf("changing the deadline: %v %v", sub, err)
	}
	var names []string
	for it := topics.ListTopics(ctx, &pubsubpb.ListTopicsRequest{Project: "projects/" + project}); ; {
		topic, err := it.Next()
		if errors.Is(err, iterator.Done) {
			break
		}
		if err != nil {
			t.Fatalf("listing topics: %v", err)
		}
		names = append(names, topic.Name)
	}
	if !slices.Equal(names, []string{deadTopic, newsTopic}) {
		t.Errorf("listed %v", names)
	}

	say(t, client, "first")
	receive(t, client, "readers", func(m *gopubsub.Message) bool {
		if string(m.Data) != "first" || m.Attributes["kind"] != "news" || m.ID == "" || m.PublishTime.IsZero() {
			t.Errorf("received %+v", m)
		}
		m.Ack()
		return true
	})
	eventually(t, "the message is acknowledged", func() bool { return w.backlog("readers") == 0 })

	// What is not acknowledged comes again, each time with a higher count.
	say(t, client, "second")
	attempt := 0
	receive(t, client, "readers", func(m *gopubsub.Message) bool {
		attempt++
		if m.DeliveryAttempt == nil || *m.DeliveryAttempt != attempt {
			t.Errorf("delivery %d has the count %v", attempt, m.DeliveryAttempt)
		}
		if attempt < 3 {
			m.Nack()
			return false
		}
		m.Ack()
		return true
	})
	eventually(t, "the message is acknowledged", func() bool { return w.backlog("readers") == 0 })

	if err := subscriptions.DeleteSubscription(ctx,
		&pubsubpb.DeleteSubscriptionRequest{Subscription: readersName}); err != nil {
		t.Error(err)
	}
	if err := topics.DeleteTopic(ctx, &pubsubpb.DeleteTopicRequest{Topic: newsTopic}); err != nil {
		t.Error(err)
	}
}

// A message that is refused often enough is pulled from the subscription of the dead-letter topic, once Pub/Sub's
// service agent may forward it.
func TestGoPubSubClientPullsDeadLetters(t *testing.T) {
	w := start(t)
	defer w.checkedBy("client", googleAgent)
	w.topic("news")
	dead := w.topic("dead")
	w.subscribe("readers", newsTopic, map[string]any{"deadLetterPolicy": map[string]any{"deadLetterTopic": dead,
		"maxDeliveryAttempts": 5}}).want(200)
	w.subscribe("buried", dead, nil).want(200)
	agent := "serviceAccount:" + w.agent()
	w.grant(pubsub+"/topics/dead", "roles/pubsub.publisher", agent)
	w.grant(pubsub+"/subscriptions/readers", "roles/pubsub.subscriber", agent)
	client := w.pubsubClient(w.owner)
	say(t, client, "unreadable")
	refused := 0
	receive(t, client, "readers", func(m *gopubsub.Message) bool {
		refused++
		m.Nack()
		return refused == 5
	})
	// Another delivery is what moves it.
	w.call(w.owner, "POST", pubsub+"/subscriptions/readers:pull",
		map[string]any{"maxMessages": 1, "returnImmediately": true}).want(200)
	pulled, err := client.SubscriptionAdminClient.Pull(t.Context(),
		&pubsubpb.PullRequest{Subscription: "projects/" + project + "/subscriptions/buried", MaxMessages: 10})
	if err != nil || len(pulled.ReceivedMessages) != 1 {
		t.Fatalf("pulling: %v %v", pulled, err)
	}
	m := pulled.ReceivedMessages[0]
	if string(m.Message.Data) != "unreadable" ||
		m.Message.Attributes["CloudPubSubDeadLetterSourceSubscription"] != "readers" ||
		m.Message.Attributes["CloudPubSubDeadLetterSourceDeliveryCount"] != "5" {
		t.Errorf("pulled %v", m)
	}
	if err := client.SubscriptionAdminClient.Acknowledge(t.Context(),
		&pubsubpb.AcknowledgeRequest{Subscription: "projects/" + project + "/subscriptions/buried",
			AckIds: []string{m.AckId}}); err != nil {
		t.Error(err)
	}
	if w.backlog("buried") != 0 {
		t.Error("the dead letter is still there")
	}
}

func TestGoPubSubClientGetsGooglesErrors(t *testing.T) {
	w := start(t)
	defer w.checkedBy("client", googleAgent)
	w.topic("news")
	w.subscribe("readers", newsTopic, nil).want(200)
	stranger := w.account("stranger")
	anonymous, weak, owner := w.pubsubClient(""), w.pubsubClient(w.token(stranger)), w.pubsubClient(w.owner)
	get := func(c *gopubsub.Client, topic string) error {
		_, err := c.TopicAdminClient.GetTopic(t.Context(), &pubsubpb.GetTopicRequest{Topic: topic})
		return err
	}
	pull := func(c *gopubsub.Client) error {
		return c.Subscriber("readers").Receive(t.Context(), func(context.Context, *gopubsub.Message) {})
	}
	create := func(c *gopubsub.Client, name string) error {
		_, err := c.TopicAdminClient.CreateTopic(t.Context(), &pubsubpb.Topic{Name: name})
		return err
	}
	_, snapshots := owner.SubscriptionAdminClient.GetSnapshot(t.Context(),
		&pubsubpb.GetSnapshotRequest{Snapshot: "projects/" + project + "/snapshots/s"})
	for _, test := range []struct {
		what string
		err  error
		code codes.Code
		text string
	}{
		{"no token", get(anonymous, newsTopic), codes.Unauthenticated, "WithPerRPCCredentials"},
		{"no token on a stream", pull(anonymous), codes.Unauthenticated, "WithPerRPCCredentials"},
		{"a wrong token", get(w.pubsubClient("wrong"), newsTopic), codes.Unauthenticated,
			"invalid authentication credentials"},
		{"no role", get(weak, newsTopic), codes.PermissionDenied, "User not authorized to perform this action."},
		{"no role on a stream", pull(weak), codes.PermissionDenied, "User not authorized to perform this action."},
		{"nothing there", get(owner, "projects/"+project+"/topics/none"), codes.NotFound,
			"Resource not found (resource=none)."},
		{"no subscription", owner.Subscriber("none").Receive(t.Context(), func(context.Context, *gopubsub.Message) {}),
			codes.NotFound, "Resource not found (resource=none)."},
		{"there already", create(owner, newsTopic), codes.AlreadyExists,
			"Resource already exists in the project (resource=news)."},
		{"a bad name", get(owner, "news"), codes.InvalidArgument, "Invalid resource name given (name=news)"},
		{"a bad id", create(owner, "projects/"+project+"/topics/1"), codes.InvalidArgument,
			"Invalid resource name given (name=projects/" + project + "/topics/1)"},
		{"not modelled", snapshots, codes.Unimplemented, "the local cloud does not model"},
	} {
		if status.Code(test.err) != test.code || !strings.Contains(test.err.Error(), test.text) {
			t.Errorf("%s: %v, want %v %s", test.what, test.err, test.code, test.text)
		}
	}

	// The refusals are in the log with their reasons, as those over REST are.
	log := string(w.call("", "GET", "/requests", nil).want(200).body)
	for _, call := range []string{"pubsub.projects.topics.get", "pubsub.projects.subscriptions.streamingPull",
		"no role of serviceAccount:" + stranger} {
		if !strings.Contains(log, call) {
			t.Errorf("the log does not tell of %s", call)
		}
	}

	// A role for the one subscription is enough, and is missed at once when it is taken away.
	policy, err := owner.SubscriptionAdminClient.GetIamPolicy(t.Context(),
		&iampb.GetIamPolicyRequest{Resource: readersName})
	if err != nil {
		t.Fatal(err)
	}
	policy.Bindings = append(policy.Bindings, &iampb.Binding{Role: "roles/pubsub.subscriber",
		Members: []string{"serviceAccount:" + stranger}})
	if policy, err = owner.SubscriptionAdminClient.SetIamPolicy(t.Context(),
		&iampb.SetIamPolicyRequest{Resource: readersName, Policy: policy}); err != nil {
		t.Fatal(err)
	}
	say(t, owner, "hello")
	receive(t, weak, "readers", func(m *gopubsub.Message) bool { m.Ack(); return true })
	policy.Bindings = nil
	if _, err = owner.SubscriptionAdminClient.SetIamPolicy(t.Context(), &iampb.SetIamPolicyRequest{Resource: readersName,
		Policy: policy}); err != nil {
		t.Fatal(err)
	}
	if err := pull(weak); status.Code(err) != codes.PermissionDenied {
		t.Errorf("pulling after the role was taken away: %v", err)
	}
}

// The client gets over what real clouds do: calls that fail for a while, and a server that goes away under a stream.
func TestGoPubSubClientGetsOverFaults(t *testing.T) {
	w := start(t, faults(fault.Plan{Rules: []fault.Rule{
		{Call: "pubsub.projects.topics.publish", Times: 2, Status: 503},
		{Call: "pubsub.projects.subscriptions.streamingPull", Times: 2, Status: 503},
		{Call: "pubsub.projects.topics.publish", Times: 1, Lose: true},
	}}))
	w.topic("news")
	w.subscribe("readers", newsTopic, nil).want(200)
	client := w.pubsubClient(w.owner)
	ctx, cancel := context.WithCancel(t.Context())
	texts, ended := make(chan string, 100), make(chan error, 1)
	go func() {
		ended <- client.Subscriber("readers").Receive(ctx, func(_ context.Context, m *gopubsub.Message) {
			m.Ack()
			texts <- string(m.Data)
		})
	}()
	await := func(want string) {
		t.Helper()
		for {
			select {
			case text := <-texts:
				if text == want { // what was published before may come twice
					return
				}
			case err := <-ended:
				t.Fatalf("receiving ended before %q came: %v", want, err)
			case <-time.After(30 * time.Second):
				t.Fatalf("%q did not come", want)
			}
		}
	}
	say(t, client, "before")
	await("before")
	w.restart()
	w.publish(newsTopic, "after", nil)
	await("after")
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("receiving: %v", err)
	}
}
