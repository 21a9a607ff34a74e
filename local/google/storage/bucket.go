package storage

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	storageapi "google.golang.org/api/storage/v1"

	"docx2pdf/local/machinery/status"
)

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
	c.BucketPolicyOnly = &storageapi.BucketIamConfigurationBucketPolicyOnly{Enabled: c.UniformBucketLevelAccess.Enabled,
		LockedTime: c.UniformBucketLevelAccess.LockedTime}
}

// check refuses what Cloud Storage refuses. It takes locations in upper and lower case.
func check(b storageapi.Bucket) error {
	b.Location = strings.ToLower(b.Location)
	return Refusals.Check("buckets", b)
}

// modelled refuses what the local cloud would have to pretend.
func modelled(b storageapi.Bucket) error {
	for feature, set := range map[string]bool{
		"enforced kinds of encryption (encryption)": enforced(b.Encryption),
		"retention policies (retentionPolicy)":      b.RetentionPolicy != nil,
		"default holds (defaultEventBasedHold)":     b.DefaultEventBasedHold,
		"websites (website)":                        b.Website != nil,
		"access logs (logging)":                     b.Logging != nil,
		"CORS (cors)":                               len(b.Cors) > 0,
		"requester pays (billing)":                  b.Billing != nil && b.Billing.RequesterPays,
		"Autoclass (autoclass)":                     b.Autoclass != nil && b.Autoclass.Enabled,
		"hierarchical namespaces":                   b.HierarchicalNamespace != nil && b.HierarchicalNamespace.Enabled,
		"IP filters (ipFilter)":                     b.IpFilter != nil,
		"access control lists (acl)":                len(b.Acl) > 0 || len(b.DefaultObjectAcl) > 0,
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
