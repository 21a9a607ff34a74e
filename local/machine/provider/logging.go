package provider

import (
	"context"
	"net/http"
	"net/url"
	"strings"
)

const loggingAPI = "/logging/v2/"

func init() {
	register(map[string]*kind{
		"gcp:logging/projectBucketConfig:ProjectBucketConfig": {
			defaults: map[string]any{"retentionDays": 30},
			computed: []string{"description"},
			wire:     map[string]string{"ProjectBucketConfig.enableAnalytics": "analyticsEnabled"},
			id:       within("projects/{project}/locations/{location}/buckets/{bucketId}"),
			imports:  []string{"projects/{project}/locations/{location}/buckets/{bucketId}"},
			create:   createLogBucket, read: readLogBucket,
			update: updateLogging("ProjectBucketConfig", "retentionDays", "description", "cmekSettings", "indexConfigs"),
			remove: removeLogging,
		},
		"gcp:logging/projectSink:ProjectSink": {
			autoname: 100,
			defaults: map[string]any{"uniqueWriterIdentity": true},
			computed: []string{"project", "bigqueryOptions"},
			id:       within("projects/{project}/sinks/{name}"),
			imports:  []string{"projects/{project}/sinks/{name}"},
			create: func(ctx context.Context, c *call) (string, map[string]any, error) {
				return c.createLogging(ctx, "ProjectSink", "sinks?uniqueWriterIdentity="+c.truth("uniqueWriterIdentity"),
					"name", "destination", "filter", "description", "disabled", "exclusions")
			},
			read:   readSink,
			update: updateLogging("ProjectSink", "destination", "filter", "description", "disabled", "exclusions"),
			remove: removeLogging,
		},
		"gcp:logging/projectExclusion:ProjectExclusion": {
			autoname: 100,
			computed: []string{"project"},
			id:       within("projects/{project}/exclusions/{name}"),
			imports:  []string{"projects/{project}/exclusions/{name}"},
			create: func(ctx context.Context, c *call) (string, map[string]any, error) {
				return c.createLogging(ctx, "ProjectExclusion", "exclusions", "name", "filter", "description", "disabled")
			},
			read: func(ctx context.Context, c *call) (map[string]any, error) {
				return c.readLogging(ctx, "ProjectExclusion")
			},
			update: updateLogging("ProjectExclusion", "filter", "description", "disabled"),
			remove: removeLogging,
		},
	})
}

func (c *call) truth(name string) string {
	if c.flag(name) {
		return "true"
	}
	return "false"
}

// createLogging makes what the project has of a collection.
// https://cloud.google.com/logging/docs/reference/v2/rest
func (c *call) createLogging(ctx context.Context, owner, collection string, names ...string) (
	string, map[string]any, error) {
	id, err := c.kind.id(c)
	if err != nil {
		return "", nil, err
	}
	project, _, _ := strings.Cut(strings.TrimPrefix(id, "projects/"), "/")
	_, err = c.rest.call(ctx, http.MethodPost, loggingAPI+"projects/"+project+"/"+collection, c.body(owner, names...))
	return id, nil, err
}

func (c *call) readLogging(ctx context.Context, owner string) (map[string]any, error) {
	answer, err := c.rest.call(ctx, http.MethodGet, loggingAPI+c.id, nil)
	if err != nil {
		return nil, err
	}
	state := c.kind.decode(owner, answer, c.schema.Outputs)
	state["project"] = strings.Split(c.id, "/")[1]
	return state, nil
}

func updateLogging(owner string, names ...string) func(context.Context, *call) error {
	return func(ctx context.Context, c *call) error {
		body, mask := c.patch(owner, names...)
		if mask == "" {
			return nil
		}
		_, err := c.rest.call(ctx, http.MethodPatch, loggingAPI+c.id+"?updateMask="+url.QueryEscape(mask), body)
		return err
	}
}

func removeLogging(ctx context.Context, c *call) error { return c.delete(ctx, loggingAPI+c.id) }

// createLogBucket takes a bucket as it is that is there already, as the official provider does.
func createLogBucket(ctx context.Context, c *call) (string, map[string]any, error) {
	id, err := c.kind.id(c)
	if err != nil {
		return "", nil, err
	}
	if _, err := c.rest.call(ctx, http.MethodGet, loggingAPI+id, nil); err == nil {
		c.id = id
		return id, nil, updateLogging("ProjectBucketConfig", "retentionDays", "description")(ctx, c)
	}
	at, _, _ := strings.Cut(id, "/buckets/")
	body := c.body("ProjectBucketConfig", "retentionDays", "description", "locked", "enableAnalytics", "cmekSettings",
		"indexConfigs")
	_, err = c.rest.call(ctx, http.MethodPost,
		loggingAPI+at+"/buckets?bucketId="+url.QueryEscape(c.text("bucketId")), body)
	return id, nil, err
}

// readLogBucket does not know a bucket that is being deleted.
func readLogBucket(ctx context.Context, c *call) (map[string]any, error) {
	state, err := c.readLogging(ctx, "ProjectBucketConfig")
	if err != nil || state["lifecycleState"] == "DELETE_REQUESTED" {
		return nil, err
	}
	parts := strings.Split(c.id, "/")
	state["location"], state["bucketId"] = parts[3], parts[5]
	return state, nil
}

// readSink knows by whom a sink writes whether that account is its own.
func readSink(ctx context.Context, c *call) (map[string]any, error) {
	state, err := c.readLogging(ctx, "ProjectSink")
	if err != nil {
		return nil, err
	}
	state["uniqueWriterIdentity"] = state["writerIdentity"] != "serviceAccount:cloud-logs@system.gserviceaccount.com"
	state["customWriterIdentity"] = c.text("customWriterIdentity")
	return state, nil
}
