package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	runapi "google.golang.org/api/run/v2"

	"docx2pdf/local/google/iam/token"
	"docx2pdf/local/machine/container"
	"docx2pdf/local/machinery/operation"
	"docx2pdf/local/machinery/status"
	"docx2pdf/local/machinery/store"
)

// startDeploy stores a change of a service together with the operation that brings the service up, and begins that.
func (s *Service) startDeploy(change *store.Batch, name string, stored *record) (any, error) {
	change.After(func() { s.work.Add(1) })
	started := s.Operations.StartIn(change, operationName(name),
		func() json.RawMessage { return operation.Typed(serviceType, stored.Service) },
		func() (last, response json.RawMessage, err error) {
			defer s.work.Done()
			done, err := s.deploy(context.Background(), stored.Service)
			last = operation.Typed(serviceType, done)
			return last, last, err
		})
	if err := s.db.Write(change); err != nil {
		return nil, err
	}
	return started.Operation, nil
}

// deploy makes a new revision where the template changed, waits until an instance of it is up, and only then moves the
// traffic. When the revision fails, the old one keeps serving.
func (s *Service) deploy(ctx context.Context,
	v runapi.GoogleCloudRunV2Service) (runapi.GoogleCloudRunV2Service, error) {
	lock := s.lock(v.Name)
	lock.Lock()
	defer lock.Unlock()
	f := s.frontend(v.Name)
	have, ok := s.services.Get(v.Name)
	if f == nil || !ok {
		return v, status.Errorf(status.Cancelled, "The service was deleted.")
	}
	var deployErr error
	if have.Failed || !sameTemplate(have.Deployed, v.Template) {
		deployErr = s.newRevision(ctx, f, v)
	}
	if deployErr == nil {
		current, _ := s.services.Get(v.Name)
		v.LatestReadyRevision = current.Service.LatestReadyRevision
		deployErr = s.route(ctx, f, v)
	}
	updated, err := s.services.Update(v.Name, func(have *record, exists bool) error {
		if !exists {
			return status.Errorf(status.Cancelled, "The service was deleted.")
		}
		have.Failed = deployErr != nil
		conclude(&have.Service, f.url(), deployErr)
		return nil
	})
	if err != nil {
		return v, err
	}
	return updated.Service, deployErr
}

func sameTemplate(a, b *runapi.GoogleCloudRunV2RevisionTemplate) bool {
	if a == nil {
		return false
	}
	left, _ := json.Marshal(a)
	right, _ := json.Marshal(b)
	var l, r any
	json.Unmarshal(left, &l)
	json.Unmarshal(right, &r)
	return reflect.DeepEqual(l, r)
}

// conclude writes the outcome of a deployment into the service.
func conclude(v *runapi.GoogleCloudRunV2Service, url string, err error) {
	v.Reconciling, v.ObservedGeneration, v.Uri = false, v.Generation, url
	v.Urls = []string{url}
	ready := &runapi.GoogleCloudRunV2Condition{Type: "Ready", State: "CONDITION_SUCCEEDED", LastTransitionTime: now()}
	routes := &runapi.GoogleCloudRunV2Condition{Type: "RoutesReady", State: "CONDITION_SUCCEEDED",
		LastTransitionTime: now()}
	configured := &runapi.GoogleCloudRunV2Condition{Type: "ConfigurationsReady", State: "CONDITION_SUCCEEDED",
		LastTransitionTime: now()}
	if err != nil {
		for _, c := range []*runapi.GoogleCloudRunV2Condition{ready, configured} {
			c.State, c.Message, c.RevisionReason = "CONDITION_FAILED", err.Error(), "HEALTH_CHECK_CONTAINER_ERROR"
		}
		if v.LatestReadyRevision == "" {
			routes.State, routes.Message = "CONDITION_FAILED", err.Error()
		}
	}
	v.TerminalCondition = ready
	v.Conditions = []*runapi.GoogleCloudRunV2Condition{routes, configured}
	if err != nil {
		return
	}
	v.TrafficStatuses = nil
	for _, t := range v.Traffic {
		v.TrafficStatuses = append(v.TrafficStatuses, &runapi.GoogleCloudRunV2TrafficTargetStatus{Type: t.Type,
			Revision: t.Revision, Percent: t.Percent})
	}
}

