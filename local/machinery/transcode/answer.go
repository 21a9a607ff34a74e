package transcode

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"

	_ "google.golang.org/genproto/googleapis/rpc/errdetails" // the types of errors' details
	rpc "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	grpcstatus "google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"

	"docx2pdf/local/machinery/status"
)

// request is a call as an HTTP request: who calls comes from the call's metadata.
func request(ctx context.Context, verb, target string, body []byte) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, verb, target, bytes.NewReader(body))
	if err != nil {
		return nil, grpcstatus.Errorf(codes.InvalidArgument, "translating the call: %v", err)
	}
	for _, name := range []string{"authorization", "user-agent"} {
		for _, value := range metadata.ValueFromIncomingContext(ctx, name) {
			r.Header.Add(name, value)
		}
	}
	return r, nil
}

// answer collects what a handler writes.
type answer struct {
	header http.Header
	code   int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(code int) { a.code = code }

func (a *answer) Write(data []byte) (int, error) { return a.body.Write(data) }

// call has the REST handler answer the request. An answer that is lost on purpose is a broken connection.
func (t transcoder) call(ctx context.Context, verb, target string, body []byte) (content []byte, err error) {
	r, err := request(ctx, verb, t.mount+target, body)
	if err != nil {
		return nil, err
	}
	defer func() {
		if lost := recover(); lost == http.ErrAbortHandler {
			err = grpcstatus.Error(codes.Unavailable, "the connection was lost")
		} else if lost != nil {
			panic(lost)
		}
	}()
	a := &answer{header: http.Header{}, code: http.StatusOK}
	t.rest.ServeHTTP(a, r)
	if a.code >= 400 {
		return nil, fromAnswer(a)
	}
	return a.body.Bytes(), nil
}

// fromAnswer turns Google's JSON error into a status.
func fromAnswer(a *answer) error {
	var wire struct {
		Error struct {
			Message string            `json:"message"`
			Status  string            `json:"status"`
			Details []json.RawMessage `json:"details"`
		} `json:"error"`
	}
	if err := json.Unmarshal(a.body.Bytes(), &wire); err != nil {
		return grpcstatus.Errorf(codes.Internal, "reading the error %d: %v", a.code, err)
	}
	return withDetails(codeOf(wire.Error.Status), wire.Error.Message, wire.Error.Details)
}

// fromError is the status of an error of package status; what is a status already stays.
func fromError(err error) error {
	if _, ok := grpcstatus.FromError(err); ok {
		return err
	}
	e := status.From(err)
	var details []json.RawMessage
	for _, d := range e.Details {
		if data, err := json.Marshal(d); err == nil {
			details = append(details, data)
		}
	}
	return withDetails(codeOf(e.Code.Name), e.Message, details)
}

// codeOf is a code by its name in google.rpc.Code.
func codeOf(name string) codes.Code {
	var code codes.Code
	if err := code.UnmarshalJSON([]byte(`"` + name + `"`)); err != nil {
		return codes.Unknown
	}
	return code
}

func withDetails(code codes.Code, message string, details []json.RawMessage) error {
	wire := &rpc.Status{}
	data, err := json.Marshal(map[string]any{"details": details})
	if err != nil || protojson.Unmarshal(data, wire) != nil {
		wire = &rpc.Status{} // without details of a type that is not known here
	}
	wire.Code, wire.Message = int32(code), message
	return grpcstatus.ErrorProto(wire)
}
