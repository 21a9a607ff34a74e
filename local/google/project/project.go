// Package project keeps the projects of the local cloud: the Resource Manager API (v1, and the reads of v3), their
// billing information, and which APIs they have enabled.
package project

import (
	"crypto/rand"
	_ "embed"
	"encoding/json"
	"fmt"
	"math/big"
	"sync"
	"time"

	crm "google.golang.org/api/cloudresourcemanager/v1"

	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/machinery/door"
	"docx2pdf/local/machinery/operation"
	"docx2pdf/local/machinery/refusal"
	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/status"
	"docx2pdf/local/machinery/store"
)

//go:embed refusals.tsv
var refusals string

// Refusals are what Resource Manager refuses.
var Refusals = refusal.MustRead(refusals)

// Service keeps the projects.
type Service struct {
	db         *store.DB
	policies   *policy.Engine
	door       *door.Door
	operations *operation.Operations
	projects   *store.Collection[project]

	mu    sync.Mutex
	delay func(service string) time.Duration

	enforced func(constraint string) bool // by the organisation; nil for none
	usable   map[string]time.Time         // when an API that was enabled answers, by project/service
}

type project struct {
	Project  crm.Project     `json:"project"`
	Services map[string]bool `json:"services,omitempty"`
	// Unpaid is a project without a billing account. New ones have one here, as where the console makes them.
	Unpaid bool `json:"unpaid,omitempty"`
}

// What all Cloud Run instances of a new project may have in one region, by reports of users, for example
// googlecodelabs/feedback#1856. Instances that exist count, and a service's most instances may not ask for more.
const (
	QuotaMilliCPU = 20_000
	QuotaMemory   = 40 << 30 // bytes
)

// Open uses the projects in the store.
func Open(db *store.DB, policies *policy.Engine, door *door.Door, operations *operation.Operations) *Service {
	return &Service{db: db, policies: policies, door: door, operations: operations,
		projects: store.In[project](db, "projects"),
		usable:   map[string]time.Time{}}
}

// Create makes a project that belongs to owner; a project that exists is left as it is.
func (s *Service) Create(id, name string, labels map[string]string, owner policy.Principal) error {
	asked := crm.Project{ProjectId: id, Name: name, Labels: labels, ForceSendFields: []string{"ProjectId"}}
	if err := Refusals.Check("projects", &asked); err != nil {
		return err
	}
	if _, ok := s.projects.Get(id); ok {
		return status.Errorf(status.AlreadyExists, "Requested entity already exists")
	}
	n, err := rand.Int(rand.Reader, big.NewInt(900_000_000_000))
	if err != nil {
		return err
	}
	if name == "" {
		name = id
	}
	var made store.Batch
	s.projects.PutIn(&made, id, project{Project: crm.Project{
		ProjectId: id, ProjectNumber: n.Int64() + 100_000_000_000, Name: name, Labels: labels, LifecycleState: "ACTIVE",
		CreateTime: time.Now().UTC().Format("2006-01-02T15:04:05.000000Z"),
	}})
	if err := s.policies.GrantIn(&made, policy.Project(id).Name, "roles/owner", owner.Member()); err != nil {
		return err
	}
	return s.db.Write(&made)
}

// Number returns the number of a project by its id.
func (s *Service) Number(id string) (string, bool) {
	p, ok := s.projects.Get(id)
	return fmt.Sprint(p.Project.ProjectNumber), ok
}

// ID returns the id of a project by its id or number.
func (s *Service) ID(idOrNumber string) (string, bool) {
	if _, ok := s.projects.Get(idOrNumber); ok {
		return idOrNumber, true
	}
	for _, p := range s.projects.List("") {
		if fmt.Sprint(p.Project.ProjectNumber) == idOrNumber {
			return p.Project.ProjectId, true
		}
	}
	return idOrNumber, false
}

// IDs returns the ids of all projects, in order.
func (s *Service) IDs() []string { return s.projects.Keys("") }

// Enabled says whether a project has an API enabled.
func (s *Service) Enabled(id, service string) bool {
	p, _ := s.projects.Get(id)
	return p.Services[service]
}

// SetAPIDelays makes each API that is enabled from now on answer only after as long as delay says.
func (s *Service) SetAPIDelays(delay func(service string) time.Duration) { s.delay = delay }

// Usable says whether an API answers for a project: it is enabled, and that has spread.
func (s *Service) Usable(id, service string) bool {
	s.mu.Lock()
	spread := !time.Now().Before(s.usable[id+"/"+service])
	s.mu.Unlock()
	return spread && s.Enabled(id, service)
}

// EnabledServices returns the APIs that a project has enabled.
func (s *Service) EnabledServices(id string) map[string]bool {
	p, _ := s.projects.Get(id)
	return p.Services
}

// SetEnabled switches an API of a project on or off.
func (s *Service) SetEnabled(id, service string, on bool) error {
	_, err := s.projects.Update(id, func(p *project, exists bool) error {
		if !exists {
			return status.Errorf(status.PermissionDenied, "The caller does not have permission")
		}
		if p.Services == nil {
			p.Services = map[string]bool{}
		}
		if on {
			if err := mayEnable(*p, service); err != nil {
				return err
			}
			s.spread(id, service, p.Services[service])
			p.Services[service] = true
		} else {
			delete(p.Services, service)
		}
		return nil
	})
	return err
}

// spread notes from when on an API answers that is enabled now.
func (s *Service) spread(id, service string, was bool) {
	if was || s.delay == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.usable[id+"/"+service] = time.Now().Add(s.delay(service))
}

func (s *Service) get(r *rest.Request) (any, error) {
	p, ok := s.projects.Get(r.Var("project"))
	if !ok {
		return nil, status.Errorf(status.PermissionDenied, "The caller does not have permission")
	}
	return p.Project, nil
}

func (s *Service) list(r *rest.Request) (any, error) {
	var answer crm.ListProjectsResponse
	for _, p := range s.projects.List("") {
		if s.door.Explain(r.Caller, "resourcemanager.projects.get", policy.Project(p.Project.ProjectId)).Allowed {
			answer.Projects = append(answer.Projects, &p.Project)
		}
	}
	return answer, nil
}

// create makes a project for any person who asks: the local cloud has no organisation that could forbid it.
func (s *Service) create(r *rest.Request) (any, error) {
	if !r.Caller.User {
		return nil, status.Errorf(status.PermissionDenied, "Service accounts cannot create projects without a parent.")
	}
	var body crm.Project
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	if err := s.Create(body.ProjectId, body.Name, body.Labels, r.Caller); err != nil {
		return nil, err
	}
	p, _ := s.projects.Get(body.ProjectId)
	name := fmt.Sprintf("operations/cp.%d", time.Now().UnixNano())
	return s.operations.Start(name, nil, func() (last, response json.RawMessage, err error) {
		ready := map[string]bool{"gettable": true, "ready": true}
		return operation.Typed("google.cloudresourcemanager.v1.ProjectCreationStatus", ready),
			operation.Typed("google.cloudresourcemanager.v1.Project", p.Project), nil
	})
}
