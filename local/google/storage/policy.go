package storage

import (
	"slices"

	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/status"
	"docx2pdf/local/machinery/store"
)

// defaultPolicyIn is what a new bucket grants to the members of its project
// (https://cloud.google.com/storage/docs/access-control/iam#convenience-values).
func (s *Service) defaultPolicyIn(change *store.Batch, b bucket) error {
	team := func(role string, members ...string) policy.Binding {
		for i := range members {
			members[i] += ":" + b.Project
		}
		return policy.Binding{Role: role, Members: members}
	}
	buckets := []policy.Binding{
		team("roles/storage.legacyBucketOwner", "projectEditor", "projectOwner"),
		team("roles/storage.legacyBucketReader", "projectViewer"),
	}
	objects := []policy.Binding{
		team("roles/storage.legacyObjectOwner", "projectEditor", "projectOwner"),
		team("roles/storage.legacyObjectReader", "projectViewer"),
	}
	if b.IamConfiguration.UniformBucketLevelAccess.Enabled {
		buckets = append(buckets, objects...)
	} else if err := s.policies.EstablishIn(change, "buckets/"+b.Name+"/objects",
		policy.Policy{Bindings: objects}); err != nil {
		return err
	}
	return s.policies.EstablishIn(change, "buckets/"+b.Name, policy.Policy{Bindings: buckets})
}

type bucketPolicy struct {
	Kind       string `json:"kind,omitempty"`
	ResourceID string `json:"resourceId,omitempty"`
	policy.Policy
}

func (s *Service) getPolicy(r *rest.Request) (any, error) {
	b, err := s.bucketOf(r)
	if err != nil {
		return nil, err
	}
	return bucketPolicy{"storage#policy", "projects/_/buckets/" + b.Name, s.policies.Get("buckets/" + b.Name)}, nil
}

func (s *Service) setPolicy(r *rest.Request) (any, error) {
	b, err := s.bucketOf(r)
	if err != nil {
		return nil, err
	}
	var body bucketPolicy
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	if b.IamConfiguration.PublicAccessPrevention == "enforced" {
		for _, binding := range body.Bindings {
			if slices.Contains(binding.Members, "allUsers") || slices.Contains(binding.Members, "allAuthenticatedUsers") {
				return nil, status.Errorf(status.ConditionNotMet,
					"The member bindings allUsers and allAuthenticatedUsers are not allowed since public access prevention is "+
						"enforced.")
			}
		}
	}
	set, err := s.policies.Set("buckets/"+b.Name, body.Policy)
	if status.Is(err, status.Conflict) {
		err = status.Errorf(status.ConditionNotMet, "At least one of the pre-conditions you specified did not hold.")
	}
	return bucketPolicy{"storage#policy", "projects/_/buckets/" + b.Name, set}, err
}

func (s *Service) testPermissions(r *rest.Request) (any, error) {
	b, err := s.bucketOf(r)
	if err != nil {
		return nil, err
	}
	return rest.TestPermissions(r, r.URL.Query()["permissions"], objectsOf(b))
}
