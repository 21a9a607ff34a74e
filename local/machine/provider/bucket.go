package provider

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"

	"golang.org/x/sync/errgroup"
)

// bucketFields are the inputs that are fields of Google's bucket as they are.
var bucketFields = []string{
	"storageClass", "defaultEventBasedHold", "rpo", "cors", "versioning", "website", "logging",
	"encryption", "autoclass", "customPlacementConfig", "softDeletePolicy",
}

// bucketResource is those inputs as a bucket of Google's API for which want says yes.
// https://cloud.google.com/storage/docs/json_api/v1/buckets
func bucketResource(c *call, want func(name string) bool) map[string]any {
	body := map[string]any{}
	for _, name := range bucketFields {
		if want(name) {
			body[name] = c.kind.encodeValue(c.inputs[name], c.schema.Inputs[name])
		}
	}
	if soft, ok := body["softDeletePolicy"].(map[string]any); ok {
		delete(soft, "effectiveTime")
		soft["retentionDurationSeconds"] = convert(soft["retentionDurationSeconds"], "string")
	}
	access := map[string]any{}
	if want("uniformBucketLevelAccess") {
		access["uniformBucketLevelAccess"] = map[string]any{"enabled": c.flag("uniformBucketLevelAccess")}
	}
	if want("publicAccessPrevention") {
		access["publicAccessPrevention"] = c.inputs["publicAccessPrevention"]
	}
	if len(access) > 0 {
		body["iamConfiguration"] = access
	}
	if want("requesterPays") {
		body["billing"] = map[string]any{"requesterPays": c.flag("requesterPays")}
	}
	if want("lifecycleRules") {
		body["lifecycle"] = map[string]any{"rule": lifecycleRules(c)}
	}
	if policy, ok := c.inputs["retentionPolicy"].(map[string]any); want("retentionPolicy") {
		body["retentionPolicy"] = nil
		if ok {
			body["retentionPolicy"] = map[string]any{"retentionPeriod": convert(policy["retentionPeriod"], "string")}
		}
	}
	return body
}

func createBucket(ctx context.Context, c *call) (string, map[string]any, error) {
	project, err := c.project()
	if err != nil {
		return "", nil, err
	}
	bucket := bucketResource(c, func(name string) bool { return c.inputs[name] != nil })
	bucket["name"], bucket["location"], bucket["labels"] = c.text("name"), c.text("location"), c.labels()
	query := url.Values{"project": {project}}
	if c.flag("enableObjectRetention") {
		query.Set("enableObjectRetention", "true")
	}
	if _, err = c.rest.call(ctx, http.MethodPost, storageAPI+"b?"+query.Encode(), bucket); err != nil {
		return "", nil, err
	}
	c.id = c.text("name")
	return c.id, nil, c.lockRetention(ctx)
}

// lockRetention makes the bucket's retention policy permanent if the program says so.
func (c *call) lockRetention(ctx context.Context) error {
	policy, _ := c.inputs["retentionPolicy"].(map[string]any)
	if policy["isLocked"] != true {
		return nil
	}
	bucket, err := c.rest.call(ctx, http.MethodGet, storageAPI+"b/"+c.id, nil)
	if err != nil {
		return err
	}
	_, err = c.rest.call(ctx, http.MethodPost, fmt.Sprintf(
		"%sb/%s/lockRetentionPolicy?ifMetagenerationMatch=%v", storageAPI, c.id, bucket["metageneration"]), nil)
	return err
}

func readBucket(ctx context.Context, c *call) (map[string]any, error) {
	bucket, err := c.rest.call(ctx, http.MethodGet, storageAPI+"b/"+c.id, nil)
	if err != nil {
		return nil, err
	}
	field := func(path ...string) any {
		var v any = bucket
		for _, name := range path {
			object, _ := v.(map[string]any)
			v = object[name]
		}
		return v
	}
	bucket["requesterPays"] = field("billing", "requesterPays")
	bucket["uniformBucketLevelAccess"] = field("iamConfiguration", "uniformBucketLevelAccess", "enabled")
	bucket["publicAccessPrevention"] = field("iamConfiguration", "publicAccessPrevention")
	bucket["enableObjectRetention"] = field("objectRetention", "mode") == "Enabled"
	bucket["lifecycleRules"] = []any{}
	if rules, ok := field("lifecycle", "rule").([]any); ok {
		bucket["lifecycleRules"] = withStates(rules)
	}
	state := c.decoded("Bucket", bucket, append([]string{
		"name", "location", "labels", "selfLink", "projectNumber", "requesterPays", "uniformBucketLevelAccess",
		"publicAccessPrevention", "enableObjectRetention", "lifecycleRules", "retentionPolicy",
	}, bucketFields...)...)
	state["url"], state["effectiveLabels"] = "gs://"+c.id, state["labels"]
	project, err := c.project()
	state["project"] = project
	return state, err
}

func updateBucket(ctx context.Context, c *call) error {
	body := bucketResource(c, c.changed)
	if labels := c.labels(); !same(labels, c.state["pulumiLabels"]) {
		deployed, _ := c.state["pulumiLabels"].(map[string]any)
		patch := map[string]any{} // a null removes a label
		for key := range deployed {
			patch[key] = nil
		}
		maps.Copy(patch, labels)
		body["labels"] = patch
	}
	if len(body) > 0 {
		if _, err := c.rest.call(ctx, http.MethodPatch, storageAPI+"b/"+c.id, body); err != nil {
			return err
		}
	}
	return c.lockRetention(ctx)
}

// removeBucket deletes a bucket, and with forceDestroy every generation of
// every object in it first.
func removeBucket(ctx context.Context, c *call) error {
	force := c.flag("forceDestroy")
	if c.inputs["forceDestroy"] == nil {
		force, _ = c.state["forceDestroy"].(bool)
	}
	objects := storageAPI + "b/" + c.id + "/o"
	for page := ""; ; {
		list, err := c.rest.call(ctx, http.MethodGet, objects+"?versions=true&pageToken="+url.QueryEscape(page), nil)
		if err != nil {
			return err
		}
		items, _ := list["items"].([]any)
		if len(items) > 0 && !force {
			return fmt.Errorf("the bucket contains objects and forceDestroy is not true: " +
				"set it, run pulumi up, then delete the bucket")
		}
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(deletionsAtOnce)
		for _, item := range items {
			object := item.(map[string]any)
			group.Go(func() error {
				name, _ := object["name"].(string)
				err := c.delete(ctx, fmt.Sprintf("%s/%s?generation=%v", objects, url.PathEscape(name), object["generation"]))
				if isGone(err) {
					return nil
				}
				return err
			})
		}
		if err := group.Wait(); err != nil {
			return fmt.Errorf("emptying the bucket: %w", err)
		}
		if page, _ = list["nextPageToken"].(string); page == "" {
			break
		}
	}
	return c.delete(ctx, storageAPI+"b/"+c.id)
}
