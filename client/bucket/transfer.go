package bucket

import (
	"context"
	"crypto/md5"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/cenkalti/backoff/v5"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/storage/v1"

	"docx2pdf/client/trouble"
)

// noEvents is the metadata of documents that the client calls for itself: the bucket's own event converts them not.
var noEvents = map[string]string{"docx2pdf-events": "off"}

// docxType is the media type of a Word document.
// https://www.iana.org/assignments/media-types/application/vnd.openxmlformats-officedocument.wordprocessingml.document
const docxType = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

// Upload writes a file under a name that nobody has, or finds the same content there. ErrTaken says that the name has
// another's content: nothing is ever overwritten.
func (c *Client) Upload(ctx context.Context, file, bucket, name string) (Object, error) {
	sum, err := sumOf(file)
	if err != nil {
		return Object{}, err
	}
	made, err := trouble.Again(ctx, c.first, func() (*storage.Object, error) {
		content, err := os.Open(file)
		if err != nil {
			return nil, backoff.Permanent(err)
		}
		defer content.Close()
		return c.objects.Insert(bucket, &storage.Object{Name: name, ContentType: docxType, Md5Hash: sum, Metadata: noEvents}).
			IfGenerationMatch(0).Media(content, googleapi.ContentType(docxType)).Context(ctx).Do()
	})
	if err == nil {
		return object(made), nil
	}
	err = c.worded("uploading "+file+" to", Object{Bucket: bucket, Name: name}, "roles/storage.objectUser", err)
	if !errors.Is(err, ErrTaken) {
		return Object{}, err
	}
	there, statErr := c.Stat(ctx, bucket, name, 0)
	if statErr == nil && there.MD5 == sum {
		return there, nil
	}
	return Object{}, err
}

func sumOf(file string) (string, error) {
	content, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer content.Close()
	hash := md5.New()
	if _, err := io.Copy(hash, content); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(hash.Sum(nil)), nil
}

// Download gives an object's content to take, which is called anew for each attempt, and checks that it is whole.
func (c *Client) Download(ctx context.Context, o Object, take func(io.Reader) error) error {
	_, err := trouble.Again(ctx, c.first, func() (struct{}, error) {
		response, err := c.objects.Get(o.Bucket, o.Name).Generation(o.Generation).Context(ctx).Download()
		if err != nil {
			return struct{}{}, err
		}
		defer response.Body.Close()
		return struct{}{}, whole(response, o, take)
	})
	return c.worded("downloading", o, "roles/storage.objectViewer", err)
}

func whole(response *http.Response, o Object, take func(io.Reader) error) error {
	hash := md5.New()
	if err := take(io.TeeReader(response.Body, hash)); err != nil {
		var disk *os.PathError
		if errors.As(err, &disk) {
			return backoff.Permanent(err)
		}
		return err
	}
	if got := base64.StdEncoding.EncodeToString(hash.Sum(nil)); o.MD5 != "" && got != o.MD5 {
		return fmt.Errorf("what came is not what is stored (MD5 %s instead of %s)", got, o.MD5)
	}
	return nil
}
