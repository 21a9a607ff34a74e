package provider

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/cenkalti/backoff/v5"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/archive"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/asset"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"
	"google.golang.org/api/storage/v1"
)

// longestObjectName is Cloud Storage's limit in bytes.
const longestObjectName = 1024

func init() {
	register(map[string]*kind{
		"gcp:storage/bucketObject:BucketObject": {
			autoname: longestObjectName,
			defaults: map[string]any{"detectMd5hash": "different hash", "customerEncryption.encryptionAlgorithm": "AES256"},
			computed: []string{"content", "contentType", "kmsKeyName", "storageClass"},
			create:   createObject, read: readObject, update: updateObject,
			remove: func(ctx context.Context, c *call) error { return c.delete(ctx, c.objectPath()) },
		},
	})
}

func (c *call) objectPath() string {
	return fmt.Sprintf("%sb/%s/o/%s", storageAPI, c.text("bucket"), url.PathEscape(c.text("name")))
}

// createObject uploads the object with Google's own client, which chooses
// between a multipart and a resumable upload by size.
func createObject(ctx context.Context, c *call) (string, map[string]any, error) {
	if c.inputs["customerEncryption"] != nil {
		return "", nil, fmt.Errorf("customerEncryption does not work with the local cloud: remove it")
	}
	service, err := storage.NewService(ctx,
		option.WithHTTPClient(&http.Client{Transport: c.rest}), option.WithEndpoint(c.endpoint+storageAPI))
	if err != nil {
		return "", nil, err
	}
	_, err = repeat(ctx, func() (any, error) {
		content, err := c.objectContent()
		if err != nil {
			return nil, backoff.Permanent(err)
		}
		defer content.Close()
		var options []googleapi.MediaOption
		if form := c.text("contentType"); form != "" {
			options = append(options, googleapi.ContentType(form))
		}
		return service.Objects.Insert(c.text("bucket"), c.objectMetadata()).Context(ctx).Media(content, options...).Do()
	})
	c.id = c.text("bucket") + "-" + c.text("name")
	if err != nil {
		return "", nil, err
	}
	return c.id, nil, nil
}

// objectMetadata is the inputs as an object of Google's API.
// https://cloud.google.com/storage/docs/json_api/v1/objects
func (c *call) objectMetadata() *storage.Object {
	object := &storage.Object{
		Name:               c.text("name"),
		CacheControl:       c.text("cacheControl"),
		ContentDisposition: c.text("contentDisposition"),
		ContentEncoding:    c.text("contentEncoding"),
		ContentLanguage:    c.text("contentLanguage"),
		ContentType:        c.text("contentType"),
		StorageClass:       c.text("storageClass"),
		KmsKeyName:         c.text("kmsKeyName"),
		EventBasedHold:     c.flag("eventBasedHold"),
		TemporaryHold:      c.flag("temporaryHold"),
	}
	if metadata, ok := c.inputs["metadata"].(map[string]any); ok {
		object.Metadata = map[string]string{}
		for key, v := range metadata {
			object.Metadata[key], _ = v.(string)
		}
	}
	if retention, ok := c.inputs["retention"].(map[string]any); ok {
		mode, _ := retention["mode"].(string)
		until, _ := retention["retainUntilTime"].(string)
		object.Retention = &storage.ObjectRetention{Mode: mode, RetainUntilTime: until}
	}
	return object
}

// objectContent opens what the program gave as content: text, a file, or an
// archive, which is uploaded as a zip file.
func (c *call) objectContent() (io.ReadCloser, error) {
	switch source := c.inputs["source"].(type) {
	case *asset.Asset:
		content, err := source.ReadWithWD(c.workDir)
		return content, c.explainPath(err)
	case *archive.Archive:
		var zip bytes.Buffer
		err := source.ArchiveWithWD(archive.ZIPArchive, &zip, c.workDir)
		return io.NopCloser(&zip), c.explainPath(err)
	}
	if text, ok := c.inputs["content"].(string); ok {
		return io.NopCloser(strings.NewReader(text)), nil
	}
	return nil, fmt.Errorf("an object needs source or content")
}

// explainPath adds what a person has to know about relative paths.
func (c *call) explainPath(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("reading the source (relative paths start at %q here; an absolute one always works): %w",
		c.workDir, err)
}

func readObject(ctx context.Context, c *call) (map[string]any, error) {
	if len(c.state) == 0 && c.inputs["name"] == nil {
		return nil, fmt.Errorf("objects cannot be imported: their id does not say where the bucket's name ends")
	}
	object, err := c.rest.call(ctx, http.MethodGet, c.objectPath(), nil)
	if err != nil {
		return nil, err
	}
	state := c.decoded("BucketObject", object,
		"bucket", "name", "cacheControl", "contentDisposition", "contentEncoding", "contentLanguage", "contentType",
		"crc32c", "eventBasedHold", "generation", "kmsKeyName", "mediaLink", "metadata", "retention", "selfLink",
		"storageClass", "temporaryHold")
	state["md5hash"], state["detectMd5hash"] = object["md5Hash"], object["md5Hash"]
	state["outputName"] = object["name"]
	state["content"], state["customerEncryption"] = c.inputs["content"], nil // Google never shows them
	return state, nil
}

// updateObject uploads changed content again, and changes holds and retention in place.
func updateObject(ctx context.Context, c *call) error {
	if c.changed("content") || c.changed("detectMd5hash") {
		_, _, err := createObject(ctx, c)
		return err
	}
	body, mask := c.patch("BucketObject", "eventBasedHold", "temporaryHold", "retention")
	if mask == "" {
		return nil
	}
	_, err := c.rest.call(ctx, http.MethodPatch, c.objectPath()+"?overrideUnlockedRetention=true", body)
	return err
}
