package provider

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
)

const pubsub = "/pubsub/v1/"

// longestTopicName is Pub/Sub's limit of the names of topics and subscriptions.
const longestTopicName = 255

func init() {
	register(map[string]*kind{
		"gcp:pubsub/topic:Topic": {
			autoname: longestTopicName,
			defaults: map[string]any{"schemaSettings.encoding": "ENCODING_UNSPECIFIED"},
			computed: []string{"project", "messageStoragePolicy", "schemaSettings"},
			id:       within("projects/{project}/topics/{name}"),
			imports:  []string{"projects/{project}/topics/{name}", "{project}/{name}", "{name}"},
			create:   createTopic, read: readTopic, update: updateTopic,
			remove: func(ctx context.Context, c *call) error { return c.delete(ctx, pubsub+c.id) },
		},
		"gcp:pubsub/subscription:Subscription": {
			autoname: longestTopicName,
			defaults: map[string]any{
				"messageRetentionDuration":       "604800s",
				"cloudStorageConfig.maxDuration": "300s",
			},
			computed: []string{"project", "ackDeadlineSeconds", "expirationPolicy", "retryPolicy.maximumBackoff",
				"retryPolicy.minimumBackoff"},
			resourceNames: []string{"topic"},
			id:            within("projects/{project}/subscriptions/{name}"),
			imports:       []string{"projects/{project}/subscriptions/{name}", "{project}/{name}", "{name}"},
			create:        createSubscription, read: readSubscription, update: updateSubscription,
			remove: func(ctx context.Context, c *call) error { return c.delete(ctx, pubsub+c.id) },
		},
		"gcp:pubsub/topicIAMMember:TopicIAMMember": iamMember(func(c *call) (policyOf, error) {
			return c.namedPolicy("topic", pubsub, "projects/{project}/topics/{topic}")
		}, "topic"),
		"gcp:pubsub/subscriptionIAMMember:SubscriptionIAMMember": iamMember(func(c *call) (policyOf, error) {
			p, err := c.namedPolicy("subscription", pubsub, "projects/{project}/subscriptions/{subscription}")
			delete(p.outputs, "subscription") // stays as the program wrote it
			delete(p.outputs, "project")
			return p, err
		}, "subscription"),
	})
}

// Fields that Google sets or that are not part of the resource's body.
var notInPubsubBody = []string{"name", "project", "labels"}

// topic is the inputs as a Topic of Google's API.
// https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.topics
func topic(c *call) map[string]any {
	body := c.body("Topic")
	maps.DeleteFunc(body, func(name string, v any) bool { return slices.Contains(notInPubsubBody, name) })
	body["labels"] = c.labels()
	return body
}

func createTopic(ctx context.Context, c *call) (string, map[string]any, error) {
	return c.put(ctx, pubsub, topic(c))
}

// put creates a resource whose name the caller chooses. Pub/Sub does that with
// PUT, which a lost answer makes fail with 409 when it is repeated.
func (c *call) put(ctx context.Context, base string, body map[string]any) (string, map[string]any, error) {
	id, err := c.kind.id(c)
	if err != nil {
		return "", nil, err
	}
	if _, err = c.rest.call(ctx, http.MethodPut, base+id, body); err != nil {
		return "", nil, err
	}
	c.id = id
	return id, nil, nil
}

func readTopic(ctx context.Context, c *call) (map[string]any, error) {
	answer, err := c.rest.call(ctx, http.MethodGet, pubsub+c.id, nil)
	if err != nil {
		return nil, err
	}
	return c.pubsubState("Topic", answer), nil
}

// pubsubState decodes a topic or subscription; its name is the end of its id.
func (c *call) pubsubState(owner string, answer map[string]any) map[string]any {
	state := c.kind.decode(owner, answer, c.schema.Outputs)
	delete(state, "pulumiLabels")
	state["effectiveLabels"] = state["labels"]
	state["name"], state["project"] = lastPart(c.id), strings.Split(c.id, "/")[1]
	return state
}

func updateTopic(ctx context.Context, c *call) error {
	return c.patchPubsub(ctx, "topic", "Topic", topic(c),
		"kmsKeyName", "messageStoragePolicy", "schemaSettings", "messageRetentionDuration", "ingestionDataSourceSettings")
}

// patchPubsub sends the changed fields among names, and the labels if they
// changed, as {WRAPPER: {…}} with the list of fields in the query.
func (c *call) patchPubsub(ctx context.Context, wrapper, owner string, whole map[string]any, names ...string) error {
	body, mask := map[string]any{}, ""
	for _, name := range names {
		if c.changed(name) {
			field := c.kind.field(owner, name)
			body[field], mask = whole[field], joinMask(mask, field)
		}
	}
	if !same(c.labels(), c.state["pulumiLabels"]) {
		body["labels"], mask = whole["labels"], joinMask(mask, "labels")
	}
	if mask == "" {
		return nil
	}
	_, err := c.rest.call(ctx, http.MethodPatch, pubsub+c.id+"?updateMask="+mask, map[string]any{wrapper: body})
	return err
}

// subscription is the inputs as a Subscription of Google's API.
// https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.subscriptions
func subscription(c *call) (map[string]any, error) {
	body := c.body("Subscription")
	maps.DeleteFunc(body, func(name string, v any) bool { return slices.Contains(notInPubsubBody, name) })
	body["labels"] = c.labels()
	full := c.text("topic")
	if !strings.Contains(full, "/") {
		project, err := c.project()
		if err != nil {
			return nil, err
		}
		full = "projects/" + project + "/topics/" + full
	}
	body["topic"] = full
	if expiration, ok := body["expirationPolicy"].(map[string]any); ok && expiration["ttl"] == "" {
		body["expirationPolicy"] = map[string]any{} // never
	}
	if storage, ok := body["cloudStorageConfig"].(map[string]any); ok {
		delete(storage, "state") // only Google sets it
		if v, ok := storage["maxBytes"]; ok {
			storage["maxBytes"] = convert(v, "string")
		}
	}
	if body["pushConfig"] == nil && c.oldInputs["pushConfig"] != nil {
		body["pushConfig"] = map[string]any{} // back to pull
	}
	return body, nil
}

func createSubscription(ctx context.Context, c *call) (string, map[string]any, error) {
	body, err := subscription(c)
	if err != nil {
		return "", nil, err
	}
	return c.put(ctx, pubsub, body)
}

func readSubscription(ctx context.Context, c *call) (map[string]any, error) {
	answer, err := c.rest.call(ctx, http.MethodGet, pubsub+c.id, nil)
	if err != nil {
		return nil, err
	}
	if push, ok := answer["pushConfig"].(map[string]any); ok && len(push) == 0 {
		delete(answer, "pushConfig") // how Google says pull
	}
	return c.pubsubState("Subscription", answer), nil
}

func updateSubscription(ctx context.Context, c *call) error {
	body, err := subscription(c)
	if err != nil {
		return err
	}
	return c.patchPubsub(ctx, "subscription", "Subscription", body,
		"ackDeadlineSeconds", "messageRetentionDuration", "retainAckedMessages", "pushConfig", "deadLetterPolicy",
		"retryPolicy", "expirationPolicy", "bigqueryConfig", "cloudStorageConfig", "enableExactlyOnceDelivery")
}
