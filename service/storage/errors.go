package storage

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"google.golang.org/api/googleapi"
)

// Why storage refused. ErrUnavailable alone is worth another attempt.
var (
	ErrNotFound       = errors.New("there is no such object")
	ErrBucketNotFound = errors.New("there is no such bucket")
	ErrForbidden      = errors.New("permission denied")
	ErrPrecondition   = errors.New("the object has changed meanwhile")
	ErrUnavailable    = errors.New("storage is not available")
	ErrInvalid        = errors.New("storage refuses the name")
	ErrTooLarge       = errors.New("the object is larger than allowed")
	ErrEncoding       = errors.New("the object cannot be unpacked")
)

var errTimeout = fmt.Errorf("%w: it did not answer in time", ErrUnavailable)

// refused says what storage's answer means. Role is the one that allows what was refused.
func refused(ctx context.Context, err error, doing string, o Object, role string) error {
	if ctx.Err() != nil {
		if cause := context.Cause(ctx); errors.Is(cause, ErrUnavailable) {
			return fmt.Errorf("%s %s: %w", doing, o.URL(), cause)
		}
		return ctx.Err()
	}
	var answer *googleapi.Error
	if !errors.As(err, &answer) {
		return fmt.Errorf("%s %s: %w: %w", doing, o.URL(), ErrUnavailable, err)
	}
	answer.Message = cmp.Or(answer.Message, downloadMessage(answer.Body))
	// Google's words for a key that is disabled are not known; all of them name Cloud KMS.
	if answer.Code/100 == 4 && strings.Contains(answer.Message, "Cloud KMS") {
		return fmt.Errorf("%s %s: %w: Cloud Storage cannot use the encryption key of the bucket %s: enable the key, or "+
			"grant Cloud Storage's agent roles/cloudkms.cryptoKeyEncrypterDecrypter on it (storage says: %s)",
			doing, o.URL(), ErrForbidden, o.Bucket, answer.Message)
	}
	switch answer.Code {
	case http.StatusNotFound:
		// https://cloud.google.com/storage/docs/json_api/v1/status-codes#404-not-found
		if strings.Contains(answer.Message, "bucket does not exist") {
			return fmt.Errorf("%s %s: %w", doing, o.URL(), ErrBucketNotFound)
		}
		return fmt.Errorf("%s %s: %w", doing, o.URL(), ErrNotFound)
	case http.StatusBadRequest:
		return fmt.Errorf("%s %s: %w: %s", doing, o.URL(), ErrInvalid, answer.Message)
	case http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Errorf("%s %s: %w: grant the converter's account %s on the bucket %s (storage says: %s)",
			doing, o.URL(), ErrForbidden, role, o.Bucket, answer.Message)
	case http.StatusPreconditionFailed:
		return fmt.Errorf("%s %s: %w", doing, o.URL(), ErrPrecondition)
	}
	return fmt.Errorf("%s %s: %w: it answers %d %s", doing, o.URL(), ErrUnavailable, answer.Code, answer.Message)
}

// downloadMessage is the message of a download that was refused, of which the library keeps the body alone: JSON, or
// text.
func downloadMessage(body string) string {
	var answer struct{ Error struct{ Message string } }
	if json.Unmarshal([]byte(body), &answer) == nil {
		return answer.Error.Message
	}
	return strings.TrimSpace(body)
}
