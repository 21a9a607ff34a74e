package provider

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
)

const storageAPI = "/storage/v1/"

// Limits of buckets and their emptying.
const (
	longestBucketName = 63
	deletionsAtOnce   = 8
)

func init() {
	register(map[string]*kind{
		"gcp:storage/bucket:Bucket": {
			autoname: longestBucketName,
			defaults: map[string]any{
				"forceDestroy": false, "storageClass": "STANDARD", "retentionPolicy.isLocked": false,
			},
			rules: map[string]rule{
				"publicAccessPrevention": oneOf("inherited", "enforced"),
				"rpo":                    oneOf("DEFAULT", "ASYNC_TURBO"),
			},
			computed: []string{
				"project", "publicAccessPrevention", "rpo", "softDeletePolicy", "uniformBucketLevelAccess", "versioning", "website",
			},
			identity: []string{"name"},
			id:       within("{name}"),
			imports:  []string{"{name}", "{project}/{name}"},
			wire: map[string]string{
				"BucketCor.methods":                                  "method",
				"BucketCor.origins":                                  "origin",
				"BucketCor.responseHeaders":                          "responseHeader",
				"BucketLifecycleRuleCondition.matchesPrefixes":       "matchesPrefix",
				"BucketLifecycleRuleCondition.matchesStorageClasses": "matchesStorageClass",
				"BucketLifecycleRuleCondition.matchesSuffixes":       "matchesSuffix",
			},
			create: createBucket, read: readBucket, update: updateBucket, remove: removeBucket,
		},
		"gcp:storage/bucketIAMMember:BucketIAMMember": iamMember(bucketPolicy, "bucket"),
		"gcp:storage/notification:Notification": {
			rules:         map[string]rule{"payloadFormat": oneOf("JSON_API_V1", "NONE")},
			resourceNames: []string{"topic"},
			create:        createNotification, read: readNotification,
			remove: func(ctx context.Context, c *call) error { return c.delete(ctx, storageAPI+"b/"+c.id) },
		},
	})
}

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
			body["retentionPolicy"] = map[string]any{"retentionPeriod": policy["retentionPeriod"]}
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

// lifecycleRules are the bucket's rules as Google wants them: the state of
// objects is a boolean there, and an age of 0 counts unless noAge is set.
func lifecycleRules(c *call) []any {
	rules, _ := c.kind.encodeValue(c.inputs["lifecycleRules"], c.schema.Inputs["lifecycleRules"]).([]any)
	for _, rule := range rules {
		condition, ok := rule.(map[string]any)["condition"].(map[string]any)
		if !ok {
			continue
		}
		switch condition["withState"] {
		case "LIVE":
			condition["isLive"] = true
		case "ARCHIVED":
			condition["isLive"] = false
		}
		if age, ok := condition["age"]; condition["noAge"] == true {
			delete(condition, "age")
		} else if !ok {
			condition["age"] = 0
		} else {
			condition["age"] = age
		}
		for flag, field := range map[string]string{
			"sendDaysSinceNoncurrentTimeIfZero": "daysSinceNoncurrentTime",
			"sendDaysSinceCustomTimeIfZero":     "daysSinceCustomTime",
			"sendNumNewerVersionsIfZero":        "numNewerVersions",
		} {
			if isEmpty(condition[field]) && condition[flag] != true {
				delete(condition, field)
			}
			delete(condition, flag)
		}
		maps.DeleteFunc(condition, func(name string, v any) bool {
			return name == "withState" || name == "noAge" || name != "age" && name != "isLive" && v == ""
		})
	}
	return append([]any{}, rules...)
}

// withStates is the way back of lifecycleRules.
func withStates(rules []any) []any {
	rules = slices.Clone(rules)
	for i := range rules {
		rule := maps.Clone(rules[i].(map[string]any))
		condition, _ := rule["condition"].(map[string]any)
		condition = maps.Clone(condition)
		if condition != nil {
			state := "ANY"
			if live, ok := condition["isLive"].(bool); ok && live {
				state = "LIVE"
			} else if ok {
				state = "ARCHIVED"
			}
			_, hasAge := condition["age"]
			condition["withState"], condition["noAge"] = state, !hasAge
			rule["condition"] = condition
		}
		rules[i] = rule
	}
	return rules
}

// bucketPolicy is a bucket's IAM policy, which has verbs of its own.
// https://cloud.google.com/storage/docs/json_api/v1/buckets/setIamPolicy
func bucketPolicy(c *call) (policyOf, error) {
	bucket := strings.TrimPrefix(c.text("bucket"), "b/")
	path := storageAPI + "b/" + bucket + "/iam"
	return policyOf{
		id: "b/" + bucket, outputs: map[string]any{"bucket": "b/" + bucket},
		get: func(ctx context.Context) (map[string]any, error) {
			return c.rest.call(ctx, http.MethodGet, path+"?optionsRequestedPolicyVersion=3", nil)
		},
		set: func(ctx context.Context, policy map[string]any) (map[string]any, error) {
			return c.rest.call(ctx, http.MethodPut, path, policy)
		},
	}, nil
}

// getProjectServiceAccount returns the project's Cloud Storage service agent.
// https://cloud.google.com/storage/docs/json_api/v1/projects/serviceAccount/get
func getProjectServiceAccount(ctx context.Context, c *call) (map[string]any, error) {
	project, err := c.project()
	if err != nil {
		return nil, err
	}
	path := storageAPI + "projects/" + project + "/serviceAccount"
	if payer := c.text("userProject"); payer != "" {
		path += "?userProject=" + url.QueryEscape(payer)
	}
	agent, err := c.rest.call(ctx, http.MethodGet, path, nil)
	if err != nil {
		return nil, err
	}
	email, _ := agent["email_address"].(string)
	result := map[string]any{
		"id": email, "project": project, "emailAddress": email, "member": "serviceAccount:" + email,
	}
	if payer := c.text("userProject"); payer != "" {
		result["userProject"] = payer
	}
	return result, nil
}
