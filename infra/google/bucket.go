package google

import (
	"context"
	"net/http"
	"net/url"
	"strings"
)

// Bucket is a bucket of the project.
type Bucket struct {
	Name, Location string
	Labels         map[string]string
}

// Buckets are the project's buckets whose names begin with prefix; none where they cannot be seen.
// https://cloud.google.com/storage/docs/json_api/v1/buckets/list
func (c *Client) Buckets(ctx context.Context, project, prefix string) []Bucket {
	var answer struct{ Items []Bucket }
	query := url.Values{
		"project": {project}, "prefix": {prefix}, "maxResults": {"1000"}, "fields": {"items(name,location,labels)"},
	}
	if err := c.Call(ctx, http.MethodGet, Storage, "v1/b?"+query.Encode(), nil, &answer); err != nil {
		return nil
	}
	return answer.Items
}

// In says whether the bucket is in a region.
func (b *Bucket) In(region string) bool { return strings.EqualFold(b.Location, region) }

// Holds says whether the bucket has an object.
func (c *Client) Holds(ctx context.Context, bucket string) bool {
	var answer struct{ Items []struct{ Name string } }
	path := "v1/b/" + url.PathEscape(bucket) + "/o?maxResults=1&versions=true"
	err := c.Call(ctx, http.MethodGet, Storage, path, nil, &answer)
	return err == nil && len(answer.Items) > 0
}
