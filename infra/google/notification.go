package google

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// notificationConfig says where a bucket publishes.
// https://cloud.google.com/storage/docs/json_api/v1/notifications
type notificationConfig struct {
	ID            string `json:"id,omitempty"`
	Topic         string `json:"topic"`
	PayloadFormat string `json:"payload_format,omitempty"`
	Prefix        string `json:"object_name_prefix,omitempty"`
}

// AwaitPublishing waits until Cloud Storage's agent may publish to a topic (projects/P/topics/T), without which it
// takes
// no notification of the bucket. Only Cloud Storage can say that, by taking one: a bucket that publishes to the topic
// is
// left alone, and another gets one for objects that nobody makes, and loses it again.
func (c *Client) AwaitPublishing(ctx context.Context, bucket, topic string, tell func(string)) error {
	configs := "v1/b/" + url.PathEscape(bucket) + "/notificationConfigs"
	var present struct{ Items []notificationConfig }
	if err := c.Call(ctx, http.MethodGet, Storage, configs, nil, &present); err != nil {
		return fmt.Errorf("looking for the notifications of the bucket %s: %w", bucket, err)
	}
	for _, config := range present.Items {
		if strings.HasSuffix(config.Topic, "/"+topic) {
			return nil
		}
	}
	trial := notificationConfig{
		Topic: "//pubsub.googleapis.com/" + topic, PayloadFormat: "NONE", Prefix: "docx2pdf-trial-of-a-grant/",
	}
	var made notificationConfig
	err := Retry(ctx, true, tell, func() error {
		return c.Call(ctx, http.MethodPost, Storage, configs, trial, &made)
	})
	if err != nil {
		return fmt.Errorf("waiting for Cloud Storage's role on the topic %s: %w", topic, err)
	}
	err = Retry(ctx, true, tell, func() error {
		err := c.Call(ctx, http.MethodDelete, Storage, configs+"/"+made.ID, nil, nil)
		if isCode(err, http.StatusNotFound) {
			return nil // an answer was lost
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("taking back the trial of Cloud Storage's role on the topic %s: %w", topic, err)
	}
	return nil
}
