package google

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/api/googleapi"
)

// KeyTrial asks whether services may use a key.
type KeyTrial struct {
	Project, Region, Key string
	Services             []string // as Service Usage names them
}

// trial is a call that makes something small, and what it made, to be removed.
type trial struct {
	method string
	api    API
	path   string
	body   map[string]any
	made   string
}

// keyTrials make something under the key, which only the service itself can take or refuse. Cloud Run is not tried:
// making a service takes an image, and it comes after the others.
var keyTrials = map[string]func(k KeyTrial, id string) trial{
	"storage.googleapis.com": func(k KeyTrial, id string) trial {
		return trial{http.MethodPost, Storage, "v1/b?project=" + k.Project, map[string]any{
			"name": id, "location": k.Region, "encryption": map[string]any{"defaultKmsKeyName": k.Key},
			"softDeletePolicy": map[string]any{"retentionDurationSeconds": "0"},
			"iamConfiguration": map[string]any{"publicAccessPrevention": "enforced",
				"uniformBucketLevelAccess": map[string]any{"enabled": true}},
		}, "v1/b/" + id}
	},
	"pubsub.googleapis.com": func(k KeyTrial, id string) trial {
		topic := "v1/projects/" + k.Project + "/topics/" + id
		return trial{http.MethodPut, PubSub, topic, map[string]any{"kmsKeyName": k.Key}, topic}
	},
	"artifactregistry.googleapis.com": func(k KeyTrial, id string) trial {
		repositories := "v1/projects/" + k.Project + "/locations/" + k.Region + "/repositories"
		return trial{http.MethodPost, ArtifactRegistry, repositories + "?repositoryId=" + id,
			map[string]any{"format": "DOCKER", "kmsKeyName": k.Key}, repositories + "/" + id}
	},
}

// AwaitKey waits until the agents of services may use a key, which they were allowed a moment ago.
func (c *Client) AwaitKey(ctx context.Context, k KeyTrial, tell func(string)) error {
	id := "docx2pdf-trial-" + strings.ToLower(rand.Text()[:12])
	group, ctx := errgroup.WithContext(ctx)
	for _, service := range k.Services {
		of, known := keyTrials[service]
		if !known {
			continue
		}
		t := of(k, id)
		group.Go(func() error {
			err := Retry(ctx, true, tell, func() error {
				err := c.finish(ctx, t.method, t.api, t.path, t.body)
				if isCode(err, http.StatusConflict) {
					return nil // it is there, and an answer was lost
				}
				return err
			})
			if err != nil {
				return fmt.Errorf("waiting until the agent of %s may use the key %s: %w", service, k.Key, err)
			}
			err = Retry(ctx, true, tell, func() error {
				err := c.Call(ctx, http.MethodDelete, t.api, t.made, nil, nil)
				if isCode(err, http.StatusNotFound) {
					return nil
				}
				return err
			})
			if err != nil {
				return fmt.Errorf("removing %s, with which the key was tried: %w", t.made, err)
			}
			return nil
		})
	}
	return group.Wait()
}

// finish makes a call, and where its answer is an operation, waits for its end. An operation that fails does so with
// a code of google.rpc.Code, of which only the refusal is told apart.
func (c *Client) finish(ctx context.Context, method string, api API, path string, body any) error {
	const permissionDenied = 7
	var answer struct {
		Name  string
		Done  bool
		Error *struct {
			Code    int
			Message string
		}
	}
	if err := c.Call(ctx, method, api, path, body, &answer); err != nil {
		return err
	}
	for strings.Contains(answer.Name, "/operations/") && !answer.Done {
		if err := Sleep(ctx, 500*time.Millisecond); err != nil {
			return err
		}
		if err := c.Call(ctx, http.MethodGet, api, "v1/"+answer.Name, nil, &answer); err != nil {
			return err
		}
	}
	if answer.Error == nil {
		return nil
	}
	code := http.StatusBadRequest
	if answer.Error.Code == permissionDenied {
		code = http.StatusForbidden
	}
	return &googleapi.Error{Code: code, Message: answer.Error.Message}
}
