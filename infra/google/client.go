// Package google is what the program itself asks of Google Cloud, beside what its provider does: whether a deployment
// can work before anything is made, and whether APIs and grants that were made a moment ago are in effect.
package google

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"google.golang.org/api/googleapi"
)

// Client calls Google's REST APIs.
type Client struct {
	// AccessToken is an OAuth access token of whoever deploys.
	AccessToken string
	// Endpoints replace Google's own addresses, by API. They have no version at their end.
	Endpoints map[API]string
}

// API is one of Google's services, as its host names it.
type API string

// The APIs that the program calls.
const (
	ArtifactRegistry API = "artifactregistry"
	Billing          API = "cloudbilling"
	CloudBuild       API = "cloudbuild"
	CloudRun         API = "run"
	IAM              API = "iam"
	Logging          API = "logging"
	Monitoring       API = "monitoring"
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
	request.Header.Set("Authorization", "Bearer "+c.AccessToken)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
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
