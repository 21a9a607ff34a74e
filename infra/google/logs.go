package google

import (
	"context"
	"fmt"
	"net/http"
)

// RestoreLogBucket has a log bucket back that was deleted less than a week ago: for so long its name is taken, and
// Google changes nothing in it.
// https://cloud.google.com/logging/docs/buckets#undelete-bucket
func (c *Client) RestoreLogBucket(ctx context.Context, project, location, id string, tell func(string)) error {
	name := "v2/projects/" + project + "/locations/" + location + "/buckets/" + id
	var bucket struct{ LifecycleState string }
	if err := c.Call(ctx, http.MethodGet, Logging, name, nil, &bucket); err != nil ||
		bucket.LifecycleState != "DELETE_REQUESTED" {
		return nil // what else is wrong will be said by what makes it
	}
	tell("taking back the log bucket " + id + ", which was deleted less than a week ago")
	if err := c.Call(ctx, http.MethodPost, Logging, name+":undelete", map[string]any{}, nil); err != nil {
		return fmt.Errorf("taking back the log bucket %s, which was deleted less than a week ago: %w", id, err)
	}
	return nil
}
