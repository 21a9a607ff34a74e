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
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
	"google.golang.org/api/googleapi"
)

// requestTimeout bounds one attempt of a call.
const requestTimeout = 2 * time.Minute

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
	return repeat(ctx, func() (map[string]any, error) {
		answer, err := r.once(ctx, method, path, payload)
		if lost && creates(method) && isStatus(err, http.StatusConflict) {
			return nil, backoff.Permanent(errAlreadyDone)
		}
		refusal := asRefusal(err)
		lost = lost || err != nil && (refusal == nil || refusal.Code >= http.StatusInternalServerError)
		return answer, err
	})
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
		return nil, backoff.Permanent(fmt.Errorf("%s %s answered with something that is not a JSON object: %w",
			method, path, err))
	}
	return answer, nil
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
