package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

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
	response, err := c.storage.Objects.Get(c.OutputBucket, object).Context(ctx).Download()
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
