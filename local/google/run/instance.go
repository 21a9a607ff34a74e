package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	loggingapi "google.golang.org/api/logging/v2"
	runapi "google.golang.org/api/run/v2"

	"docx2pdf/local/google/logging"
	"docx2pdf/local/machine/container"
	"docx2pdf/local/machine/metadata"
	"docx2pdf/local/machine/peer"
)

// shutdownGrace is how long a container has between SIGTERM and SIGKILL.
const shutdownGrace = 10 * time.Second

// instance is one running container with its metadata server. The pool's lock guards requests, lastUsed and draining.
type instance struct {
	id        string
	address   string
	container container.Container
	metadata  *http.Server
	dir       string
	service   *Service
	spec      spec
	cancel    context.CancelFunc
	stopOnce  sync.Once

	requests int
	lastUsed time.Time
	draining bool
}

// startInstance starts a container and waits for its start-up probe.
func startInstance(ctx context.Context, s *Service, spec spec, closed <-chan struct{}) (*instance, error) {
	in := &instance{id: strings.ReplaceAll(uuid.NewString(), "-", ""), service: s, spec: spec}
	if err := s.mayUse(spec.project, spec.key); err != nil {
		in.log("ERROR", "An instance was not started. "+err.Error())
		return nil, err
	}
	in.dir = filepath.Join(s.dir, "instances", in.id)
	if err := os.MkdirAll(in.dir, 0o700); err != nil {
		return nil, err
	}
	host, port, err := freeAddress()
	if err != nil {
		return nil, err
	}
	in.address = net.JoinHostPort(host, fmt.Sprint(port))
	metadataAddress, err := in.serveMetadata()
	if err != nil {
		return nil, err
	}
	var live context.Context
	live, in.cancel = context.WithCancel(context.Background())
	in.container, err = container.Start(container.Spec{
		ID: in.id, Owner: s.dir, Image: spec.image, Command: spec.template.Command, Args: spec.template.Args,
		WorkDir: spec.template.WorkingDir,
		Dir:     in.dir, Memory: spec.memory, CPU: spec.cpu, Env: in.environment(host, port, metadataAddress),
		Output: in.output,
	})
	if err != nil {
		in.cleanUp()
		return nil, err
	}
	if err := in.awaitStart(ctx, closed); err != nil {
		in.stop()
		return nil, err
	}
	if probe := spec.template.LivenessProbe; probe != nil {
		go in.watchLiveness(live, probe)
	}
	return in, nil
}

// environment is what a container of Cloud Run finds (https://cloud.google.com/run/docs/container-contract#env-vars),
// and how it reaches the local cloud.
func (in *instance) environment(host string, port int, metadataAddress string) []string {
	address := in.service.Address()
	env := []string{
		fmt.Sprintf("PORT=%d", port), "K_SERVICE=" + in.spec.service, "K_REVISION=" + short(in.spec.revision),
		"K_CONFIGURATION=" + in.spec.service,
		"GCE_METADATA_HOST=" + metadataAddress, "GCE_METADATA_IP=" + metadataAddress, "HOST=" + host,
		"GOOGLE_STORAGE_CUSTOM_ENDPOINT=http://" + address + "/storage/v1/",
	}
	for _, e := range in.spec.template.Env {
		env = append(env, e.Name+"="+e.Value)
	}
	return env
}

func (in *instance) serveMetadata() (address string, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	in.metadata = &http.Server{ReadHeaderTimeout: 10 * time.Second,
		Handler: metadata.Handler(metadata.Instance{ID: in.id, Project: in.spec.project, Number: in.spec.number,
			Region: in.spec.region, Account: in.spec.account}, in.service.Tokens)}
	address = listener.Addr().String()
	if in.spec.image.Host { // a container of Docker may have any user
		listener = peer.Guard(listener, os.Getuid(), func(err error) { in.service.Log.Warn("metadata server", "error", err) })
	}
	go in.metadata.Serve(listener)
	return address, nil
}

// awaitStart waits until the start-up probe succeeds. Locally the probe is asked more often than the template says, but
// given up at the same time.
func (in *instance) awaitStart(ctx context.Context, closed <-chan struct{}) error {
	probe := in.spec.template.StartupProbe
	limit := time.Duration(probe.InitialDelaySeconds+probe.PeriodSeconds*probe.FailureThreshold) * time.Second
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if in.probe(ctx, probe) == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-closed:
			return errClosed
		case <-in.container.Done():
			return in.startFailure(fmt.Sprintf("The container ended during its start: %v.", in.exit()))
		case <-ctx.Done():
			return in.startFailure(fmt.Sprintf("The start-up probe did not succeed within %s.", limit))
		}
	}
}

