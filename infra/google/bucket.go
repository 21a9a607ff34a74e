package google

import (
	"context"
	"net/http"
	"net/url"
	"strings"
)

// Holds says whether a bucket has an object.
func (c *Client) Holds(ctx context.Context, bucket string) bool {
	var answer struct{ Items []struct{ Name string } }
	path := "v1/b/" + url.PathEscape(bucket) + "/o?maxResults=1&versions=true"
	err := c.Call(ctx, http.MethodGet, Storage, path, nil, &answer)
	return err == nil && len(answer.Items) > 0
}

// HoldsUnder says whether a bucket has an object under a key of Cloud KMS, of any version of it. It is the first one
// where the bucket had the key as its default.
func (c *Client) HoldsUnder(ctx context.Context, bucket, key string) bool {
	for page := ""; ; {
		var answer struct {
			Items         []struct{ KmsKeyName string }
			NextPageToken string
		}
		path := "v1/b/" + url.PathEscape(bucket) + "/o?versions=true&fields=items(kmsKeyName),nextPageToken&pageToken=" +
			url.QueryEscape(page)
		if err := c.Call(ctx, http.MethodGet, Storage, path, nil, &answer); err != nil {
			return false
		}
		for _, object := range answer.Items {
			if strings.HasPrefix(object.KmsKeyName, key+"/") {
				return true
			}
		}
		if page = answer.NextPageToken; page == "" {
			return false
		}
	}
}
