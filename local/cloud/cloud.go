// Package cloud puts the services of the local Google Cloud together behind one HTTP handler.
package cloud

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"docx2pdf/local/google/billing"
	"docx2pdf/local/google/build"
	"docx2pdf/local/google/iam"
	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/google/iam/token"
	"docx2pdf/local/google/kms"
	"docx2pdf/local/google/logging"
	"docx2pdf/local/google/monitoring"
	"docx2pdf/local/google/project"
	"docx2pdf/local/google/pubsub"
	"docx2pdf/local/google/registry"
	"docx2pdf/local/google/run"
	"docx2pdf/local/google/serviceusage"
	"docx2pdf/local/google/storage"
	"docx2pdf/local/machinery/door"
	"docx2pdf/local/machinery/fault"
	"docx2pdf/local/machinery/operation"
	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/status"
	"docx2pdf/local/machinery/store"
	"docx2pdf/local/machinery/traffic"
)

// Owner is the user who owns the local cloud's projects.
const Owner = "owner@example.com"

// DefaultProject exists from the start.
const DefaultProject = "docx2pdf-local"

// Options are what a user may set.
type Options struct {
	Dir string // where the state is kept
	Log *slog.Logger
	// Idle is how long Cloud Run keeps an instance without requests; 0 keeps it for good.
	Idle time.Duration
	// Pending is how long a request to Cloud Run waits for an instance before it gets 429.
	Pending time.Duration
	// Docker builds images with the Docker engine and runs them there, instead of compiling and running the Go program
	// that they hold.
	Docker bool
	// StateFlag is what go run ./local needs in a command to find the state, for the page.
	StateFlag string
	// Faults is what goes wrong on purpose; nil for nothing.
	Faults *fault.Injector
}

// Cloud is a running local Google Cloud.
type Cloud struct {
	options Options
	address atomic.Value
	lock    *os.File
	state   *store.DB

	tokens   *token.Authority
	policies *policy.Engine
	door     *door.Door
	traffic  *traffic.Log
	iam      *iam.Service
	projects *project.Service
	usage    *serviceusage.Service
	storage  *storage.Service
	registry *registry.Service
	logging  *logging.Service
	monitor  *monitoring.Service
	billing  *billing.Service
	kms      *kms.Service
	build    *build.Service
	run      *run.Service
	pubsub   *pubsub.Service
	server   *rest.Server

	operations *operation.Operations
}

// Open reads the state in options.Dir, or starts with an empty cloud that has the default project. Only one cloud can
// have a state open.
func Open(ctx context.Context, options Options) (*Cloud, error) {
	c := &Cloud{options: options, traffic: traffic.New()}
	c.address.Store("")
	var err error
	if c.lock, err = lock(options.Dir); err != nil {
		return nil, err
	}
	if err := c.open(ctx); err != nil {
		c.lock.Close()
		return nil, err
	}
	return c, nil
}

