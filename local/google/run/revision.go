package run

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/google/uuid"
	runapi "google.golang.org/api/run/v2"

	"docx2pdf/local/machinery/status"
	"docx2pdf/local/machinery/store"
)

// newRevision creates the revision of the service's template and starts its first instance.
func (s *Service) newRevision(ctx context.Context, f *frontend, v runapi.GoogleCloudRunV2Service) error {
	have, _ := s.services.Get(v.Name) // only one deployment of a service is under way
	n := have.Revisions + 1
	revision := newRevision(v, v.Name+"/revisions/"+revisionID(v, n), n)
	var made store.Batch
	s.services.UpdateIn(&made, v.Name, func(have *record, exists bool) error {
		if !exists {
			return status.Errorf(status.Cancelled, "The service was deleted.")
		}
		have.Revisions, have.Deployed, have.Service.LatestCreatedRevision = n, v.Template, revision.Name
		return nil
	})
	s.revisions.PutIn(&made, revision.Name, revision)
	if err := s.db.Write(&made); err != nil {
		return err
	}
	p, err := s.startPool(ctx, revision, true)
	state := "CONDITION_SUCCEEDED"
	message := ""
	if err != nil {
		err = status.Errorf(status.FailedPrecondition, "Revision '%s' is not ready and cannot serve traffic. %v",
			short(revision.Name), err)
		state, message = "CONDITION_FAILED", err.Error()
	}
	_, updateErr := s.revisions.Update(revision.Name, func(r *runapi.GoogleCloudRunV2Revision, _ bool) error {
		r.Reconciling = false
		r.Conditions = []*runapi.GoogleCloudRunV2Condition{{Type: "Ready", State: state, Message: message,
			LastTransitionTime: now()}}
		if err == nil {
			r.Containers[0].Image = p.spec.image.Name
		}
		return nil
	})
	if err = errors.Join(err, updateErr); err != nil {
		return status.From(err)
	}
	f.add(revision.Name, p)
	_, err = s.services.Update(v.Name, func(have *record, _ bool) error {
		have.Service.LatestReadyRevision = revision.Name
		return nil
	})
	return err
}

func revisionID(v runapi.GoogleCloudRunV2Service, n int) string {
	if v.Template.Revision != "" {
		return v.Template.Revision
	}
	const letters = "abcdefghijklmnopqrstuvwxyz"
	suffix := make([]byte, 3)
	for i := range suffix {
		suffix[i] = letters[rand.IntN(len(letters))]
	}
	return fmt.Sprintf("%s-%05d-%s", short(v.Name), n, suffix)
}

func newRevision(v runapi.GoogleCloudRunV2Service, name string, generation int) runapi.GoogleCloudRunV2Revision {
	t := v.Template
	return runapi.GoogleCloudRunV2Revision{
		Name: name, Uid: uuid.NewString(), Generation: int64(generation), Service: short(v.Name), CreateTime: now(),
		UpdateTime: now(), Creator: v.LastModifier,
		Labels: t.Labels, Annotations: t.Annotations, LaunchStage: v.LaunchStage, Scaling: t.Scaling, Timeout: t.Timeout,
		ServiceAccount: t.ServiceAccount,
		Containers:     t.Containers, ExecutionEnvironment: t.ExecutionEnvironment, EncryptionKey: t.EncryptionKey,
		MaxInstanceRequestConcurrency: t.MaxInstanceRequestConcurrency,
		Reconciling:                   true, ObservedGeneration: int64(generation), Etag: etag(name),
		LogUri: "https://console.cloud.google.com/logs/viewer?resource=cloud_run_revision/service_name/" + short(v.Name) +
			"/revision_name/" + short(name),
	}
}
