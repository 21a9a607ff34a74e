// Package bucket reads and writes Cloud Storage as the caller.
package bucket

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"
	"google.golang.org/api/storage/v1"

	"docx2pdf/client/trouble"
)

// Client is Cloud Storage with somebody's credentials.
type Client struct {
	objects *storage.ObjectsService
	// Account is whose credentials they are, for sentences about missing roles.
	account string
	first   time.Duration // the pause before a call is made again
}

// New connects to Cloud Storage.
func New(
	ctx context.Context, account string, first time.Duration, credentials ...option.ClientOption,
) (*Client, error) {
	// The same variable moves the Pulumi provider.
	if endpoint := os.Getenv("GOOGLE_STORAGE_CUSTOM_ENDPOINT"); endpoint != "" {
		credentials = append(credentials, option.WithEndpoint(endpoint))
	}
	service, err := storage.NewService(ctx, credentials...)
	if err != nil {
		return nil, fmt.Errorf("making a storage client: %w", err)
	}
	return &Client{service.Objects, account, first}, nil
}

// Object is what is kept of a stored object.
type Object struct {
	Bucket, Name string
	Generation   int64
	Size         uint64
	MD5          string // base64; empty for objects that were composed
	ContentType  string
	Metadata     map[string]string
}

// URL is the object's name with its bucket's.
func (o Object) URL() string { return "gs://" + o.Bucket + "/" + o.Name }

// ErrNotFound: there is no such object, or it was replaced meanwhile.
var ErrNotFound = errors.New("there is no such object")

// ErrTaken: there is an object under the name already.
var ErrTaken = errors.New("there is an object of this name already")

// Stat describes an object. Generation 0 is the newest.
func (c *Client) Stat(ctx context.Context, bucket, name string, generation int64) (Object, error) {
	call := c.objects.Get(bucket, name).Context(ctx)
	if generation != 0 {
		call.Generation(generation)
	}
	o, err := trouble.Again(ctx, c.first, func() (*storage.Object, error) { return call.Do() })
	if err != nil {
		return Object{}, c.worded("reading", Object{Bucket: bucket, Name: name}, "roles/storage.objectViewer", err)
	}
	return object(o), nil
}

// Delete removes a generation of an object.
func (c *Client) Delete(ctx context.Context, o Object) error {
	_, err := trouble.Again(ctx, c.first, func() (struct{}, error) {
		return struct{}{}, c.objects.Delete(o.Bucket, o.Name).IfGenerationMatch(o.Generation).Context(ctx).Do()
	})
	return c.worded("deleting", o, "roles/storage.objectUser", err)
}

// Copy writes an object's content under another name, which need not be free.
func (c *Client) Copy(ctx context.Context, from Object, bucket, name string) (Object, error) {
	call := c.objects.Rewrite(from.Bucket, from.Name, bucket, name, &storage.Object{
		ContentType: from.ContentType, Metadata: from.Metadata,
	}).SourceGeneration(from.Generation).Context(ctx)
	for {
		answer, err := trouble.Again(ctx, c.first, func() (*storage.RewriteResponse, error) { return call.Do() })
		if err != nil {
			return Object{}, c.worded("copying to", Object{Bucket: bucket, Name: name}, "roles/storage.objectUser", err)
		}
		if answer.Done {
			return object(answer.Resource), nil
		}
		call.RewriteToken(answer.RewriteToken)
	}
}

// List calls visit with every object whose name starts with a prefix, in order.
func (c *Client) List(ctx context.Context, bucket, prefix string, visit func(Object) error) error {
	call := c.objects.List(bucket).Prefix(prefix).Context(ctx)
	for {
		page, err := trouble.Again(ctx, c.first, func() (*storage.Objects, error) { return call.Do() })
		if err != nil {
			return c.worded("listing", Object{Bucket: bucket, Name: prefix}, "roles/storage.objectViewer", err)
		}
		for _, o := range page.Items {
			if err := visit(object(o)); err != nil {
				return err
			}
		}
		if page.NextPageToken == "" {
			return nil
		}
		call.PageToken(page.NextPageToken)
	}
}

func object(o *storage.Object) Object {
	return Object{o.Bucket, o.Name, o.Generation, o.Size, o.Md5Hash, o.ContentType, o.Metadata}
}

// worded says what storage's answer means, with the role that allows what was refused.
func (c *Client) worded(doing string, o Object, role string, err error) error {
	var answer *googleapi.Error
	var signIn *trouble.Error
	if err == nil || errors.As(err, &signIn) || !errors.As(err, &answer) {
		if found := trouble.Of(err); found != nil {
			return found
		}
		return err
	}
	what := doing + " " + o.URL()
	switch answer.Code {
	case http.StatusNotFound:
		return fmt.Errorf("%s: %w: %s", what, ErrNotFound, answer.Message)
	case http.StatusPreconditionFailed:
		return fmt.Errorf("%s: %w", what, ErrTaken)
	case http.StatusUnauthorized:
		return trouble.Lasting(err,
			"%s: Cloud Storage does not accept the access token of %s: its key or account was deleted "+
				"or disabled since; sign in anew", what, c.account)
	case http.StatusForbidden:
		return fmt.Errorf("%s: %s may not; grant it %s on the bucket %s, "+
			"or wait a minute when that was done just now (storage says: %s)",
			what, c.account, role, o.Bucket, answer.Message)
	}
	return fmt.Errorf("%s: Cloud Storage answers %d %s", what, answer.Code, answer.Message)
}
