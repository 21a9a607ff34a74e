package provider

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"google.golang.org/grpc/stats"
)

// settings are the provider configuration (gcp:project and so on) of one stack.
type settings struct {
	project, region, zone string
	accessToken           string
	labels                map[string]any
}

// session is one engine's connection. Several engines may be attached at once,
// each with its own configuration, and gRPC carries no other sign of who calls.
type session struct {
	ctx    context.Context // ends when the engine cancels or hangs up
	cancel context.CancelFunc

	mu       sync.Mutex
	settings settings
}

func (s *session) configure(v settings) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settings = v
}

func (s *session) current() settings {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.settings
}

type sessionKey struct{}

// sessionOf returns the session of the connection a call came in on.
func sessionOf(ctx context.Context) *session { return ctx.Value(sessionKey{}).(*session) }

// sessions gives each gRPC connection a session.
type sessions struct{ parent context.Context }

func (s sessions) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context {
	ended, cancel := context.WithCancel(s.parent)
	fromEnv, _ := readSettings(nil)
	return context.WithValue(ctx, sessionKey{}, &session{ctx: ended, cancel: cancel, settings: fromEnv})
}

func (sessions) HandleConn(ctx context.Context, event stats.ConnStats) {
	if _, ended := event.(*stats.ConnEnd); ended {
		sessionOf(ctx).cancel()
	}
}

func (sessions) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context { return ctx }
func (sessions) HandleRPC(context.Context, stats.RPCStats)                       {}

// readSettings takes the configuration from a stack, and what the stack leaves
// out from the environment variables the official provider reads.
func readSettings(config resource.PropertyMap) (settings, error) {
	text := func(key resource.PropertyKey, variables ...string) string {
		if v := unwrap(config[key]); v.IsString() && v.StringValue() != "" {
			return v.StringValue()
		}
		value := ""
		for _, name := range variables {
			value = cmp.Or(value, os.Getenv(name))
		}
		return value
	}
	for _, key := range []resource.PropertyKey{"credentials", "impersonateServiceAccount"} {
		if text(key) != "" {
			return settings{}, fmt.Errorf("gcp:%s does not work with the local cloud's built-in provider: "+
				"remove it from the stack's configuration", key)
		}
	}
	s := settings{
		project:     text("project", "GOOGLE_PROJECT", "GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT"),
		region:      text("region", "GOOGLE_REGION", "GCLOUD_REGION", "CLOUDSDK_COMPUTE_REGION"),
		zone:        text("zone", "GOOGLE_ZONE", "GCLOUD_ZONE", "CLOUDSDK_COMPUTE_ZONE"),
		accessToken: text("accessToken"),
	}
	switch labels := unwrap(config["defaultLabels"]); {
	case labels.IsObject():
		s.labels = plainMap(labels.ObjectValue())
	case labels.IsString() && labels.StringValue() != "":
		// The engine hands provider configuration that is not a string over as JSON text.
		if err := json.Unmarshal([]byte(labels.StringValue()), &s.labels); err != nil {
			return settings{}, fmt.Errorf("gcp:defaultLabels is not a map of strings: %w", err)
		}
	}
	return s, nil
}
