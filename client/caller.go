package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
	"golang.org/x/oauth2"
	"google.golang.org/api/idtoken"
	"google.golang.org/api/option"
	"google.golang.org/api/storage/v1"
)

// caller is a service account outside Google Cloud that uses the converter.
type caller struct {
	stackOutputs
	idTokens oauth2.TokenSource
	http     *http.Client
	storage  *storage.Service
}

// newCaller signs in with the key. The service is called with an ID token whose
// audience is its URL, which is what Cloud Run checks; storage is called with an
// access token. What a person should know meanwhile goes to notice.
// https://cloud.google.com/run/docs/authenticating/service-to-service
func newCaller(ctx context.Context, outputs stackOutputs, notice io.Writer) (*caller, error) {
	key := option.WithAuthCredentialsJSON(option.ServiceAccount, []byte(outputs.Key))
	idTokens, err := idtoken.NewTokenSource(ctx, outputs.URL, key)
	if err != nil {
		return nil, fmt.Errorf("signing in with the key: %w", err)
	}
	options := []option.ClientOption{key, option.WithScopes(storage.DevstorageReadWriteScope)}
	// The same variable moves the Pulumi provider.
	if endpoint := os.Getenv("GOOGLE_STORAGE_CUSTOM_ENDPOINT"); endpoint != "" {
		options = append(options, option.WithEndpoint(endpoint))
	}
	objects, err := storage.NewService(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("making a storage client: %w", err)
	}
	return &caller{
		stackOutputs: outputs,
		idTokens:     idTokens,
		http:         retrying(oauth2.NewClient(ctx, idTokens), notice),
		storage:      objects,
	}, nil
}

// firstRetry is the pause before a call is repeated; each further one is longer.
var firstRetry = time.Second

// retries is how often a call is repeated, which takes some half a minute.
const retries = 5

// retrying tries again when the service is busy (429, 503), after the time that
// its Retry-After asks for, and when Cloud Run refuses the caller (403), whose
// grant may be so fresh that it does not count yet. Converting a document twice
// gives the same PDF.
func retrying(inner *http.Client, notice io.Writer) *http.Client {
	client := retryablehttp.NewClient()
	client.HTTPClient = inner
	client.Logger = nil
	client.RetryMax = retries
	client.RetryWaitMin = firstRetry
	client.CheckRetry = func(ctx context.Context, response *http.Response, err error) (bool, error) {
		if ctx.Err() != nil || err != nil {
			return false, ctx.Err()
		}
		switch response.StatusCode {
		case http.StatusTooManyRequests, http.StatusServiceUnavailable:
			return true, nil
		}
		return refusedByCloudRun(response), nil
	}
	client.ResponseLogHook = func(_ retryablehttp.Logger, response *http.Response) {
		if refusedByCloudRun(response) {
			fmt.Fprintln(notice, "client: Cloud Run answered 403; trying again, in case the grant was made a moment ago")
		}
	}
	client.ErrorHandler = retryablehttp.PassthroughErrorHandler
	return client.StandardClient()
}

// refusedByCloudRun tells Cloud Run's 403, a page, from the service's, which is
// JSON and about a bucket.
func refusedByCloudRun(response *http.Response) bool {
	return response.StatusCode == http.StatusForbidden && !strings.HasPrefix(response.Header.Get("Content-Type"), "application/json")
}

// convert posts the message that names an object of the input bucket, and
// answers with the service's JSON. Whatever is not a success is an error.
func (c *caller) convert(ctx context.Context, object string) ([]byte, error) {
	var message struct {
		Message struct {
			Attributes map[string]string `json:"attributes"`
		} `json:"message"`
	}
	message.Message.Attributes = map[string]string{"bucketId": c.InputBucket, "objectId": object}
	body, err := json.Marshal(message)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := c.http.Do(request)
	if err != nil {
		return nil, fmt.Errorf("calling the converter: %w", err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("reading the converter's answer: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("converting %s: %s", object, refusal(response, answer))
	}
	return answer, nil
}

// refusal says what an answer other than 200 means: the service's own sentence,
// or what Cloud Run's front end meant by its page.
func refusal(response *http.Response, answer []byte) string {
	var reason struct{ Error string }
	if json.Unmarshal(answer, &reason) == nil && reason.Error != "" {
		return reason.Error
	}
	switch response.StatusCode {
	case http.StatusUnauthorized:
		return "401: Cloud Run did not accept the ID token; its audience must be the service's URL, and the machine's clock right"
	case http.StatusForbidden:
		return "403: the account may not call the service; grant it roles/run.invoker, or wait a minute when that was done just now"
	case http.StatusNotFound:
		return "404: no service answers at this URL; compare it with: pulumi stack output url"
	}
	text := strings.TrimSpace(string(answer))
	return response.Status + ": " + text[:min(len(text), 200)]
}
