// Package registry is Artifact Registry for Docker repositories: the API for repositories and what is in them
// (https://cloud.google.com/artifact-registry/docs/reference/rest), and the OCI registry that images are pushed to.
package registry

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
	ar "google.golang.org/api/artifactregistry/v1"

	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/google/kms"
	"docx2pdf/local/machinery/door"
	"docx2pdf/local/machinery/operation"
	"docx2pdf/local/machinery/refusal"
	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/status"
	"docx2pdf/local/machinery/store"
)

//go:embed refusals.tsv
var refusals string

// Refusals are what Artifact Registry refuses.
var Refusals = refusal.MustRead(refusals)

// Service keeps repositories and their images.
type Service struct {
	db           *store.DB
	policies     *policy.Engine
	door         *door.Door
	operations   *operation.Operations
	keys         *kms.Service
	agent        func(project string) string
	repositories *store.Collection[ar.Repository] // by name
	manifests    *store.Collection[manifest]      // by image@reference
	oci          http.Handler
	blobs        string // folder of layers and configurations, by digest
}

// Open uses the repositories and images in the store. agent is the email of Artifact Registry's service agent in a
// project, which uses the keys of repositories.
func Open(db *store.DB, policies *policy.Engine, door *door.Door, operations *operation.Operations, keys *kms.Service,
	agent func(project string) string) (*Service, error) {
	s := &Service{db: db, policies: policies, door: door, operations: operations, keys: keys, agent: agent}
	s.repositories = store.In[ar.Repository](db, "registry/repositories")
	s.manifests = store.In[manifest](db, "registry/manifests")
	s.blobs = db.Folder("registry/blobs")
	var err error
	if s.oci, err = newOCI(s.blobs); err != nil {
		return nil, err
	}
	s.load()
	return s, s.dropBlobs(0)
}

// Repositories returns the names of all repositories, in order.
func (s *Service) Repositories() []string { return s.repositories.Keys("") }

// Images returns the images of a repository as NAME@DIGEST, in order.
func (s *Service) Images(repository string) []string {
	var images []string
	for _, m := range s.manifests.List(registryURI(repository) + "/") {
		if !m.isTag() {
			images = append(images, m.Image+"@"+m.Digest)
		}
	}
	return images
}

// longestPush is how long the layers of an image may be there before its manifest.
const longestPush = 2 * time.Minute

func (s *Service) create(r *rest.Request) (any, error) {
	id := r.URL.Query().Get("repository_id")
	if id == "" {
		id = r.URL.Query().Get("repositoryId")
	}
	if err := Refusals.CheckField("repositories", "location", r.Var("location")); err != nil {
		return nil, err
	}
	if err := Refusals.CheckField("repositories", "repositoryId", id); err != nil {
		return nil, err
	}
	var body ar.Repository
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	if err := Refusals.Check("repositories", body); err != nil {
		return nil, err
	}
	if err := modelled(body); err != nil {
		return nil, err
	}
	name := r.Name("projects", "{project}", "locations", "{location}", "repositories") + "/" + id
	if err := checkKeyName(r.Var("location"), body.KmsKeyName); err != nil {
		return nil, err
	}
	var change store.Batch
	if err := s.mayUse(name, body.KmsKeyName); err != nil {
		if _, exists := s.repositories.Get(name); exists {
			return nil, status.Errorf(status.AlreadyExists, "the repository already exists")
		}
		return s.operation(r, &change, func() (json.RawMessage, error) { return nil, err })
	}
	created := s.repositories.UpdateIn(&change, name, func(have *ar.Repository, exists bool) error {
		if exists {
			return status.Errorf(status.AlreadyExists, "the repository already exists")
		}
		*have = body
		now := timestamp()
		have.Name, have.CreateTime, have.UpdateTime, have.SatisfiesPzi = name, now, now, true
		have.RegistryUri = registryURI(name)
		if have.Mode == "" || have.Mode == "MODE_UNSPECIFIED" {
			have.Mode = "STANDARD_REPOSITORY"
		}
		have.VulnerabilityScanningConfig = &ar.VulnerabilityScanningConfig{LastEnableTime: now,
			EnablementState:       "SCANNING_DISABLED",
			EnablementStateReason: "API containerscanning.googleapis.com is not enabled."}
		return nil
	})
	return s.operation(r, &change, func() (json.RawMessage, error) {
		answer := *created
		answer.CreateTime, answer.UpdateTime = "", "" // the operation's answer leaves them to a read
		return operation.Typed("google.devtools.artifactregistry.v1.Repository", answer), nil
	})
}

