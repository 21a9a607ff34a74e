// Package storage reads documents from and writes PDFs to Cloud Storage.
package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"
	"google.golang.org/api/storage/v1"
)

// Why storage refused. ErrUnavailable alone is worth another attempt.
var (
	ErrNotFound     = errors.New("not found")
	ErrForbidden    = errors.New("permission denied")
	ErrPrecondition = errors.New("the object has changed meanwhile")
	ErrUnavailable  = errors.New("storage is not available")
)

// Store is Cloud Storage with the converter's own credentials.
type Store struct {
	service *storage.Service
}

// Object is a stored object.
type Object struct {
	Bucket      string
	Name        string
	Generation  int64
	Size        int64
	ContentType string
	Metadata    map[string]string
}

// Open connects with Application Default Credentials. An endpoint other than "" is used instead of Google's, in
// the form http://HOST/storage/v1/.
func Open(ctx context.Context, endpoint string, options ...option.ClientOption) (*Store, error) {
	if endpoint != "" {
		options = append(options, option.WithEndpoint(endpoint))
	}
	service, err := storage.NewService(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("connecting to Cloud Storage: %w; OUTPUT_BUCKET is set, so credentials are needed: "+
			"run on Cloud Run, or run gcloud auth application-default login", err)
	}
	return &Store{service}, nil
}

// Stat describes an object. Generation 0 stands for the newest.
func (s *Store) Stat(ctx context.Context, bucket, name string, generation int64) (Object, error) {
	call := s.service.Objects.Get(bucket, name).Context(ctx)
	if generation != 0 {
		call.Generation(generation)
	}
	o, err := call.Do()
	if err != nil {
		return Object{}, refused(err, "reading", bucket, name, "roles/storage.objectViewer")
	}
	return object(o), nil
}

// Read writes an object's content to w.
func (s *Store) Read(ctx context.Context, o Object, w io.Writer) error {
	response, err := s.service.Objects.Get(o.Bucket, o.Name).Generation(o.Generation).Context(ctx).Download()
	if err != nil {
		return refused(err, "reading", o.Bucket, o.Name, "roles/storage.objectViewer")
	}
	defer response.Body.Close()
	if _, err := io.Copy(w, response.Body); err != nil {
		return fmt.Errorf("reading gs://%s/%s: %w: %w", o.Bucket, o.Name, ErrUnavailable, err)
	}
	return nil
}

// Write writes an object if its generation is still the given one, 0 meaning that there is none yet.
func (s *Store) Write(ctx context.Context, o Object, replaces int64, content io.Reader) (Object, error) {
	written, err := s.service.Objects.Insert(o.Bucket, &storage.Object{
		Name:        o.Name,
		ContentType: o.ContentType,
		Metadata:    o.Metadata,
	}).IfGenerationMatch(replaces).
		Media(content, googleapi.ContentType(o.ContentType), googleapi.ChunkSize(0)).Context(ctx).Do()
	if err != nil {
		return Object{}, refused(err, "writing", o.Bucket, o.Name, "roles/storage.objectUser")
	}
	return object(written), nil
}

func object(o *storage.Object) Object {
	return Object{
		Bucket:      o.Bucket,
		Name:        o.Name,
		Generation:  o.Generation,
		Size:        int64(o.Size),
		ContentType: o.ContentType,
		Metadata:    o.Metadata,
	}
}

// refused says what storage's answer means.
func refused(err error, doing, bucket, name, role string) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	place := "gs://" + bucket + "/" + name
	var answer *googleapi.Error
	if !errors.As(err, &answer) {
		return fmt.Errorf("%s %s: %w: %w", doing, place, ErrUnavailable, err)
	}
	switch {
	case answer.Code == http.StatusNotFound:
		return fmt.Errorf("%s %s: %w: %s", doing, place, ErrNotFound, answer.Message)
	case answer.Code == http.StatusUnauthorized, answer.Code == http.StatusForbidden:
		return fmt.Errorf("%s %s: %w: %s; grant the converter's account %s on the bucket", doing, place, ErrForbidden, answer.Message, role)
	case answer.Code == http.StatusPreconditionFailed:
		return fmt.Errorf("%s %s: %w", doing, place, ErrPrecondition)
	default:
		return fmt.Errorf("%s %s: %w: answer %s: %s", doing, place, ErrUnavailable, strconv.Itoa(answer.Code), answer.Message)
	}
}