func (c *Cloud) open(ctx context.Context) (err error) {
	if c.state, err = store.Open(c.options.Dir); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			c.state.Close()
		}
	}()
	var judge policy.Judge
	c.policies, judge = policy.Open(c.state)
	c.policies.SetDelay(c.options.Faults.IAMDelay())
	c.policies.SetGrantDelays(c.options.Faults.GrantDelay)
	if c.tokens, err = token.Open(c.state.Folder("token"), Owner); err != nil {
		return err
	}
	c.door = door.New(judge, c.tokens, c.traffic, c.options.Log)
	if c.operations, err = operation.Open(c.state); err != nil {
		return err
	}
	operations := c.operations
	c.iam = iam.Open(c.state, c.policies, c.tokens)
	c.projects = project.Open(c.state, c.policies, c.door, operations)
	c.projects.SetAPIDelays(c.options.Faults.APIDelay)
	c.projects.SetEnforced(c.options.Faults.Enforced)
	c.iam.UseProjects(c.projects)
	c.usage = &serviceusage.Service{Projects: c.projects, Accounts: c.iam, Policies: c.policies, Operations: operations}
	if c.logging, err = logging.Open(c.state); err != nil {
		return err
	}
	c.monitor = monitoring.Open(c.state)
	if c.billing, err = billing.Open(c.state, c.policies, c.projects, c.tokens.Owner(), c.monitor.HasChannel); err != nil {
		return err
	}
	c.kms = kms.Open(c.state, c.policies, c.projects)
	internal := uuid.NewString()
	c.pubsub = pubsub.Open(c.state, pubsub.Services{Policies: c.policies, Door: c.door, Tokens: c.tokens,
		Accounts: c.iam, Projects: c.projects, Keys: c.kms, Log: c.options.Log, Duplicate: c.options.Faults.Duplicate,
		Internal: func(h http.Header) { h.Set(run.InternalHeader, internal) }})
	if c.storage, err = storage.Open(c.state, c.policies, c.door, c.iam, c.projects, c.kms, c.pubsub); err != nil {
		return err
	}
	if c.registry, err = registry.Open(c.state, c.policies, c.door, operations, c.kms,
		c.agentOf("artifactregistry.googleapis.com")); err != nil {
		return err
	}
	if c.build, err = build.Open(c.state, build.Services{Door: c.door, Tokens: c.tokens, Accounts: c.iam,
		Projects: c.projects,
		Storage:  c.storage, Logging: c.logging, Operations: operations, Registry: c.Address, MayPush: c.registry.MayPush},
		c.options.Docker); err != nil {
		return err
	}
	if c.run, err = run.Open(c.state, run.Services{Policies: c.policies, Door: c.door, Tokens: c.tokens,
		Accounts: c.iam, Projects: c.projects, Logging: c.logging, Operations: operations, Log: c.options.Log,
		Address: c.Address, InternalSecret: internal,
		Faults: c.options.Faults,
		Keys:   c.kms,
		Agent:  c.agentOf("run.googleapis.com")},
		run.Options{Idle: c.options.Idle, Pending: c.options.Pending, Docker: c.options.Docker}); err != nil {
		return err
	}
	c.server = &rest.Server{Door: c.door, Projects: c.projects, Log: c.options.Log, Faults: c.options.Faults}
	for _, api := range c.apis() {
		c.server.Add(api)
	}
	err = c.projects.Create(DefaultProject, "", nil, c.tokens.Owner())
	if status.Is(err, status.AlreadyExists) {
		return nil
	}
	return err
}

// agentOf names a service's agent in each project.
func (c *Cloud) agentOf(service string) func(project string) string {
	return func(project string) string { return c.usage.AgentEmail(project, service) }
}

// APIs returns what the local cloud models of Google's APIs, to be shown rather than served.
func APIs() []*rest.API {
	c := &Cloud{storage: &storage.Service{}, iam: &iam.Service{}, projects: &project.Service{},
		usage: &serviceusage.Service{}, registry: &registry.Service{},
		build: &build.Service{}, run: &run.Service{}, pubsub: &pubsub.Service{}, logging: &logging.Service{},
		monitor: &monitoring.Service{}, billing: &billing.Service{}, kms: &kms.Service{}}
	return c.apis()
}

func (c *Cloud) apis() []*rest.API {
	return []*rest.API{c.storage.API(), c.iam.API(), c.iam.CredentialsAPI(), c.projects.API(), c.projects.BillingAPI(),
		c.projects.OrgPolicyAPI(),
		c.usage.API(),
		c.registry.API(), c.build.API(), c.run.API(), c.pubsub.API(), c.logging.API(), c.monitor.API(),
		c.billing.API(), c.kms.API()}
}

// Address is the host and port that Serve listens on.
func (c *Cloud) Address() string { return c.address.Load().(string) }

// OwnerToken is the access token of the owner of all projects.
func (c *Cloud) OwnerToken() string { return c.tokens.OwnerToken() }

// lock makes sure that only one process uses the state.
func lock(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("opening the state: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the state: %w", err)
	}
	// Whoever only asks whether the state is in use holds the lock for a moment.
	for range 20 {
		if err = flock(f); err == nil {
			return f, nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	f.Close()
	return nil, fmt.Errorf("another local cloud uses the state in %s; stop it, or give another -state", dir)
}

// RemoveLeft removes the containers that a killed cloud with the state in dir left in a Docker engine.
func RemoveLeft(ctx context.Context, dir string) error {
	return run.RemoveLeft(ctx, filepath.Join(dir, "run"))
}

// InUse says whether a process has the state in dir open.
func InUse(dir string) bool {
	f, err := os.Open(filepath.Join(dir, "lock"))
	if err != nil {
		return false
	}
	defer f.Close()
	return flock(f) != nil
}
