package provider

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
	"google.golang.org/api/googleapi"
)

// Limits of one API call. A refused call is repeated for retryFor, as the
// official provider does, only sooner: the cloud is on this machine.
const (
	requestTimeout = 2 * time.Minute
	retryFor       = time.Minute
	firstRetry     = 50 * time.Millisecond
	slowestRetry   = 3 * time.Second
)

// rest calls Google's REST APIs as one caller. It is an http.RoundTripper that
// adds the caller's token, so that Google's own clients can be built on it.
type rest struct {
	endpoint string
	token    string
}

func (r rest) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("Authorization", "Bearer "+r.token)
	return http.DefaultTransport.RoundTrip(req)
}

// call sends one request and decodes the JSON object that comes back, which is
// nil for an empty answer. It repeats requests that were lost, throttled or hit
// a server that is not available; other refusals come back as *googleapi.Error.
func (r rest) call(ctx context.Context, method, path string, body any) (map[string]any, error) {
	var payload []byte
	if body != nil {
		var err error
		if payload, err = json.Marshal(body); err != nil {
			return nil, fmt.Errorf("encoding the request for %s: %w", path, err)
		}
	}
	lost := false // an earlier attempt may have been carried out
	answer, err := backoff.Retry(ctx, func() (map[string]any, error) {
		answer, err := r.once(ctx, method, path, payload)
		switch refusal := asRefusal(err); {
		case err == nil:
			return answer, nil
		case lost && creates(method) && isStatus(err, http.StatusConflict):
			return nil, backoff.Permanent(errAlreadyDone)
		case refusal == nil:
			lost = true
			return nil, err
		case !isTransient(refusal):
			return nil, backoff.Permanent(err)
		default:
			lost = lost || refusal.Code >= http.StatusInternalServerError
			if seconds, e := strconv.Atoi(refusal.Header.Get("Retry-After")); e == nil {
				return nil, errors.Join(backoff.RetryAfter(min(seconds, 10)), err)
			}
			return nil, err
		}
	}, backoff.WithBackOff(retries()), backoff.WithMaxElapsedTime(retryFor))
	if refusal := asRefusal(err); refusal != nil {
		err = refusal
	}
	return answer, err
}

// creates says whether a request of the method may make something; Pub/Sub uses PUT for that.
func creates(method string) bool { return method == http.MethodPost || method == http.MethodPut }

// errAlreadyDone says that a creation whose answer was lost did happen.
var errAlreadyDone = errors.New("the resource was created by an earlier attempt")

func (r rest) once(ctx context.Context, method, path string, payload []byte) (map[string]any, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, r.endpoint+path, bytes.NewReader(payload))
	if err != nil {
		return nil, backoff.Permanent(err)
	}
	if payload != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := r.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if err := googleapi.CheckResponse(res); err != nil {
		return nil, err
	}
	text, err := io.ReadAll(res.Body)
	if err != nil || len(bytes.TrimSpace(text)) == 0 {
		return nil, err
	}
	var answer map[string]any
	if err := json.Unmarshal(text, &answer); err != nil {
		return nil, backoff.Permanent(fmt.Errorf("%s %s answered with something that is not a JSON object: %w", method, path, err))
	}
	return answer, nil
}

func retries() *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval = firstRetry, slowestRetry
	return b
}

// isTransient lists what the official provider repeats on any call
// (terraform-provider-google, transport/error_retry_predicates.go).
func isTransient(err *googleapi.Error) bool {
	retried := []int{http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable}
	return slices.Contains(retried, err.Code) ||
		err.Code == http.StatusConflict && strings.Contains(err.Body, "operationInProgress")
}

func asRefusal(err error) *googleapi.Error {
	var refusal *googleapi.Error
	errors.As(err, &refusal)
	return refusal
}

func isStatus(err error, codes ...int) bool {
	refusal := asRefusal(err)
	return refusal != nil && slices.Contains(codes, refusal.Code)
}

// isGone says whether an error means that the resource does not exist.
func isGone(err error) bool { return isStatus(err, http.StatusNotFound) }

// isMaybeGone is how IAM answers for an account that it does not know yet.
func isMaybeGone(err error) bool {
	return isStatus(err, http.StatusForbidden) && strings.Contains(err.Error(), "(or it may not exist)")
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
