// Package converter calls the service: its HTTP forms, its refusals, and another attempt where one is worth it.
package converter

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"golang.org/x/oauth2"

	"docx2pdf/client/trouble"
)

// MaxRequest is the largest document that fits into a request, in bytes: Cloud Run takes 32 MiB, of which the form
// around the document takes a little. https://cloud.google.com/run/quotas#cloud_run_limits
const MaxRequest = 32<<20 - 64<<10

// Client calls one service.
type Client struct {
	URL  string
	HTTP *http.Client // adds the ID token
	Retry
}

// New is a client that signs in with ID tokens.
func New(url string, tokens oauth2.TokenSource, retry Retry) *Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = MaxAtOnce
	return &Client{url, &http.Client{Transport: &oauth2.Transport{Source: tokens, Base: transport}}, retry}
}

// MaxAtOnce is the most documents that one client sends at the same time, and the connections that it keeps.
const MaxAtOnce = 64

// Message has a document in a bucket converted. What names the document in words is for what a person reads meanwhile.
func (c *Client) Message(ctx context.Context, source Source, options Options) (Answer, error) {
	attributes := map[string]string{"bucketId": source.Bucket, "objectId": source.Object}
	if source.Generation != 0 {
		attributes["objectGeneration"] = strconv.FormatInt(source.Generation, 10)
	}
	for name, value := range options {
		attributes[name] = value
	}
	body, err := json.Marshal(map[string]any{"message": map[string]any{"attributes": attributes}})
	if err != nil {
		return Answer{}, err
	}
	var answer Answer
	err = c.call(ctx, source.URL(), func() (*http.Request, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL, bytes.NewReader(body))
		if err == nil {
			r.Header.Set("Content-Type", "application/json")
		}
		return r, err
	}, func(response *http.Response) error {
		content, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
		if err != nil {
			return err
		}
		answer = Answer{Raw: content}
		if err := json.Unmarshal(content, &answer); err != nil {
			return permanent(fmt.Errorf("the service's answer cannot be read: %w; is %s a converter's URL?", err, c.URL))
		}
		return nil
	})
	return answer, err
}

// maxAnswer bounds what is read of an answer to a message.
const maxAnswer = 1 << 20

// refusal reads an answer that is no success.
func refusal(response *http.Response) *Refusal {
	content, _ := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	r := &Refusal{Status: response.StatusCode, after: retryAfter(response)}
	var said struct{ Error, Code string }
	if json.Unmarshal(content, &said) == nil && said.Error != "" {
		r.Code, r.message = said.Code, said.Error
		return r
	}
	r.frontEnd = true
	switch response.StatusCode {
	case http.StatusUnauthorized:
		r.message = "401: Cloud Run did not accept the ID token; its audience must be the service's URL exactly" +
			" (pulumi stack output url)" + clock(response)
	case http.StatusForbidden:
		r.message = "403: the account may not call the service; grant it roles/run.invoker, " +
			"or wait a minute when that was done just now"
	case http.StatusNotFound:
		r.message = "404: no service answers at this URL; compare it with: pulumi stack output url"
	case http.StatusTooManyRequests:
		r.message = "429: all instances are busy; try again later, or raise maxInstances"
	default:
		text := strings.Join(strings.Fields(string(content)), " ")
		r.message = response.Status + ": " + strings.ToValidUTF8(text[:min(len(text), 200)], "")
	}
	return r
}

func clock(response *http.Response) string {
	if skew := trouble.Skew(response); skew != "" {
		return ", and the clock of this machine" + strings.TrimPrefix(skew, ", which") + ": set it right"
	}
	return ", and the clock of this machine right"
}
