// Package run is Cloud Run: the Admin API v2 for services and revisions
// (https://cloud.google.com/run/docs/reference/rest), the instances that really run the containers, and the front end
// that guards and balances them. Most of its tests are in local/cloud.
package run

import (
	"context"
	_ "embed"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	runapi "google.golang.org/api/run/v2"

	"docx2pdf/local/google/iam"
	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/google/iam/token"
	"docx2pdf/local/google/kms"
	"docx2pdf/local/google/logging"
	"docx2pdf/local/google/project"
	"docx2pdf/local/machine/container"
	"docx2pdf/local/machinery/door"
	"docx2pdf/local/machinery/fault"
	"docx2pdf/local/machinery/operation"
	"docx2pdf/local/machinery/refusal"
	"docx2pdf/local/machinery/status"
	"docx2pdf/local/machinery/store"
)

//go:embed refusals.tsv
var refusals string

// Refusals are what Cloud Run refuses.
var Refusals = refusal.MustRead(refusals)

// Services are the parts of the local cloud that Cloud Run uses.
type Services struct {
	Policies   *policy.Engine
	Door       *door.Door
	Tokens     *token.Authority
	Accounts   *iam.Service
	Projects   *project.Service
	Keys       *kms.Service
	Logging    *logging.Service
	Operations *operation.Operations
	Log        *slog.Logger
	// Address is the local cloud's own host:port, where its registry and APIs are.
	Address func() string
	Faults  *fault.Injector
	// InternalSecret marks requests from inside the local cloud.
	InternalSecret string
	// Agent is the email of Cloud Run's service agent in a project, which pulls images and uses their keys.
	Agent func(project string) string
}

// Options are what a user may set.
type Options struct {
	// Idle is how long an instance above the minimum stays without requests; Google keeps one up to 15 minutes.
	Idle time.Duration
	// Pending is how long a request waits for a free instance before it is refused with 429.
	Pending time.Duration
	Docker  bool
}

// Service keeps Cloud Run's services and runs them.
type Service struct {
	Services
	db        *store.DB
	options   Options
	dir       string
	images    *container.Puller
	services  *store.Collection[record]                          // by name
	revisions *store.Collection[runapi.GoogleCloudRunV2Revision] // by name

	mu        sync.Mutex
	deploying map[string]*sync.Mutex // one deployment of a service at a time
	running   map[string]*frontend   // by service name
	work      sync.WaitGroup
}

// record is a service as stored, with what Google keeps to itself.
type record struct {
	Service   runapi.GoogleCloudRunV2Service           `json:"service"`
	Port      int                                      `json:"port"`
	Revisions int                                      `json:"revisions"` // how many were ever made
	Deployed  *runapi.GoogleCloudRunV2RevisionTemplate `json:"deployed,omitempty"`
	Failed    bool                                     `json:"failed,omitempty"` // the last deployment
}

// Open uses the services in the store. Start brings them up.
func Open(db *store.DB, services Services, options Options) (*Service, error) {
	dir := db.Folder("run")
	s := &Service{Services: services, db: db, options: options, dir: dir, deploying: map[string]*sync.Mutex{},
		running: map[string]*frontend{}}
	s.images = &container.Puller{Registry: services.Address, Dir: filepath.Join(dir, "images"), Docker: options.Docker}
	s.services = store.In[record](db, "run/services")
	s.revisions = store.In[runapi.GoogleCloudRunV2Revision](db, "run/revisions")
	return s, RemoveLeft(context.Background(), dir)
}

// RemoveLeft removes the instances that a server which was killed left in dir, and their containers in a Docker engine.
func RemoveLeft(ctx context.Context, dir string) error {
	instances := filepath.Join(dir, "instances")
	if err := container.RemoveContainers(ctx, dir, instances); err != nil {
		return err
	}
	return os.RemoveAll(instances)
}

