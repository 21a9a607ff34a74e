// Package build is Cloud Build: it builds uploaded source into images
// (https://cloud.google.com/build/docs/api/reference/rest).
// With a Docker engine it runs the docker build steps; without one it compiles the Go program next to the Dockerfile
// and pushes an image that holds just that binary. Builds that succeed are tested in local/cloud.
package build

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	cloudbuild "google.golang.org/api/cloudbuild/v1"

	"docx2pdf/local/google/iam"
	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/google/iam/token"
	"docx2pdf/local/google/logging"
	"docx2pdf/local/google/project"
	"docx2pdf/local/google/storage"
	"docx2pdf/local/machinery/door"
	"docx2pdf/local/machinery/operation"
	"docx2pdf/local/machinery/refusal"
	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/status"
	"docx2pdf/local/machinery/store"
)

//go:embed refusals.tsv
var refusals string

// Refusals are what Cloud Build refuses.
var Refusals = refusal.MustRead(refusals)

// Services are the parts of the local cloud that builds use.
type Services struct {
	Door       *door.Door
	Tokens     *token.Authority
	Accounts   *iam.Service
	Projects   *project.Service
	Storage    *storage.Service
	Logging    *logging.Service
	Operations *operation.Operations
	// Registry is the address (host:port) of the OCI registry.
	Registry func() string
	// MayPush says why a principal cannot push an image, which the registry's answers to pushes do not say.
	MayPush func(p policy.Principal, image string) error
}

// Service keeps builds.
type Service struct {
	Services
	db     *store.DB
	dir    string
	docker bool
	builds *store.Collection[cloudbuild.Build] // by project/id

	mu      sync.Mutex
	cancels map[string]context.CancelFunc
	running sync.WaitGroup
}

// Open uses the builds in the store. Builds that a stop of the server cut off are failed.
func Open(db *store.DB, services Services, useDocker bool) (*Service, error) {
	dir, builds := db.Folder("build"), store.In[cloudbuild.Build](db, "build/builds")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	for _, pattern := range []string{"workspace-*", "docker-*"} { // what a stop cut off
		left, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return nil, err
		}
		for _, folder := range left {
			if err := os.RemoveAll(folder); err != nil {
				return nil, err
			}
		}
	}
	s := &Service{Services: services, db: db, dir: dir, docker: useDocker, builds: builds,
		cancels: map[string]context.CancelFunc{}}
	for _, key := range builds.Keys("") {
		_, err := builds.Update(key, func(b *cloudbuild.Build, _ bool) error {
			if !finished(b.Status) {
				b.Status, b.StatusDetail, b.FinishTime = "INTERNAL_ERROR",
					"The local cloud was stopped while this build ran.", now()
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return s, s.prune()
}

// remembered is how many builds that have ended are kept, of all projects. Google forgets them after some months.
const remembered = 100

// prune drops the builds that were started first, when there are more.
func (s *Service) prune() error {
	ended := slices.DeleteFunc(s.builds.List(""), func(b cloudbuild.Build) bool { return !finished(b.Status) })
	if len(ended) <= remembered {
		return nil
	}
	slices.SortFunc(ended, func(a, b cloudbuild.Build) int { return strings.Compare(b.CreateTime, a.CreateTime) })
	var gone store.Batch
	for _, b := range ended[remembered:] {
		s.builds.DeleteIn(&gone, b.ProjectId+"/"+b.Id)
	}
	return s.db.Write(&gone)
}

// Close cancels the builds that run and waits for them.
func (s *Service) Close() {
	s.mu.Lock()
	for _, cancel := range s.cancels {
		cancel()
	}
	s.mu.Unlock()
	s.running.Wait()
}

func finished(state string) bool {
	return state != "QUEUED" && state != "WORKING" && state != "PENDING"
}

func now() string { return time.Now().UTC().Format("2006-01-02T15:04:05.000000000Z") }

const defaultTimeout = 60 * time.Minute

// check refuses what Cloud Build refuses, and what the local cloud cannot do.
func check(b cloudbuild.Build) error {
	if err := Refusals.Check("builds", b); err != nil {
		return err
	}
	if b.Source == nil || b.Source.StorageSource == nil {
		return status.NotModelled("builds whose source is not an object in Cloud Storage (source.storageSource)")
	}
	if b.ServiceAccount != "" && b.LogsBucket == "" &&
		(b.Options == nil || (b.Options.Logging != "CLOUD_LOGGING_ONLY" && b.Options.Logging != "NONE")) {
		return Refusals.Refuse("builds", "serviceAccount", "logs", nil)
	}
	if b.LogsBucket != "" {
		return status.NotModelled("build logs in a bucket (logsBucket); use CLOUD_LOGGING_ONLY")
	}
	if len(b.Substitutions) > 0 || len(b.Secrets) > 0 || b.AvailableSecrets != nil || b.Artifacts != nil {
		return status.NotModelled("substitutions, secrets and artifacts of builds")
	}
	for _, step := range b.Steps {
		if builder, _, _ := strings.Cut(step.Name, ":"); builder != "gcr.io/cloud-builders/docker" || step.Script != "" ||
			step.Entrypoint != "" {
			return status.NotModelled("the build step %s; use gcr.io/cloud-builders/docker with args build or push", step.Name)
		}
		if len(step.Args) == 0 || (step.Args[0] != "build" && step.Args[0] != "push") {
			return status.NotModelled("docker %s as a build step", strings.Join(step.Args, " "))
		}
	}
	return nil
}

// account is the email of a build's service account. Without one a build runs as the project's Compute Engine account,
// as it does in projects made since 2024.
func (s *Service) account(project, name string) string {
	if name == "" {
		number, _ := s.Projects.Number(project)
		return number + "-compute@developer.gserviceaccount.com"
	}
	return name[strings.LastIndex(name, "/")+1:]
}

// onAccount is the account of the build in the body, which the caller must be allowed to act as.
func (s *Service) onAccount(r *rest.Request) ([]policy.Resource, error) {
	var b cloudbuild.Build
	if err := r.Peek(&b); err != nil {
		return nil, err
	}
	project := r.Var("project")
	return []policy.Resource{s.Accounts.Resource(s.account(project, b.ServiceAccount), project)}, nil
}

const actAs = "iam.serviceAccounts.actAs"

func denied(_ policy.Principal, permission string, on policy.Resource) string {
	if permission == actAs {
		_, email, _ := strings.Cut(on.Name, "/serviceAccounts/")
		return "caller does not have permission to act as service account projects/-/serviceAccounts/" + email
	}
	return "The caller does not have permission"
}

// resolve looks at the source as the build's account, as Cloud Build does before it takes a build. The text is as users
// report it.
func (s *Service) resolve(source *cloudbuild.StorageSource, email string) error {
	principal, _ := s.Accounts.Principal(email)
	errand := s.Door.Errand("cloudbuild.builds (source)", principal)
	_, err := s.Storage.Read(errand, source.Bucket, source.Object, source.Generation)
	if err == nil {
		return nil
	}
	refused := status.From(err)
	return Refusals.Refuse("builds", "source", "unreadable", nil, "code", fmt.Sprint(refused.Code.HTTP),
		"why", refused.Message, "reason", refused.Code.Reason)
}

// Latest returns up to n builds, the newest first.
func (s *Service) Latest(n int) []cloudbuild.Build {
	all := s.builds.List("")
	slices.SortFunc(all, func(a, b cloudbuild.Build) int { return strings.Compare(b.CreateTime, a.CreateTime) })
	return all[:min(n, len(all))]
}