func (in *instance) startFailure(why string) error {
	return fmt.Errorf("The user-provided container failed to start and listen on the port defined provided by the "+
		"PORT=%d environment variable within the allocated timeout. "+
		"This can happen when the container port is misconfigured or if the timeout is too short. %s Logs for this "+
		"revision might contain more information: go run ./local logs -revision %s",
		in.spec.template.Ports[0].ContainerPort, why, short(in.spec.revision))
}

// probe asks the container once.
func (in *instance) probe(ctx context.Context, p *runapi.GoogleCloudRunV2Probe) error {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(p.TimeoutSeconds)*time.Second)
	defer cancel()
	if p.HttpGet == nil {
		var d net.Dialer
		conn, err := d.DialContext(ctx, "tcp", in.address)
		if err == nil {
			conn.Close()
		}
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+in.address+p.HttpGet.Path, nil)
	if err != nil {
		return err
	}
	for _, h := range p.HttpGet.HttpHeaders {
		r.Header.Set(h.Name, h.Value)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	response.Body.Close()
	if response.StatusCode < 200 || response.StatusCode >= 400 {
		return fmt.Errorf("GET %s answered %s", p.HttpGet.Path, response.Status)
	}
	return nil
}

// watchLiveness stops an instance whose liveness probe keeps failing.
func (in *instance) watchLiveness(ctx context.Context, p *runapi.GoogleCloudRunV2Probe) {
	tick := time.NewTicker(time.Duration(p.PeriodSeconds) * time.Second)
	defer tick.Stop()
	for failures := int64(0); failures < p.FailureThreshold; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := in.probe(ctx, p); err == nil {
			failures = 0
		} else if failures++; ctx.Err() == nil && failures == p.FailureThreshold {
			in.log("ERROR",
				fmt.Sprintf("LIVENESS HTTP probe failed %d times consecutively for container: %v. The instance has been shut down.",
					failures, err))
			in.container.Stop(shutdownGrace)
		}
	}
}

// stop ends the instance and waits for it. It may be called more than once.
func (in *instance) stop() {
	in.stopOnce.Do(func() {
		in.container.Stop(shutdownGrace)
		in.cleanUp()
	})
}

func (in *instance) cleanUp() {
	in.cancel()
	in.metadata.Close()
	os.RemoveAll(in.dir)
}

func (in *instance) exit() error {
	if err := in.container.Err(); err != nil {
		return err
	}
	return errors.New("exit status 0")
}

func (in *instance) logExit() {
	var memory container.MemoryError
	if errors.As(in.exit(), &memory) {
		in.log("ERROR", memory.Error())
		return
	}
	in.log("WARNING", fmt.Sprintf("Container called exit: %v.", in.exit()))
}

// output sends a line of the container to Cloud Logging; a JSON line becomes a structured entry
// (https://cloud.google.com/run/docs/logging).
func (in *instance) output(stderr bool, line string) {
	stream := "stdout"
	if stderr {
		stream = "stderr"
	}
	in.service.Logging.Write(in.spec.project, in.entry("run.googleapis.com%2F"+stream, line))
}

func (in *instance) log(severity, text string) {
	e := in.entry("run.googleapis.com%2Fvarlog%2Fsystem", text)
	e.Severity = severity
	in.service.Logging.Write(in.spec.project, e)
}

func (in *instance) entry(log, line string) logging.Entry {
	e := logging.Entry{
		LogName: "projects/" + in.spec.project + "/logs/" + log, Labels: map[string]string{"instanceId": in.id},
		Resource: &loggingapi.MonitoredResource{Type: "cloud_run_revision",
			Labels: map[string]string{"project_id": in.spec.project, "location": in.spec.region,
				"service_name": in.spec.service, "configuration_name": in.spec.service, "revision_name": short(in.spec.revision)}},
	}
	var fields map[string]any
	if !strings.HasPrefix(line, "{") || json.Unmarshal([]byte(line), &fields) != nil {
		e.TextPayload = line
		return e
	}
	for key, into := range map[string]*string{"severity": &e.Severity, "logging.googleapis.com/trace": &e.Trace,
		"logging.googleapis.com/spanId": &e.SpanId, "time": &e.Timestamp} {
		if value, ok := fields[key].(string); ok {
			*into = value
			delete(fields, key)
		}
	}
	e.JsonPayload, _ = json.Marshal(fields)
	return e
}
