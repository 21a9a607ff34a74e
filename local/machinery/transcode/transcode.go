// Package transcode answers gRPC calls by the REST APIs: each call becomes the HTTP request that the google.api.http
// rule in the service's own descriptor names (https://google.aip.dev/127), so that both wires share one model, one
// check of permissions and one log.
package transcode

import (
	"context"
	"net/http"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	grpcstatus "google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// Stream serves a streaming method. The request is the call's, without its messages; an error of package status
// becomes the call's status.
type Stream func(r *http.Request, stream grpc.ServerStream) error

// maxMessage bounds a request; Pub/Sub takes publishes of 10 MB.
const maxMessage = 20 << 20

// New makes a gRPC server for the services whose descriptors the program holds. Calls without a stream go to the REST
// handler under the mount; streams are given by their full names, such as /google.pubsub.v1.Subscriber/StreamingPull.
func New(rest http.Handler, mount string, streams map[string]Stream) *grpc.Server {
	t := transcoder{rest, mount, streams}
	return grpc.NewServer(grpc.MaxRecvMsgSize(maxMessage), grpc.UnknownServiceHandler(t.handle))
}

// IsGRPC says whether a request is a gRPC call.
func IsGRPC(r *http.Request) bool {
	return r.ProtoMajor == 2 && strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc")
}

type transcoder struct {
	rest    http.Handler
	mount   string
	streams map[string]Stream
}

func (t transcoder) handle(_ any, stream grpc.ServerStream) error {
	name, _ := grpc.MethodFromServerStream(stream)
	if serve, ok := t.streams[name]; ok {
		r, err := request(stream.Context(), http.MethodPost, name, nil)
		if err != nil {
			return err
		}
		return explain(stream.Context(), fromError(serve(r, stream)))
	}
	method, input, output := find(name)
	if method == nil {
		_, err := t.call(stream.Context(), http.MethodPost, name, nil) // refused as not modelled
		return err
	}
	if err := stream.RecvMsg(input); err != nil {
		return err
	}
	verb, target, body, err := toHTTP(method, input)
	if err != nil {
		return err
	}
	answer, err := t.call(stream.Context(), verb, target, body)
	if err != nil {
		return explain(stream.Context(), err)
	}
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(answer, output); err != nil {
		return grpcstatus.Errorf(codes.Internal, "translating the answer of %s: %v", name, err)
	}
	return stream.SendMsg(output)
}

// find returns a unary method by its full name, with new messages of its types, or nil when there is none.
func find(name string) (method protoreflect.MethodDescriptor, input, output proto.Message) {
	full := protoreflect.FullName(strings.ReplaceAll(strings.TrimPrefix(name, "/"), "/", "."))
	descriptor, err := protoregistry.GlobalFiles.FindDescriptorByName(full)
	if err != nil {
		return nil, nil, nil
	}
	method, ok := descriptor.(protoreflect.MethodDescriptor)
	if !ok || method.IsStreamingClient() || method.IsStreamingServer() || ruleOf(method) == nil {
		return nil, nil, nil
	}
	in, inErr := protoregistry.GlobalTypes.FindMessageByName(method.Input().FullName())
	out, outErr := protoregistry.GlobalTypes.FindMessageByName(method.Output().FullName())
	if inErr != nil || outErr != nil {
		return nil, nil, nil
	}
	return method, in.New().Interface(), out.New().Interface()
}

// explain tells callers without a token what to do: PUBSUB_EMULATOR_HOST makes clients send none.
func explain(ctx context.Context, err error) error {
	if grpcstatus.Code(err) != codes.Unauthenticated || len(metadata.ValueFromIncomingContext(ctx, "authorization")) > 0 {
		return err
	}
	return grpcstatus.Errorf(codes.Unauthenticated,
		"%s The local cloud checks permissions, and PUBSUB_EMULATOR_HOST alone makes clients send no token: "+
			"give the client option.WithGRPCDialOption(grpc.WithPerRPCCredentials(…)) with credentials that set authorization "+
			"to \"Bearer TOKEN\" and need no transport security.",
		grpcstatus.Convert(err).Message())
}
