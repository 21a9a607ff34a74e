package storage

import (
	"net/http"
	"strconv"
	"time"

	storageapi "google.golang.org/api/storage/v1"

	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/store"
)

func (s *Service) createBucket(r *rest.Request) (any, error) {
	var body storageapi.Bucket
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	if err := check(body); err != nil {
		return nil, err
	}
	if err := modelled(body); err != nil {
		return nil, err
	}
	projectID := r.Var("project")
	number, _ := s.projects.Number(projectID)
	made := bucket{bucketFields(body), projectID}
	made.ProjectNumber, _ = strconv.ParseUint(number, 10, 64)
	fillBucket((*storageapi.Bucket)(&made.bucketFields))
	if err := s.checkKey(made); err != nil {
		return nil, err
	}
	var change store.Batch
	s.buckets.UpdateIn(&change, body.Name, func(b *bucket, exists bool) error {
		if exists {
			if b.Project != projectID {
				return conflict("The requested bucket name is not available. The bucket namespace is shared by all users of the " +
					"system. Please select a different name and try again.")
			}
			return conflict("Your previous request to create the named bucket succeeded and you already own it.")
		}
		*b = made
		return nil
	})
	if err := s.defaultPolicyIn(&change, made); err != nil {
		return nil, err
	}
	return present(made.wire()), s.db.Write(&change)
}

func (s *Service) getBucket(r *rest.Request) (any, error) {
	b, err := s.bucketOf(r)
	return present(b.wire()), err
}

func (s *Service) listBuckets(r *rest.Request) (any, error) {
	answer := struct {
		Kind  string              `json:"kind"`
		Items []storageapi.Bucket `json:"items,omitempty"`
	}{Kind: "storage#buckets"}
	for _, b := range s.buckets.List(r.URL.Query().Get("prefix")) {
		if b.Project == r.Var("project") {
			answer.Items = append(answer.Items, present(b.wire()))
		}
	}
	return answer, nil
}

// patchBucket merges the body into the bucket (RFC 7396).
func (s *Service) patchBucket(r *rest.Request) (any, error) {
	var patch map[string]any
	if err := r.Decode(&patch); err != nil {
		return nil, err
	}
	if err := s.checkNewKey(r.Var("bucket"), patch); err != nil {
		return nil, err
	}
	b, err := s.buckets.Update(r.Var("bucket"), func(b *bucket, exists bool) error {
		if !exists {
			return noBucket()
		}
		if err := bucketConditions(r.URL.Query(), b.Metageneration); err != nil {
			return err
		}
		before := b.wire()
		changed, err := merge(before, patch)
		if err != nil {
			return err
		}
		if err := check(changed); err != nil {
			return err
		}
		if err := modelled(changed); err != nil {
			return err
		}
		changed.Kind, changed.Name, changed.Id, changed.Location = before.Kind, before.Name, before.Id, before.Location
		changed.Metageneration = before.Metageneration + 1
		changed.Etag, changed.Updated = etag(changed.Metageneration), timestamp(time.Now())
		if changed.Lifecycle != nil && len(changed.Lifecycle.Rule) == 0 {
			changed.Lifecycle = nil
		}
		fillAccess(&changed)
		b.bucketFields = bucketFields(changed)
		return nil
	})
	return present(b.wire()), err
}

func (s *Service) deleteBucket(r *rest.Request) (any, error) {
	b, err := s.bucketOf(r)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.objects.Any(b.Name+"/") || s.versions.Any(b.Name+"/") {
		return nil, conflict("The bucket you tried to delete is not empty.")
	}
	var gone store.Batch
	for _, key := range s.notices.Keys(b.Name + "/") {
		s.notices.DeleteIn(&gone, key)
	}
	s.buckets.DeleteIn(&gone, b.Name)
	s.policies.DropIn(&gone, "buckets/"+b.Name)
	return rest.NoContent{}, s.db.Write(&gone)
}

// projectServiceAccount names Cloud Storage's service agent, and makes it at the first call, as Google does.
func (s *Service) projectServiceAccount(r *rest.Request) (any, error) {
	email := s.agentEmail(r.Var("project"))
	_, err := s.accounts.Agent(r.Var("project"), "storage.googleapis.com", email)
	return map[string]string{"kind": "storage#serviceAccount", "email_address": email}, err
}

func (s *Service) agentEmail(projectID string) string {
	number, _ := s.projects.Number(projectID)
	return "service-" + number + "@gs-project-accounts.iam.gserviceaccount.com"
}

func bucketConditions(q map[string][]string, metageneration int64) error {
	return conditions{metageneration: metageneration, exists: true}.check(q, http.MethodPatch)
}
