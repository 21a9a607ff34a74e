package provider

import (
	"context"
	"net/http"
	"net/url"
	"strings"
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
				"softDeletePolicy.retentionDurationSeconds": 604800, // a week
			},
			rules: map[string]rule{
				"lifecycleRules[].condition.withState": enum("LIVE", "ARCHIVED", "ANY"),
			},
			computed: []string{
				"project", "publicAccessPrevention", "rpo", "softDeletePolicy", "uniformBucketLevelAccess", "versioning", "website",
				"autoclass.terminalStorageClass", "softDeletePolicy.effectiveTime", "logging.logObjectPrefix",
			},
			unordered: []string{"customPlacementConfig.dataLocations"},
			id:        within("{name}"),
			imports:   []string{"{name}", "{project}/{name}"},
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
			unordered:     []string{"eventTypes"},
			resourceNames: []string{"topic"},
			create:        createNotification, read: readNotification,
			remove: func(ctx context.Context, c *call) error { return c.delete(ctx, storageAPI+"b/"+c.id) },
		},
	})
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
