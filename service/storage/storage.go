// Package storage reads documents from and writes PDFs to Cloud Storage.
package storage

import (
	"compress/gzip"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"net/http"
	"time"

	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"
	"google.golang.org/api/storage/v1"
)

// Store is Cloud Storage with the converter's own credentials.
type Store struct {
	service *storage.Service
	timeout time.Duration
}

// Object is a stored object.
type Object struct {
	Bucket      string
	Name        string
	Generation  int64
	Size        int64
	ContentType string
	Encoding    string // "gzip", or "" for none
	Checksum    string // CRC32C of what is stored, in base64; "" where it is not told
	Metadata    map[string]string
}

// URL is the object's name with its bucket's.
func (o Object) URL() string { return "gs://" + o.Bucket + "/" + o.Name }

// Open connects with Application Default Credentials. An endpoint other than "" is used instead of Google's, in
// the form http://HOST/storage/v1/. No call takes longer than timeout.
func Open(ctx context.Context, endpoint string, timeout time.Duration, options ...option.ClientOption) (*Store, error) {
	if endpoint != "" {
		options = append(options, option.WithEndpoint(endpoint))
	}
	service, err := storage.NewService(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("connecting to Cloud Storage: %w; OUTPUT_BUCKET is set, so credentials are needed: "+
			"run on Cloud Run, or run gcloud auth application-default login", err)
	}
	return &Store{service, timeout}, nil
}

// Roles that the converter's account needs. https://cloud.google.com/storage/docs/access-control/iam-roles
const (
	readerRole = "roles/storage.objectViewer"
	writerRole = "roles/storage.objectUser"
)

// Stat describes an object that is to be read. Generation 0 stands for the newest.
func (s *Store) Stat(ctx context.Context, bucket, name string, generation int64) (Object, error) {
	return s.stat(ctx, bucket, name, generation, readerRole)
}

// StatTarget describes an object that is to be written over.
func (s *Store) StatTarget(ctx context.Context, bucket, name string) (Object, error) {
	return s.stat(ctx, bucket, name, 0, writerRole)
}

func (s *Store) stat(ctx context.Context, bucket, name string, generation int64, role string) (Object, error) {
	ctx, cancel := s.limited(ctx)
	defer cancel()
	call := s.service.Objects.Get(bucket, name).Context(ctx)
	if generation != 0 {
		call.Generation(generation)
	}
	o, err := call.Do()
	if err != nil {
		return Object{}, refused(ctx, err, "reading", Object{Bucket: bucket, Name: name}, role)
	}
	return object(o), nil
}

// Read writes an object's content to w: most bytes of it, or ErrTooLarge is returned. What is stored packed with gzip
// comes unpacked. https://cloud.google.com/storage/docs/transcoding
func (s *Store) Read(ctx context.Context, o Object, w io.Writer, most int64) error {
	ctx, cancel := s.limited(ctx)
	defer cancel()
	response, err := s.open(ctx, o)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	sum := crc32.New(crc32.MakeTable(crc32.Castagnoli))
	n, err := io.Copy(io.MultiWriter(w, sum), io.LimitReader(response.Body, most+1))
	var writing *fs.PathError
	switch {
	case errors.As(err, &writing):
		return err // the file's fault
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum):
		return fmt.Errorf("reading %s: %w: its Content-Encoding is %s, but its content is not", o.URL(),
			ErrEncoding, o.Encoding)
	case err != nil:
		return refused(ctx, err, "reading", o, readerRole)
	case n > most:
		return fmt.Errorf("reading %s: %w", o.URL(), ErrTooLarge)
	case n != o.Size && o.Encoding == "":
		return fmt.Errorf("reading %s: %w: %d of %d bytes came", o.URL(), ErrUnavailable, n, o.Size)
	}
	// Of what comes unpacked there is no checksum, but gzip has one of its own.
	if got := base64.StdEncoding.EncodeToString(sum.Sum(nil)); o.Encoding == "" && o.Checksum != "" && got != o.Checksum {
		return fmt.Errorf("reading %s: %w: its content came with other bytes", o.URL(), ErrUnavailable)
	}
	return nil
}

// attempts is how often a read or a write is begun when Cloud Storage is busy. A write's content can be read again, and
// its precondition makes it happen once.
const attempts = 3

// open begins to read. The library repeats other calls, but not this one.
func (s *Store) open(ctx context.Context, o Object) (*http.Response, error) {
	for attempt := 1; ; attempt++ {
		response, err := s.service.Objects.Get(o.Bucket, o.Name).Generation(o.Generation).Context(ctx).Download()
		if err == nil {
			return response, nil
		}
		err = refused(ctx, err, "reading", o, readerRole)
		if attempt == attempts || !errors.Is(err, ErrUnavailable) ||
			!pause(ctx, time.Duration(attempt)*100*time.Millisecond) {
			return nil, err
		}
	}
}

// Write writes an object if its generation is still the given one, 0 meaning that there is none yet.
func (s *Store) Write(ctx context.Context, o Object, replaces int64, content io.ReadSeeker) (Object, error) {
	ctx, cancel := s.limited(ctx)
	defer cancel()
	for attempt := 1; ; attempt++ {
		if _, err := content.Seek(0, io.SeekStart); err != nil {
			return Object{}, err
		}
		// In one piece: chunks would be held in memory to be sent again.
		written, err := s.service.Objects.Insert(o.Bucket, &storage.Object{
			Name:        o.Name,
			ContentType: o.ContentType,
			Metadata:    o.Metadata,
		}).IfGenerationMatch(replaces).
			Media(onlyReader{content}, googleapi.ContentType(o.ContentType), googleapi.ChunkSize(0)).Context(ctx).Do()
		if err == nil {
			return object(written), nil
		}
		err = refused(ctx, err, "writing", o, writerRole)
		if attempt == attempts || !errors.Is(err, ErrUnavailable) ||
			!pause(ctx, time.Duration(attempt)*100*time.Millisecond) {
			return Object{}, err
		}
	}
}

// Delete removes an object, if it is still the given generation. That there is none is no error.
func (s *Store) Delete(ctx context.Context, o Object) error {
	ctx, cancel := s.limited(ctx)
	defer cancel()
	err := s.service.Objects.Delete(o.Bucket, o.Name).IfGenerationMatch(o.Generation).Context(ctx).Do()
	if err == nil {
		return nil
	}
	if err = refused(ctx, err, "deleting", o, writerRole); errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// onlyReader hides that a file can seek and close, which the client would make use of.
type onlyReader struct{ io.Reader }

func (s *Store) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, s.timeout, errTimeout)
}

func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

func object(o *storage.Object) Object {
	return Object{
		Bucket:      o.Bucket,
		Name:        o.Name,
		Generation:  o.Generation,
		Size:        int64(o.Size),
		ContentType: o.ContentType,
		Encoding:    o.ContentEncoding,
		Checksum:    o.Crc32c,
		Metadata:    o.Metadata,
	}
}
