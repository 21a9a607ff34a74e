// Package google is what the program itself asks of Google Cloud, beside what its provider does: whether a deployment
// can work before anything is made, and whether APIs and grants that were made a moment ago are in effect.
package google

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"golang.org/x/oauth2"
	"google.golang.org/api/googleapi"
)

// Client calls Google's REST APIs.
type Client struct {
	// Tokens are OAuth access tokens of whoever deploys. They are asked for with each call: a deployment takes longer
	// than some tokens live.
	Tokens oauth2.TokenSource
	// QuotaProject is the project that calls count for, which must have their APIs enabled; "" is Google's choice.
	// https://cloud.google.com/docs/quotas/quota-project
	QuotaProject string
	// Endpoints replace Google's own addresses, by API. They have no version at their end.
	Endpoints map[API]string
}

// API is one of Google's services, as its host names it.
type API string

// The APIs that the program calls.
const (
	ArtifactRegistry API = "artifactregistry"
	Billing          API = "cloudbilling"
	Budgets          API = "billingbudgets"
	CloudBuild       API = "cloudbuild"
	CloudRun         API = "run"
	IAM              API = "iam"
	KMS              API = "cloudkms"
	Logging          API = "logging"
	Monitoring       API = "monitoring"
	OrgPolicy        API = "orgpolicy"
	PubSub           API = "pubsub"
	ResourceManager  API = "cloudresourcemanager"
	ServiceUsage     API = "serviceusage"
	Storage          API = "storage"
)

func (c *Client) base(api API) string {
	if custom := c.Endpoints[api]; custom != "" {
		return custom
	}
	base := "https://" + string(api) + ".googleapis.com/"
	if api == Storage {
		base += "storage/"
	}
	return base
}

// HTTP makes requests as whoever deploys.
func (c *Client) HTTP() *http.Client { return &http.Client{Transport: signed{c}} }

type signed struct{ as *Client }

func (s signed) RoundTrip(request *http.Request) (*http.Response, error) {
	token, err := s.as.Tokens.Token()
	if err != nil {
		if request.Body != nil {
			request.Body.Close()
		}
		return nil, fmt.Errorf("signing in: %w", err)
	}
	request = request.Clone(request.Context())
	token.SetAuthHeader(request)
	if s.as.QuotaProject != "" {
		request.Header.Set("X-Goog-User-Project", s.as.QuotaProject)
	}
	return http.DefaultTransport.RoundTrip(request)
}

// callTimeout bounds one call; all of them only look something up or change one thing.
const callTimeout = 30 * time.Second

// Call makes one call. The path begins with the API's version. The error of a refusal is a *googleapi.Error.
func (c *Client) Call(ctx context.Context, method string, api API, path string, body, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var sent io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return err
		}
		sent = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.base(api)+path, sent)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := c.HTTP().Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if err := googleapi.CheckResponse(response); err != nil {
		return err
	}
	if answer == nil {
		return nil
	}
	if err := json.NewDecoder(response.Body).Decode(answer); err != nil {
		return fmt.Errorf("reading the answer of %s %s: %w", method, request.URL, err)
	}
	return nil
}

// Brief is a refusal by Google without the details.
func Brief(err error) error {
	var answer *googleapi.Error
	if errors.As(err, &answer) {
		return &googleapi.Error{Code: answer.Code, Message: answer.Message}
	}
	return err
}

// Refused is the HTTP status of a refusal by Google; 0 for other errors and none.
func Refused(err error) int {
	var answer *googleapi.Error
	if errors.As(err, &answer) {
		return answer.Code
	}
	return 0
}
