package pubsub

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	_ "cloud.google.com/go/iam/apiv1/iampb" // the calls for policies of topics and subscriptions
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	pubsubapi "google.golang.org/api/pubsub/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/status"
)

// StreamingPullMethod and StreamingPullCall are how gRPC and the table of APIs name StreamingPull, the one method that
// REST does not have.
const (
	StreamingPullMethod = "/google.pubsub.v1.Subscriber/StreamingPull"
	StreamingPullCall   = "pubsub.projects.subscriptions.streamingPull"
)

// Admit judges a call by the route of an id, for the resource that the variables name.
type Admit func(r *http.Request, id string, vars map[string]string) (*rest.Request, error)

// streamed is a streaming pull: a subscriber gets messages as they come, and answers with acknowledgements and new
// deadlines.
type streamed struct {
	service  *Service
	stream   grpc.GenericServerStream[pubsubpb.StreamingPullRequest, pubsubpb.StreamingPullResponse]
	request  *rest.Request
	name     string
	deadline int64           // seconds that a subscriber gets for each message
	limit    int             // messages that may be with the subscriber at once; 0 for any number
	bytes    int             // and bytes; 0 for any number
	pings    bool            // the subscriber expects an answer to empty requests
	with     map[string]bool // ack ids of what the subscriber may still have
}

// StreamingPull serves a streaming pull until the subscriber ends it
// (https://cloud.google.com/pubsub/docs/pull#streamingpull_api). Its errors are those of a pull; when the local cloud
// stops it is status.Unavailable, after which clients open the stream again.
func (s *Service) StreamingPull(admit Admit) func(*http.Request, grpc.ServerStream) error {
	return func(r *http.Request, stream grpc.ServerStream) error {
		p := streamed{service: s, with: map[string]bool{}}
		p.stream.ServerStream = stream
		first, err := p.stream.Recv()
		if err != nil {
			return err
		}
		parts := strings.Split(first.Subscription, "/")
		if len(parts) != 4 || parts[0] != "projects" || parts[2] != "subscriptions" {
			return invalid("Invalid resource name given (name=%s). It must look like projects/*/subscriptions/*.",
				first.Subscription)
		}
		admitted, err := admit(r, StreamingPullCall, map[string]string{"project": parts[1], "subscription": parts[3]})
		if err != nil {
			return err
		}
		if first.StreamAckDeadlineSeconds < 10 || first.StreamAckDeadlineSeconds > 600 {
			return invalid("Invalid stream ack deadline given (stream_ack_deadline_seconds=%d). It must be between 10 and 600.",
				first.StreamAckDeadlineSeconds)
		}
		p.request, p.name, p.deadline = admitted, subscriptionName(admitted), int64(first.StreamAckDeadlineSeconds)
		p.limit, p.bytes, p.pings = int(first.MaxOutstandingMessages), int(first.MaxOutstandingBytes),
			first.ProtocolVersion > 0
		if err := p.obey(first); err != nil {
			return err
		}
		return p.serve(stream.Context())
	}
}

func (p *streamed) serve(ctx context.Context) error {
	requests, ended := p.listen(ctx)
	for {
		changed := p.queue().changes() // taken before looking, so that no change after the look is missed
		sub, ok := p.service.subscriptions.Get(p.name)
		if !ok {
			return notFound(p.name)
		}
		if err := p.request.Still("pubsub.subscriptions.consume", policy.In(p.name)); err != nil {
			return err
		}
		wait := time.Second // until leases that nobody prolonged are looked at again
		if room := p.room(); room > 0 {
			sub.AckDeadlineSeconds = p.deadline
			var taken []delivery
			if taken, wait, _ = p.queue().take(sub, room); len(taken) > 0 {
				if err := p.send(sub, taken); err != nil {
					return err
				}
				continue
			}
		}
		timer := time.NewTimer(wait)
		select {
		case r := <-requests:
			if err := p.obey(r); err != nil {
				return err
			}
		case err := <-ended:
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		case <-changed:
		case <-timer.C:
		case <-p.service.context.Done():
			return status.Errorf(status.Unavailable, "The service was unable to fulfill your request. Please try again.")
		}
		timer.Stop()
	}
}

func (p *streamed) queue() *queue { return p.service.queue(p.name) }

// listen receives what the subscriber says until the stream ends.
func (p *streamed) listen(ctx context.Context) (<-chan *pubsubpb.StreamingPullRequest, <-chan error) {
	requests, ended := make(chan *pubsubpb.StreamingPullRequest), make(chan error, 1)
	go func() {
		for {
			r, err := p.stream.Recv()
			if err != nil {
				ended <- err
				return
			}
			select {
			case requests <- r:
			case <-ctx.Done():
				return
			}
		}
	}()
	return requests, ended
}

// obey carries out a request; one that says nothing is answered by a response that says nothing.
func (p *streamed) obey(r *pubsubpb.StreamingPullRequest) error {
	if len(r.ModifyDeadlineAckIds) != len(r.ModifyDeadlineSeconds) {
		return invalid("Invalid streaming pull request: %d ack ids and %d deadlines.", len(r.ModifyDeadlineAckIds),
			len(r.ModifyDeadlineSeconds))
	}
	if seconds := int64(r.StreamAckDeadlineSeconds); seconds >= 10 && seconds <= 600 {
		p.deadline = seconds
	}
	if err := p.queue().ack(r.AckIds...); err != nil {
		return err
	}
	sub, _ := p.service.subscriptions.Get(p.name)
	for i, id := range r.ModifyDeadlineAckIds {
		if seconds := r.ModifyDeadlineSeconds[i]; seconds < 0 || seconds > 600 {
			return invalid("Invalid ack deadline given (modify_deadline_seconds=%d). It must be between 0 and 600.", seconds)
		}
		p.queue().extend(sub, id, int64(r.ModifyDeadlineSeconds[i]))
	}
	if p.pings && len(r.AckIds)+len(r.ModifyDeadlineAckIds) == 0 && r.Subscription == "" {
		return p.stream.Send(&pubsubpb.StreamingPullResponse{})
	}
	return nil
}

// room is how many more messages the subscriber takes.
func (p *streamed) room() int {
	const most = 1000
	messages, bytes := p.queue().held(p.with)
	if p.bytes > 0 && bytes >= p.bytes {
		return 0
	}
	if p.limit <= 0 {
		return most
	}
	return min(p.limit-messages, most)
}

func (p *streamed) send(sub pubsubapi.Subscription, taken []delivery) error {
	answer := &pubsubpb.StreamingPullResponse{SubscriptionProperties: &pubsubpb.StreamingPullResponse_SubscriptionProperties{
		MessageOrderingEnabled: sub.EnableMessageOrdering}}
	for _, d := range taken {
		p.with[d.ackID] = true
		m := &pubsubpb.ReceivedMessage{AckId: d.ackID, Message: &pubsubpb.PubsubMessage{Data: d.Data,
			Attributes: d.Attributes, MessageId: d.ID,
			PublishTime: timestamppb.New(d.Published), OrderingKey: d.OrderingKey}}
		if sub.DeadLetterPolicy != nil {
			m.DeliveryAttempt = int32(d.Attempts)
		}
		answer.ReceivedMessages = append(answer.ReceivedMessages, m)
	}
	return p.stream.Send(answer)
}
