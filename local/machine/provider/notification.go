package provider

import (
	"context"
	"maps"
	"net/http"
	"strings"
)

// topicHost begins a topic's full name in a notification.
const topicHost = "//pubsub.googleapis.com/"

// createNotification makes a bucket tell a Pub/Sub topic about its objects. Like the official provider's it does not
// wait
// for the Cloud Storage agent's role on the topic.
// https://cloud.google.com/storage/docs/json_api/v1/notifications/insert
func createNotification(ctx context.Context, c *call) (string, map[string]any, error) {
	request := map[string]any{
		"topic":          topicHost + strings.TrimPrefix(c.text("topic"), topicHost),
		"payload_format": c.inputs["payloadFormat"],
	}
	for name, field := range map[string]string{
		"eventTypes": "event_types", "customAttributes": "custom_attributes", "objectNamePrefix": "object_name_prefix",
	} {
		if v := c.inputs[name]; !isEmpty(v) {
			request[field] = v
		}
	}
	bucket := strings.TrimPrefix(c.text("bucket"), "b/")
	answer, err := c.rest.call(ctx, http.MethodPost, storageAPI+"b/"+bucket+"/notificationConfigs", request)
	if err != nil {
		return "", nil, err
	}
	id, _ := answer["id"].(string)
	c.id = bucket + "/notificationConfigs/" + id
	return c.id, nil, nil
}

func readNotification(ctx context.Context, c *call) (map[string]any, error) {
	answer, err := c.rest.call(ctx, http.MethodGet, storageAPI+"b/"+c.id, nil)
	if err != nil {
		return nil, err
	}
	state := c.decoded("Notification", map[string]any{
		"topic": answer["topic"], "payloadFormat": answer["payload_format"], "selfLink": answer["selfLink"],
		"eventTypes": answer["event_types"], "customAttributes": answer["custom_attributes"],
		"objectNamePrefix": answer["object_name_prefix"],
	}, "topic", "payloadFormat", "selfLink", "eventTypes", "customAttributes", "objectNamePrefix")
	parts, _ := parseID(c.id, "{bucket}/notificationConfigs/{notificationId}")
	maps.Copy(state, parts)
	return state, nil
}
