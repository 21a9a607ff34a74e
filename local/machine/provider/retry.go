package provider

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
	"google.golang.org/api/googleapi"
)

// A refused call is repeated for retryFor, as the official provider does, only
// sooner: the cloud is on this machine.
const (
	retryFor     = time.Minute
	firstRetry   = 50 * time.Millisecond
	slowestRetry = 3 * time.Second
	longestWait  = 10 // seconds, whatever Retry-After says
)

// repeat calls attempt again when its request was lost, throttled or hit a
// server that is not available, up to retryFor.
func repeat[T any](ctx context.Context, attempt func() (T, error)) (T, error) {
	v, err := backoff.Retry(ctx, func() (T, error) {
		v, err := attempt()
		switch refusal := asRefusal(err); {
		case refusal == nil:
		case !isTransient(refusal):
			err = backoff.Permanent(err)
		default:
			if seconds, e := strconv.Atoi(refusal.Header.Get("Retry-After")); e == nil {
				err = errors.Join(backoff.RetryAfter(min(seconds, longestWait)), err)
			}
		}
		return v, err
	}, backoff.WithBackOff(retries()), backoff.WithMaxElapsedTime(retryFor))
	if refusal := asRefusal(err); refusal != nil {
		err = refusal
	}
	return v, err
}

// isTransient lists what the official provider repeats on any call
// (terraform-provider-google, transport/error_retry_predicates.go).
func isTransient(err *googleapi.Error) bool {
	retried := []int{http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable}
	return slices.Contains(retried, err.Code) ||
		err.Code == http.StatusConflict && strings.Contains(err.Body, "operationInProgress")
}

func retries() *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval = firstRetry, slowestRetry
	return b
}

// errPending makes poll try again.
var errPending = errors.New("not finished")

// poll calls check until it returns something other than errPending, at once
// and then ever more slowly, for as long as ctx lives.
func poll[T any](ctx context.Context, check func() (T, error)) (T, error) {
	var last error
	v, err := backoff.Retry(ctx, func() (T, error) {
		var v T
		if v, last = check(); last != nil && !errors.Is(last, errPending) {
			return v, backoff.Permanent(last)
		}
		return v, last
	}, backoff.WithBackOff(retries()), backoff.WithMaxElapsedTime(0))
	if err != nil && errors.Is(last, errPending) {
		err = fmt.Errorf("gave up: %w: %w", err, last)
	}
	return v, err
}

// await waits for a long-running operation (google.longrunning.Operation) and
// returns its response. base is the API's path, such as /run/v2/.
func (r rest) await(ctx context.Context, base string, operation map[string]any) (map[string]any, error) {
	name, _ := operation["name"].(string)
	return poll(ctx, func() (map[string]any, error) {
		if operation["done"] != true {
			var err error
			if operation, err = r.call(ctx, http.MethodGet, base+name, nil); err != nil {
				return nil, err
			}
		}
		if operation["done"] != true {
			return nil, errPending
		}
		if failure, failed := operation["error"].(map[string]any); failed {
			return nil, fmt.Errorf("Error code %v, message: %v", failure["code"], failure["message"])
		}
		response, _ := operation["response"].(map[string]any)
		return response, nil
	})
}
