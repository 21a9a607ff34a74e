package provider

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
)

// server answers the Pulumi engine's calls.
type server struct {
	pulumirpc.UnimplementedResourceProviderServer
	endpoint string
	token    string
	workDir  string
}

func newServer(opts Options) *server {
	return &server{
		endpoint: strings.TrimSuffix(opts.Endpoint, "/"),
		token:    opts.AccessToken,
		workDir:  opts.WorkDir,
	}
}

// Handshake says what this provider understands of the protocol.
func (*server) Handshake(context.Context, *pulumirpc.ProviderHandshakeRequest) (*pulumirpc.ProviderHandshakeResponse,
	error) {
	return &pulumirpc.ProviderHandshakeResponse{AcceptSecrets: true}, nil
}

// Attach is called by an engine that found the provider already running.
func (*server) Attach(context.Context, *pulumirpc.PluginAttach) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// GetPluginInfo returns the version of the official provider that this one stands in for.
func (*server) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: gcp.Version}, nil
}

// GetSchema returns the schema of the types this provider has.
func (*server) GetSchema(context.Context, *pulumirpc.GetSchemaRequest) (*pulumirpc.GetSchemaResponse, error) {
	return &pulumirpc.GetSchemaResponse{Schema: string(schemaJSON)}, nil
}

// CheckConfig refuses configuration that the provider could only ignore.
func (s *server) CheckConfig(_ context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	config, err := s.unmarshal(req.News)
	if err != nil {
		return nil, err
	}
	if _, err := readSettings(config); err != nil {
		return &pulumirpc.CheckResponse{Failures: []*pulumirpc.CheckFailure{{Reason: err.Error()}}}, nil
	}
	return &pulumirpc.CheckResponse{Inputs: req.News}, nil
}

// DiffConfig never asks for a replacement: no resource depends on the provider's own identity.
func (*server) DiffConfig(context.Context, *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	return &pulumirpc.DiffResponse{}, nil
}

// Configure takes the stack's gcp: configuration for this connection.
func (s *server) Configure(ctx context.Context, req *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	config, err := s.unmarshal(req.Args)
	if err != nil {
		return nil, err
	}
	v, err := readSettings(config)
	if err != nil {
		return nil, err
	}
	sessionOf(ctx).configure(v)
	return &pulumirpc.ConfigureResponse{AcceptSecrets: true, SupportsPreview: true}, nil
}

// Cancel ends every operation of this connection.
func (*server) Cancel(ctx context.Context, _ *emptypb.Empty) (*emptypb.Empty, error) {
	sessionOf(ctx).cancel()
	return &emptypb.Empty{}, nil
}

// functions are the data sources, by their tokens.
var functions = map[string]func(context.Context, *call) (map[string]any, error){
	"gcp:organizations/getClientConfig:getClientConfig":             getClientConfig,
	"gcp:organizations/getProject:getProject":                       getProject,
	"gcp:storage/getProjectServiceAccount:getProjectServiceAccount": getProjectServiceAccount,
}

// Invoke calls a data source.
func (s *server) Invoke(ctx context.Context, req *pulumirpc.InvokeRequest) (*pulumirpc.InvokeResponse, error) {
	function, ok := functions[req.Tok]
	if !ok {
		return nil, fmt.Errorf("the built-in gcp provider has no function %s: it has %s",
			req.Tok, strings.Join(slices.Sorted(maps.Keys(functions)), ", "))
	}
	args, err := s.unmarshal(req.Args)
	if err != nil {
		return nil, err
	}
	schema := gcp.Functions[req.Tok]
	if failures := coerceAll("", args, schema.Inputs.Properties); len(failures) > 0 {
		return &pulumirpc.InvokeResponse{Failures: failures}, nil
	}
	ctx, cancel := s.operation(ctx, 0)
	defer cancel()
	c := s.bareCall(ctx)
	c.inputs = plainMap(args)
	result, err := function(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("calling %s: %w", req.Tok, err)
	}
	// Not marked as secrets, whatever the schema says: the bridge of the official
	// provider does not, and the Go SDK refuses secrets from a plain invoke.
	values, err := s.marshal(dressed(result, nil, nil))
	if err != nil {
		return nil, err
	}
	return &pulumirpc.InvokeResponse{Return: values}, nil
}

// kindOf finds the type of a resource by its URN.
func kindOf(urn string) (token string, k *kind, err error) {
	token = string(resource.URN(urn).Type())
	k, ok := kinds[token]
	if !ok {
		return "", nil, fmt.Errorf("the built-in gcp provider has no resource type %s: it has %s; "+
			"install pulumi-resource-gcp %s for the others", token, strings.Join(slices.Sorted(maps.Keys(kinds)),
			", "), gcp.Version)
	}
	return token, k, nil
}
