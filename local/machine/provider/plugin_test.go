//go:build official

package provider_test

import (
	"bufio"
	"context"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
)

// TestOfficialAnswers compares the recorded answers with those of the installed
// pulumi-resource-gcp. UPDATE=1 writes them.
func TestOfficialAnswers(t *testing.T) {
	e := connect(t, startPlugin(t), props(map[string]any{"project": "docx2pdf-local", "region": "us-central1"}))
	got := strings.Join(e.answers(), "\n") + "\n"
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(officialAnswers, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(officialAnswers)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not what pulumi-resource-gcp answers; write it with: UPDATE=1 make official", officialAnswers)
	}
}

// startPlugin starts the plug-in as the engine does and returns its port.
func startPlugin(t *testing.T) int {
	t.Helper()
	plugin := os.Getenv("PULUMI_RESOURCE_GCP")
	if plugin == "" {
		t.Fatal("PULUMI_RESOURCE_GCP does not name the plug-in; run: make official")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	pulumirpc.RegisterEngineServer(server, logOnly{t: t})
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)

	cmd := exec.CommandContext(t.Context(), plugin, listener.Addr().String())
	cmd.Env = append(os.Environ(), "GOOGLE_OAUTH_ACCESS_TOKEN=owner", "PULUMI_GCP_SKIP_REGION_VALIDATION=true")
	cmd.Stderr = t.Output()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// logOnly is as much of the engine as a provider that only checks and compares needs.
type logOnly struct {
	pulumirpc.UnimplementedEngineServer
	t *testing.T
}

func (l logOnly) Log(_ context.Context, req *pulumirpc.LogRequest) (*emptypb.Empty, error) {
	if req.Severity >= pulumirpc.LogSeverity_WARNING {
		l.t.Log(req.Message)
	}
	return &emptypb.Empty{}, nil
}