// Start opens the front ends of all stored services at their old ports; instances start with the first request, or at
// once where a minimum is set.
func (s *Service) Start(ctx context.Context) error {
	s.dropImages(ctx)
	services := s.services.List("")
	for _, r := range services { // all ports first, before instances take some
		if err := s.reopen(r); err != nil {
			return err
		}
	}
	for _, r := range services {
		if err := s.interrupted(r.Service.Name); err != nil {
			return err
		}
		if r.Service.LatestReadyRevision == "" {
			continue
		}
		if err := s.route(ctx, s.frontend(r.Service.Name), r.Service); err != nil {
			s.Log.Error("a service could not be brought back", "service", r.Service.Name, "error", err)
		}
	}
	return nil
}

// interrupted fails the deployment of a service that a stop of the server cut off.
func (s *Service) interrupted(name string) error {
	cut := status.Errorf(status.Unavailable,
		"The local cloud was stopped while this service was deployed. Deploy it again.")
	_, err := s.services.Update(name, func(have *record, _ bool) error {
		if have.Service.Reconciling {
			have.Failed = true
			conclude(&have.Service, s.frontend(name).url(), cut)
		}
		return nil
	})
	return err
}

// reopen gives a stored service its old port, or another when somebody has taken that one meanwhile.
func (s *Service) reopen(r record) error {
	_, err := s.open(r.Service.Name, r.Port)
	if err == nil {
		return nil
	}
	f, newErr := s.open(r.Service.Name, 0)
	if newErr != nil {
		return fmt.Errorf("opening a port for %s: %w", r.Service.Name, newErr)
	}
	s.Log.Warn("the port of a service is taken: its URL changes, deploy the stack again", "service", r.Service.Name, "was",
		r.Service.Uri, "is", f.url(), "error", err)
	_, err = s.services.Update(r.Service.Name, func(r *record, _ bool) error {
		r.Port, r.Service.Uri, r.Service.Urls = f.port(), f.url(), []string{f.url()}
		return nil
	})
	return err
}

// Close stops all instances, with the grace that Cloud Run gives them.
func (s *Service) Close() {
	s.mu.Lock()
	fronts := s.running
	s.running = map[string]*frontend{}
	s.mu.Unlock()
	var stopped sync.WaitGroup
	for _, f := range fronts {
		stopped.Go(f.close)
	}
	stopped.Wait()
	s.work.Wait()
}

// Names returns the names of all services, in order.
func (s *Service) Names() []string { return s.services.Keys("") }

// List returns all services as the API shows them.
func (s *Service) List() []runapi.GoogleCloudRunV2Service {
	var services []runapi.GoogleCloudRunV2Service
	for _, r := range s.services.List("") {
		services = append(services, r.Service)
	}
	return services
}

// Revisions returns the revisions of a service, the oldest first.
func (s *Service) Revisions(service string) []runapi.GoogleCloudRunV2Revision {
	return s.revisions.List(service + "/revisions/")
}

// Instances returns how many instances of a revision run.
func (s *Service) Instances(revision string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.running {
		if n, ok := f.instances(revision); ok {
			return n
		}
	}
	return 0
}

// open gives a service its front end. Port 0 picks a free one.
func (s *Service) open(name string, port int) (*frontend, error) {
	listener, err := listen(port)
	if err != nil {
		return nil, err
	}
	f := newFrontend(s, name, listener)
	s.mu.Lock()
	s.running[name] = f
	s.mu.Unlock()
	return f, nil
}

func (s *Service) frontend(name string) *frontend {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.running[name]
}

// lock orders the deployments of one service.
func (s *Service) lock(name string) *sync.Mutex {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.deploying[name] == nil {
		s.deploying[name] = &sync.Mutex{}
	}
	return s.deploying[name]
}

// InternalHeader carries the internal secret on requests that come from inside the local cloud, such as Pub/Sub's
// pushes; services with internal ingress take only those.
const InternalHeader = "X-Local-Cloud-Internal"

func (s *Service) internal(r *http.Request) bool {
	defer r.Header.Del(InternalHeader)
	return s.InternalSecret != "" && r.Header.Get(InternalHeader) == s.InternalSecret
}
