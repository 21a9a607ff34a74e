package storage

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	storageapi "google.golang.org/api/storage/v1"

	"docx2pdf/local/policy"
	"docx2pdf/local/rest"
	"docx2pdf/local/status"
)

var bucketName = regexp.MustCompile(`^[a-z0-9][-_.a-z0-9]{1,61}[a-z0-9]$`)

func (s *Service) createBucket(r *rest.Request) (any, error) {
	var body storageapi.Bucket
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	if !bucketName.MatchString(body.Name) || strings.HasPrefix(body.Name, "goog") {
		return nil, invalid("Invalid bucket name: '%s'", body.Name)
	}
	if err := modelled(body); err != nil {
		return nil, err
	}
	projectID := r.Var("project")
	number, _ := s.projects.Number(projectID)
	b, err := s.buckets.Update(body.Name, func(b *bucket, exists bool) error {
		if exists {
			if b.Project != projectID {
				return conflict("The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.")
			}
			return conflict("Your previous request to create the named bucket succeeded and you already own it.")
		}
		*b = bucket{bucketFields(body), projectID}
		b.ProjectNumber, _ = strconv.ParseUint(number, 10, 64)
		fillBucket((*storageapi.Bucket)(&b.bucketFields))
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := s.defaultPolicy(b); err != nil {
		return nil, err
	}
	return present(b.wire()), nil
}

// fillBucket sets what Google sets on a new bucket.
func fillBucket(b *storageapi.Bucket) {
	now := time.Now()
	b.Kind, b.Id, b.SelfLink = "storage#bucket", b.Name, "https://www.googleapis.com/storage/v1/b/"+b.Name
	b.TimeCreated, b.Updated, b.Generation = timestamp(now), timestamp(now), now.UnixMicro()
	b.Metageneration, b.Etag = 1, etag(1)
	b.Location = strings.ToUpper(b.Location)
	if b.Location == "" {
		b.Location = "US"
	}
	b.LocationType = "region"
	if slices.Contains([]string{"US", "EU", "ASIA"}, b.Location) {
		b.LocationType = "multi-region"
		if b.Rpo == "" {
			b.Rpo = "DEFAULT"
		}
	}
	if b.StorageClass == "" {
		b.StorageClass = "STANDARD"
	}
	if b.Lifecycle != nil && len(b.Lifecycle.Rule) == 0 {
		b.Lifecycle = nil
	}
	if b.SoftDeletePolicy == nil {
		b.SoftDeletePolicy = &storageapi.BucketSoftDeletePolicy{RetentionDurationSeconds: 604800}
	}
	if b.SoftDeletePolicy.RetentionDurationSeconds > 0 {
		b.SoftDeletePolicy.EffectiveTime = timestamp(now)
	}
	fillAccess(b)
}

func fillAccess(b *storageapi.Bucket) {
	if b.IamConfiguration == nil {
		b.IamConfiguration = &storageapi.BucketIamConfiguration{}
	}
	c := b.IamConfiguration
	if c.PublicAccessPrevention == "" || c.PublicAccessPrevention == "unspecified" {
		c.PublicAccessPrevention = "inherited"
	}
	if c.UniformBucketLevelAccess == nil {
		c.UniformBucketLevelAccess = &storageapi.BucketIamConfigurationUniformBucketLevelAccess{}
	}
	if c.UniformBucketLevelAccess.Enabled && c.UniformBucketLevelAccess.LockedTime == "" {
		c.UniformBucketLevelAccess.LockedTime = timestamp(time.Now().AddDate(0, 0, 90))
	}
	c.BucketPolicyOnly = &storageapi.BucketIamConfigurationBucketPolicyOnly{Enabled: c.UniformBucketLevelAccess.Enabled, LockedTime: c.UniformBucketLevelAccess.LockedTime}
}

// modelled refuses what the local cloud would have to pretend.
func modelled(b storageapi.Bucket) error {
	for feature, set := range map[string]bool{
		"customer-managed encryption keys (encryption)": b.Encryption != nil && b.Encryption.DefaultKmsKeyName != "",
		"retention policies (retentionPolicy)":          b.RetentionPolicy != nil,
		"default holds (defaultEventBasedHold)":         b.DefaultEventBasedHold,
		"websites (website)":                            b.Website != nil,
		"access logs (logging)":                         b.Logging != nil,
		"CORS (cors)":                                   len(b.Cors) > 0,
		"requester pays (billing)":                      b.Billing != nil && b.Billing.RequesterPays,
		"Autoclass (autoclass)":                         b.Autoclass != nil && b.Autoclass.Enabled,
		"hierarchical namespaces":                       b.HierarchicalNamespace != nil && b.HierarchicalNamespace.Enabled,
		"IP filters (ipFilter)":                         b.IpFilter != nil,
		"access control lists (acl)":                    len(b.Acl) > 0 || len(b.DefaultObjectAcl) > 0,
	} {
		if set {
			return status.NotModelled("%s of buckets", feature)
		}
	}
	return checkLifecycle(b)
}

// present makes the answer from the stored bucket: these APIs, unlike others, spell out what is false.
func present(b storageapi.Bucket) storageapi.Bucket {
	if c := b.IamConfiguration; c != nil {
		c.UniformBucketLevelAccess.ForceSendFields = []string{"Enabled"}
		c.BucketPolicyOnly.ForceSendFields = []string{"Enabled"}
	}
	if b.Versioning != nil {
		b.Versioning.ForceSendFields = []string{"Enabled"}
	}
	if b.SoftDeletePolicy != nil {
		b.SoftDeletePolicy.ForceSendFields = []string{"RetentionDurationSeconds"}
	}
	return b
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

func merge(b storageapi.Bucket, patch map[string]any) (storageapi.Bucket, error) {
	var merged storageapi.Bucket
	data, err := json.Marshal(b)
	if err != nil {
		return merged, err
	}
	var fields map[string]any
	if err := json.Unmarshal(data, &fields); err != nil {
		return merged, err
	}
	if data, err = json.Marshal(mergePatch(fields, patch)); err != nil {
		return merged, err
	}
	if err := json.Unmarshal(data, &merged); err != nil {
		return merged, invalid("Invalid bucket: %v", err)
	}
	return merged, nil
}

func mergePatch(into, patch map[string]any) map[string]any {
	for name, value := range patch {
		inner, isObject := value.(map[string]any)
		have, hasObject := into[name].(map[string]any)
		switch {
		case value == nil:
			delete(into, name)
		case isObject && hasObject:
			into[name] = mergePatch(have, inner)
		case isObject:
			into[name] = mergePatch(map[string]any{}, inner)
		default:
			into[name] = value
		}
	}
	return into
}

func (s *Service) deleteBucket(r *rest.Request) (any, error) {
	b, err := s.bucketOf(r)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.objects.Keys(b.Name+"/"))+len(s.versions.Keys(b.Name+"/")) > 0 {
		return nil, conflict("The bucket you tried to delete is not empty.")
	}
	for _, key := range s.notices.Keys(b.Name + "/") {
		if _, err := s.notices.Delete(key); err != nil {
			return nil, err
		}
	}
	if _, err := s.buckets.Delete(b.Name); err != nil {
		return nil, err
	}
	return rest.NoContent{}, s.policies.Drop("buckets/" + b.Name)
}

// defaultPolicy is what a new bucket grants to the members of its project
// (https://cloud.google.com/storage/docs/access-control/iam#convenience-values).
func (s *Service) defaultPolicy(b bucket) error {
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
	} else if err := s.policies.Establish("buckets/"+b.Name+"/objects", policy.Policy{Bindings: objects}); err != nil {
		return err
	}
	return s.policies.Establish("buckets/"+b.Name, policy.Policy{Bindings: buckets})
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
				return nil, status.Errorf(status.ConditionNotMet, "The member bindings allUsers and allAuthenticatedUsers are not allowed since public access prevention is enforced.")
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
	return rest.TestPermissions(s.policies, r.Caller, r.URL.Query()["permissions"], objectsOf(b)), nil
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
