package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"

	"github.com/cenkalti/backoff/v5"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/storage/v1"
)

// docxType is the media type of a Word document.
// https://www.iana.org/assignments/media-types/application/vnd.openxmlformats-officedocument.wordprocessingml.document
const docxType = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

// upload writes a file to the input bucket.
func (c *caller) upload(ctx context.Context, path, object string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = c.storage.Objects.Insert(c.InputBucket, &storage.Object{Name: object, ContentType: docxType}).
		Media(file).Context(ctx).Do()
	if err != nil {
		return fmt.Errorf("uploading %s to gs://%s: %w", path, c.InputBucket, err)
	}
	return nil
}

// download writes an object of the output bucket to a file. The file appears
// only once it is whole.
func (c *caller) download(ctx context.Context, object, path string) error {
	response, err := c.open(ctx, object)
	if err != nil {
		return fmt.Errorf("downloading gs://%s/%s: %w", c.OutputBucket, object, err)
	}
	defer response.Body.Close()
	part, err := os.CreateTemp(filepath.Dir(path), ".pdf-*")
	if err != nil {
		return err
	}
	defer os.Remove(part.Name())
	_, err = io.Copy(part, response.Body)
	if closed := part.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Chmod(part.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(part.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

// open begins a download, again and again for as long as the converter would be
// asked: the library repeats its other calls when Cloud Storage is busy, but not
// this one.
func (c *caller) open(ctx context.Context, object string) (*http.Response, error) {
	pauses := backoff.NewExponentialBackOff()
	pauses.InitialInterval = firstRetry
	return backoff.Retry(ctx, func() (*http.Response, error) {
		response, err := c.storage.Objects.Get(c.OutputBucket, object).Context(ctx).Download()
		var answer *googleapi.Error
		if errors.As(err, &answer) && answer.Code != http.StatusTooManyRequests && answer.Code < 500 {
			err = backoff.Permanent(err)
		}
		return response, err
	}, backoff.WithBackOff(pauses), backoff.WithMaxTries(1+retries))
}