// route points the front end at the revisions that the service's traffic names, and drains those that it no longer
// names.
func (s *Service) route(ctx context.Context, f *frontend, v runapi.GoogleCloudRunV2Service) error {
	var targets []target
	for _, t := range v.Traffic {
		name := v.LatestReadyRevision
		if t.Type == byRevision {
			name = v.Name + "/revisions/" + short(t.Revision)
		}
		p := f.pool(name)
		if p == nil {
			revision, ok := s.revisions.Get(name)
			if !ok {
				return status.Errorf(status.InvalidArgument, "Revision '%s' not found.", short(name))
			}
			var err error
			if p, err = s.startPool(ctx, revision, false); err != nil {
				return err
			}
			f.add(name, p)
		}
		targets = append(targets, target{p, t.Percent})
	}
	f.setTraffic(v, targets)
	return nil
}

// startPool pulls the revision's image as Cloud Run's service agent and prepares its instances. With probe it starts
// one and waits until it is up.
func (s *Service) startPool(ctx context.Context, revision runapi.GoogleCloudRunV2Revision, probe bool) (*pool, error) {
	project := strings.Split(revision.Name, "/")[1]
	access, err := s.Tokens.AccessToken(s.Agent(project), "https://www.googleapis.com/auth/cloud-platform", token.Lifetime)
	if err != nil {
		return nil, fmt.Errorf("Cloud Run's service agent cannot pull images: %w", err)
	}
	image, err := s.images.Pull(ctx, revision.Containers[0].Image, access)
	if err != nil {
		return nil, imageError(revision.Containers[0].Image, err)
	}
	p, err := newPool(s, revision, image)
	if err != nil {
		return nil, err
	}
	if probe {
		if err := p.startOne(ctx); err != nil {
			p.close()
			return nil, err
		}
	}
	p.keepMinimum()
	return p, nil
}

// dropImages removes the pulled images that no revision uses. No deployment may be under way.
func (s *Service) dropImages(ctx context.Context) {
	var used []string
	for _, r := range s.revisions.List("") {
		_, digest, _ := strings.Cut(r.Containers[0].Image, "@")
		used = append(used, digest)
	}
	if err := s.images.Keep(ctx, used); err != nil {
		s.Log.Warn("pulled images are left behind", "error", err)
	}
}

func imageError(image string, err error) error {
	var refused *transport.Error
	if errors.As(err, &refused) && refused.StatusCode == 404 {
		return fmt.Errorf("Image '%s' not found.", image)
	}
	if errors.As(err, &refused) && refused.StatusCode == 403 {
		return fmt.Errorf("Google Cloud Run Service Agent must have permission to read the image, %s. %s", image,
			refused.Errors)
	}
	return err
}

func short(name string) string { return name[strings.LastIndex(name, "/")+1:] }

// spec is what the instances of a revision have in common.
type spec struct {
	revision    string
	service     string
	project     string
	number      string
	region      string
	account     string
	image       container.Image
	template    *runapi.GoogleCloudRunV2Container
	timeout     time.Duration
	concurrency int
	min, max    int
	memory      int64
	cpu         float64
	key         string // of Cloud KMS, which it takes to start; empty for none
}

func newSpec(s *Service, r runapi.GoogleCloudRunV2Revision, image container.Image) (spec, error) {
	parts := strings.Split(r.Name, "/")
	c := r.Containers[0]
	out := spec{revision: r.Name, service: parts[5], project: parts[1], region: parts[3], account: r.ServiceAccount,
		image: image, template: c, key: r.EncryptionKey,
		concurrency: int(r.MaxInstanceRequestConcurrency)}
	out.number, _ = s.Projects.Number(out.project)
	if r.Scaling != nil {
		out.min, out.max = int(r.Scaling.MinInstanceCount), int(r.Scaling.MaxInstanceCount)
	}
	var err error
	if out.timeout, err = time.ParseDuration(r.Timeout); err != nil {
		return out, err
	}
	if out.memory, err = bytesOf(c.Resources.Limits["memory"]); err != nil {
		return out, err
	}
	out.cpu, err = cpuOf(c.Resources.Limits["cpu"])
	return out, err
}
