// Package provider is a Pulumi resource provider named gcp for machines where
// the official pulumi-resource-gcp cannot be fetched. It knows the resource
// types this project's program uses, calls the same Google REST APIs as the
// official one and ends in the same outputs; it differs in talking to one
// address, the local Google Cloud's.
//
// server.go answers the engine, check.go, diff.go and crud.go hold what all
// resource types share, and one file for each Google API holds its types. What
// a type looks like comes from the official provider's schema (schema.json), what
// a change of it leads to from that provider's answers (testdata/official).
package provider

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"

	"docx2pdf/local/machine/peer"
)

// maxMessage bounds one gRPC message in bytes; the engine's own limit is 400 MB.
const maxMessage = 400 << 20

// Options says which Google Cloud the provider talks to, and as whom.
type Options struct {
	// Endpoint is the address of the local Google Cloud, such as http://127.0.0.1:8790.
	Endpoint string
	// AccessToken is sent as the bearer token unless the stack sets gcp:accessToken.
	AccessToken string
	// WorkDir is where relative paths of assets start; empty means the current
	// directory. The engine does not tell an attached provider where the program runs.
	WorkDir string
}

// Serve starts the provider on a free loopback port and returns that port.
// PULUMI_DEBUG_PROVIDERS=gcp:PORT makes the Pulumi engine attach to it. The
// provider stops when ctx ends. The engine shows no credentials, and the
// provider hands out the access token: on Linux, only the user who runs it (and
// root) can connect.
func Serve(ctx context.Context, opts Options) (port int, err error) {
	if opts.Endpoint == "" {
		return 0, fmt.Errorf("starting the gcp provider: no endpoint: pass the local cloud's address")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("starting the gcp provider: %w", err)
	}
	server := grpc.NewServer(
		grpc.StatsHandler(sessions{ctx}),
		grpc.MaxRecvMsgSize(maxMessage),
		grpc.MaxSendMsgSize(maxMessage),
	)
	pulumirpc.RegisterResourceProviderServer(server, newServer(opts))
	stop := context.AfterFunc(ctx, server.Stop)
	go func() {
		defer stop()
		_ = server.Serve(peer.Guard(listener, os.Getuid(), func(err error) { slog.Warn("the gcp provider", "error", err) }))
	}()
	return listener.Addr().(*net.TCPAddr).Port, nil
}
