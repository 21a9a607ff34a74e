package google

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Service is what is in the place of the stack's Cloud Run service.
type Service struct {
	Name                string // projects/P/locations/R/services/S
	Labels              map[string]string
	LatestReadyRevision string
	Template            struct{ EncryptionKey string }
	Traffic             []Traffic
}

// Traffic is a share of a service's requests.
// https://cloud.google.com/run/docs/reference/rest/v2/TrafficTarget
type Traffic struct {
	Type     string `json:"type"`
	Revision string `json:"revision,omitempty"`
	Percent  int    `json:"percent"`
}

const latestRevision = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"

// Pinned are the revisions that get requests because somebody chose them, as a rollback does; none when all requests
// go to the latest one.
func (s *Service) Pinned() []string {
	var pinned []string
	for _, t := range s.Traffic {
		if t.Type != latestRevision && t.Percent > 0 {
			pinned = append(pinned, fmt.Sprintf("%s (%d %%)", t.Revision[strings.LastIndex(t.Revision, "/")+1:], t.Percent))
		}
	}
	return pinned
}

// Service looks for a Cloud Run service. It is nil when there is none, or none that can be seen.
func (c *Client) Service(ctx context.Context, project, region, name string) *Service {
	var s Service
	path := "v2/projects/" + project + "/locations/" + region + "/services/" + name
	if err := c.Call(ctx, http.MethodGet, CloudRun, path, nil, &s); err != nil {
		return nil
	}
	return &s
}

// Unpin sends all requests to the latest revision again, where something else is so.
// https://cloud.google.com/run/docs/rollouts-rollbacks-traffic-migration
func (c *Client) Unpin(ctx context.Context, project, region, name string, tell func(string)) error {
	s := c.Service(ctx, project, region, name)
	if s == nil || len(s.Pinned()) == 0 {
		return nil // the update did it
	}
	body := map[string]any{"traffic": []Traffic{{Type: latestRevision, Percent: 100}}}
	err := Retry(ctx, true, tell, func() error {
		return c.Call(ctx, http.MethodPatch, CloudRun, "v2/"+s.Name+"?updateMask=traffic", body, nil)
	})
	if err != nil {
		return fmt.Errorf("sending all requests to the latest revision of %s: %w", name, err)
	}
	return nil
}

// RemoveUnserved deletes a service that never served: what a deployment leaves that failed when it made the service.
// Pulumi
// does not know of it, and could not make it again.
func (c *Client) RemoveUnserved(ctx context.Context, project, region, name string, tell func(string)) error {
	s := c.Service(ctx, project, region, name)
	if s == nil || s.LatestReadyRevision != "" {
		return nil
	}
	tell("removing the service " + name + ", which an earlier deployment left and which never served")
	if err := c.Call(ctx, http.MethodDelete, CloudRun, "v2/"+s.Name, nil, nil); err != nil {
		return fmt.Errorf("removing the service %s, which never served: %w", name, err)
	}
	for began := time.Now(); time.Since(began) < usually; {
		if c.Service(ctx, project, region, name) == nil {
			return nil
		}
		if err := Sleep(ctx, time.Second); err != nil {
			return err
		}
	}
	return fmt.Errorf("the service %s is still being removed: run pulumi up again", name)
}
