package google

import (
	"context"
	"net/http"
	"net/url"
)

// Holds says whether a bucket has an object.
func (c *Client) Holds(ctx context.Context, bucket string) bool {
	var answer struct{ Items []struct{ Name string } }
	path := "v1/b/" + url.PathEscape(bucket) + "/o?maxResults=1&versions=true"
	err := c.Call(ctx, http.MethodGet, Storage, path, nil, &answer)
	return err == nil && len(answer.Items) > 0
}