// modelled refuses repositories that the local cloud cannot be.
func modelled(repository ar.Repository) error {
	switch {
	case repository.Format != "DOCKER":
		return status.NotModelled("repositories of format %q; use DOCKER", repository.Format)
	case repository.Mode != "" && repository.Mode != "MODE_UNSPECIFIED" && repository.Mode != "STANDARD_REPOSITORY":
		return status.NotModelled("repositories of mode %s; use STANDARD_REPOSITORY", repository.Mode)
	}
	return nil
}

// operation stores a change together with the operation that ends with it, or fails.
func (s *Service) operation(r *rest.Request, change *store.Batch,
	response func() (json.RawMessage, error)) (any, error) {
	name := r.Name("projects", "{project}", "locations", "{location}", "operations") + "/" + uuid.NewString()
	metadata := operation.Typed("google.devtools.artifactregistry.v1.OperationMetadata", nil)
	started := s.operations.StartIn(change, name, func() json.RawMessage { return metadata },
		func() (last, answer json.RawMessage, err error) {
			answer, err = response()
			return nil, answer, err
		})
	if err := s.db.Write(change); err != nil {
		return nil, err
	}
	return started.Operation, nil
}

func (s *Service) get(r *rest.Request) (any, error) {
	repository, ok := s.repositories.Get(nameOf(r))
	if !ok {
		return nil, notFound()
	}
	var size int64
	for _, m := range s.manifests.List(repository.RegistryUri + "/") {
		if !m.isTag() {
			size += layersOf(m)
		}
	}
	repository.SizeBytes = size
	return repository, nil
}

func (s *Service) list(r *rest.Request) (any, error) {
	var answer ar.ListRepositoriesResponse
	for _, repository := range s.repositories.List(r.Name("projects", "{project}", "locations", "{location}",
		"repositories") + "/") {
		answer.Repositories = append(answer.Repositories, &repository)
	}
	return answer, nil
}

func (s *Service) patch(r *rest.Request) (any, error) {
	var body ar.Repository
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	if err := Refusals.Check("repositories", body); err != nil {
		return nil, err
	}
	mask := r.URL.Query().Get("updateMask")
	if mask == "" {
		mask = "description,labels,cleanupPolicies,cleanupPolicyDryRun,dockerConfig"
	}
	return s.repositories.Update(nameOf(r), func(have *ar.Repository, exists bool) error {
		if !exists {
			return notFound()
		}
		for field := range strings.SplitSeq(mask, ",") {
			switch field {
			case "description":
				have.Description = body.Description
			case "labels":
				have.Labels = body.Labels
			case "cleanupPolicies", "cleanup_policies":
				have.CleanupPolicies = body.CleanupPolicies
			case "cleanupPolicyDryRun", "cleanup_policy_dry_run":
				have.CleanupPolicyDryRun = body.CleanupPolicyDryRun
			case "dockerConfig", "docker_config":
				have.DockerConfig = body.DockerConfig
			default:
				return status.NotModelled("changing %s of repositories", field)
			}
		}
		have.UpdateTime = timestamp()
		return nil
	})
}

func (s *Service) delete(r *rest.Request) (any, error) {
	name := nameOf(r)
	if _, ok := s.repositories.Get(name); !ok {
		return nil, notFound()
	}
	var gone store.Batch
	s.repositories.DeleteIn(&gone, name)
	for _, m := range s.manifests.List(registryURI(name) + "/") {
		s.dropIn(&gone, m)
	}
	s.policies.DropIn(&gone, name)
	answer, err := s.operation(r, &gone, func() (json.RawMessage, error) {
		return operation.Typed("google.protobuf.Empty", nil), nil
	})
	if err != nil {
		return nil, err
	}
	return answer, s.dropBlobs(longestPush)
}

func (s *Service) getOperation(r *rest.Request) (any, error) {
	return s.operations.Get(r.Context(), r.Name("projects", "{project}", "locations", "{location}", "operations",
		"{operation}"), 5*time.Second)
}

func nameOf(r *rest.Request) string {
	return r.Name("projects", "{project}", "locations", "{location}", "repositories", "{repository}")
}

// registryURI is where a repository's images are pushed: LOCATION-docker.pkg.dev/PROJECT/REPOSITORY.
func registryURI(name string) string {
	parts := strings.Split(name, "/")
	return parts[3] + "-docker.pkg.dev/" + parts[1] + "/" + parts[5]
}

func notFound() error { return status.Errorf(status.NotFound, "Requested entity was not found.") }

func timestamp() string { return time.Now().UTC().Format("2006-01-02T15:04:05.000000Z") }

func denied(_ policy.Principal, permission string, r policy.Resource) string {
	return fmt.Sprintf("Permission %q denied on resource %q (or it may not exist).", permission, r.Name)
}
