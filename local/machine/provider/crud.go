package provider

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

// Limits of one operation on a resource; customTimeouts in the program change the first.
const (
	operationTimeout = 20 * time.Minute
	visibleWithin    = time.Minute // from creation to the first successful read
)

// operation bounds ctx by the resource's timeout, in seconds, and by the engine's cancellation.
func (*server) operation(ctx context.Context, seconds float64) (context.Context, context.CancelFunc) {
	limit := operationTimeout
	if seconds > 0 {
		limit = time.Duration(seconds * float64(time.Second))
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	stop := context.AfterFunc(sessionOf(ctx).ctx, cancel)
	return ctx, func() { stop(); cancel() }
}

func (s *server) bareCall(ctx context.Context) *call {
	v := sessionOf(ctx).current()
	return &call{
		rest:     rest{endpoint: s.endpoint, token: cmp.Or(v.accessToken, s.token)},
		settings: v,
		workDir:  s.workDir,
	}
}

func (s *server) newCall(ctx context.Context, urn, id string, inputs, oldInputs,
	state *structpb.Struct) (*call, error) {
	c := s.bareCall(ctx)
	var err error
	if c.token, c.kind, err = kindOf(urn); err != nil {
		return nil, err
	}
	c.schema, c.id = gcp.Resources[c.token], id
	if c.rawInputs, err = s.unmarshal(inputs); err != nil {
		return nil, err
	}
	olds, err := s.unmarshal(oldInputs)
	if err != nil {
		return nil, err
	}
	if c.rawState, err = s.unmarshal(state); err != nil {
		return nil, err
	}
	c.inputs, c.oldInputs, c.state = plainMap(c.rawInputs), plainMap(olds), plainMap(c.rawState)
	return c, nil
}

// Create makes the resource, or in a preview says what is known of it.
func (s *server) Create(ctx context.Context, req *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	c, err := s.newCall(ctx, req.Urn, "", req.Properties, nil, nil)
	if err != nil {
		return nil, err
	}
	if req.Preview {
		outputs, err := s.marshal(c.dressed(c.foreseen()))
		return &pulumirpc.CreateResponse{Properties: outputs}, err
	}
	ctx, cancel := s.operation(ctx, req.Timeout)
	defer cancel()
	id, state, err := c.kind.create(ctx, c)
	if errors.Is(err, errAlreadyDone) && c.kind.id != nil {
		id, err = c.kind.id(c)
	}
	c.id = id
	if err == nil && state == nil {
		state, err = c.readNew(ctx)
	}
	if err != nil { // What is there but does not work stays unknown to the stack: so does the official provider.
		return nil, c.failed("creating", err)
	}
	outputs, err := s.marshal(c.dressed(c.complete(state)))
	return &pulumirpc.CreateResponse{Id: id, Properties: outputs}, err
}

// Read refreshes a resource, or imports one when it has no inputs yet. An empty
// id in the answer says that it is gone.
func (s *server) Read(ctx context.Context, req *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	c, err := s.newCall(ctx, req.Urn, req.Id, req.Inputs, nil, req.Properties)
	if err != nil {
		return nil, err
	}
	ctx, cancel := s.operation(ctx, req.Timeout)
	defer cancel()
	imported := len(c.state) == 0
	if imported {
		if err := c.parseImport(); err != nil {
			return nil, c.failed("importing", err)
		}
	}
	state, err := c.kind.read(ctx, c)
	if err != nil && !isGone(err) {
		return nil, c.failed("reading", err)
	}
	if state == nil {
		return &pulumirpc.ReadResponse{}, nil
	}
	if imported {
		c.inputs = map[string]any{"labels": state["effectiveLabels"], "annotations": state["effectiveAnnotations"]}
	}
	outputs := c.dressed(c.complete(state))
	inputs := c.rawInputs
	if imported {
		inputs = c.inputsOf(outputs)
	} else {
		inputs = c.drifted(outputs)
	}
	res := &pulumirpc.ReadResponse{Id: c.id}
	if res.Properties, err = s.marshal(outputs); err != nil {
		return nil, err
	}
	res.Inputs, err = s.marshal(inputs)
	return res, err
}

// Update changes a resource in place, or in a preview says what is known of the result.
func (s *server) Update(ctx context.Context, req *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	c, err := s.newCall(ctx, req.Urn, req.Id, req.News, req.OldInputs, req.Olds)
	if err != nil {
		return nil, err
	}
	c.keepComputed()
	if req.Preview {
		outputs, err := s.marshal(c.dressed(c.foreseenUpdate()))
		return &pulumirpc.UpdateResponse{Properties: outputs}, err
	}
	ctx, cancel := s.operation(ctx, req.Timeout)
	defer cancel()
	if c.kind.update != nil {
		if err := c.kind.update(ctx, c); err != nil {
			return nil, c.failed("updating", err)
		}
	}
	state, err := c.kind.read(ctx, c)
	if err == nil && state == nil {
		err = fmt.Errorf("it is gone: run pulumi refresh")
	}
	if err != nil {
		return nil, c.failed("reading the updated", err)
	}
	outputs, err := s.marshal(c.dressed(c.complete(state)))
	return &pulumirpc.UpdateResponse{Properties: outputs}, err
}

// Delete removes a resource; one that is gone already counts as removed.
func (s *server) Delete(ctx context.Context, req *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	c, err := s.newCall(ctx, req.Urn, req.Id, req.OldInputs, nil, req.Properties)
	if err != nil {
		return nil, err
	}
	ctx, cancel := s.operation(ctx, req.Timeout)
	defer cancel()
	if err := c.kind.remove(ctx, c); err != nil && !isGone(err) {
		return nil, c.failed("deleting", err)
	}
	return &emptypb.Empty{}, nil
}

// readNew reads a resource that was just made. Some of Google's APIs do not
// know a new resource at once.
func (c *call) readNew(ctx context.Context) (map[string]any, error) {
	ctx, cancel := context.WithTimeout(ctx, visibleWithin)
	defer cancel()
	return poll(ctx, func() (map[string]any, error) {
		state, err := c.kind.read(ctx, c)
		if isGone(err) || isMaybeGone(err) || err == nil && state == nil {
			return nil, errors.Join(errPending, err)
		}
		return state, err
	})
}

func (c *call) failed(doing string, err error) error {
	name := cmp.Or(c.id, c.text("name"), c.token)
	return fmt.Errorf("%s %s %s: %w", doing, c.token, name, err)
}
