package provider_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

// failFirst makes the stand-in refuse the first n calls that match.
func failFirst(n int, match string, refuse func(http.ResponseWriter)) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if n == 0 || !strings.Contains(r.Method+" "+r.URL.Path, match) {
			return false
		}
		n--
		refuse(w)
		return true
	}
}

func refuseWith(code int, message, reason string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) { answerError(w, code, message, reason) }
}

// hangUp ends the connection without an answer.
func hangUp(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		conn.Close()
	}
}

func TestPassingFaults(t *testing.T) {
	for about, refuse := range map[string]func(http.ResponseWriter, *http.Request) bool{
		"throttled":   failFirst(2, "/storage/v1/b", refuseWith(429, "Slow down.", "rateLimitExceeded")),
		"unavailable": failFirst(2, "/storage/v1/b", refuseWith(503, "Backend error.", "backendError")),
		"no answer":   failFirst(2, "/storage/v1/b", hangUp),
		"unknown at first": failFirst(2, "GET /storage/v1/b/b1", refuseWith(403,
			"Permission 'storage.buckets.get' denied on resource (or it may not exist).", "forbidden")),
		"read too soon": failFirst(2, "GET /storage/v1/b/b1", refuseWith(404, "The specified bucket does not exist.",
			"notFound")),
	} {
		t.Run(about, func(t *testing.T) {
			cloud := newStandIn(t)
			cloud.refuse = refuse
			d := attach(t, cloud.URL, stack).up("gcp:storage/bucket:Bucket",
				props(map[string]any{"name": "b1", "location": "EU"}))
			if err := d.destroy(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestPubSubDoesNotFindWhatWasJustMade: Google's answer to a read right after a creation may be 404.
func TestPubSubDoesNotFindWhatWasJustMade(t *testing.T) {
	for _, test := range lifecycles {
		kind, pubsub := strings.CutPrefix(test.token, "gcp:pubsub/")
		if !pubsub || strings.Contains(kind, "IAM") {
			continue
		}
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			cloud := newStandIn(t)
			made := map[string]bool{}
			cloud.refuse = func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method == http.MethodPut {
					made[r.URL.Path] = true
				}
				if r.Method != http.MethodGet || !made[r.URL.Path] {
					return false
				}
				delete(made, r.URL.Path)
				answerError(w, http.StatusNotFound, "Resource not found (resource="+kind+").", "notFound")
				return true
			}
			d := attach(t, cloud.URL, stack).up(test.token, props(test.inputs))
			conforms(t, d)
			if err := d.destroy(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestLifecycleUnderFaults takes a resource of each type from nothing to nothing
// while calls are throttled, refused, or carried out without an answer.
func TestLifecycleUnderFaults(t *testing.T) {
	for _, test := range lifecycles {
		t.Run(test.token, func(t *testing.T) {
			t.Parallel() // most of the time is waiting
			cloud := newStandIn(t)
			n := 0
			cloud.refuse = func(w http.ResponseWriter, r *http.Request) bool {
				// A creation whose name Google chooses cannot be told from another one.
				loses := r.Method != http.MethodPost || test.named() && !strings.HasPrefix(r.URL.Path, "/upload/")
				switch n++; {
				case n%5 == 1:
					answerError(w, http.StatusTooManyRequests, "Slow down.", "rateLimitExceeded")
				case n%5 == 2:
					answerError(w, http.StatusServiceUnavailable, "Backend error.", "backendError")
				case n%5 == 3 && loses:
					cloud.serve(httptest.NewRecorder(), r)
					hangUp(w)
				default:
					return false
				}
				return true
			}
			d := attach(t, cloud.URL, stack).up(test.token, props(test.inputs))
			conforms(t, d)
			if test.change != nil {
				changed := maps.Clone(test.inputs)
				maps.Copy(changed, test.change)
				d.update(props(changed))
				conforms(t, d)
			}
			if err := d.destroy(); err != nil {
				t.Error(err)
			}
			for path, object := range cloud.objects {
				if bindings, isPolicy := object["bindings"].([]any); object["state"] == nil && (!isPolicy || len(bindings) > 0) {
					t.Errorf("left over: %s %v", path, object)
				}
			}
		})
	}
}

// TestLostAnswers carries out a creation and a deletion, and loses the answers.
func TestLostAnswers(t *testing.T) {
	cloud := newStandIn(t)
	lost := map[string]bool{}
	cloud.refuse = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodGet || lost[r.Method] {
			return false
		}
		lost[r.Method] = true
		if r.Method == http.MethodPost {
			cloud.objects["storage/v1/b/b1"] = map[string]any{"name": "b1", "location": "EU"}
		} else {
			delete(cloud.objects, "storage/v1/b/b1")
		}
		hangUp(w)
		return true
	}
	d := attach(t, cloud.URL, stack).up("gcp:storage/bucket:Bucket", props(map[string]any{"name": "b1", "location": "EU"}))
	if d.id != "b1" || d.text("url") != "gs://b1" {
		t.Errorf("id %q, url %q", d.id, d.text("url"))
	}
	if err := d.destroy(); err != nil {
		t.Error(err)
	}
}

func TestErrorsAreGooglesOwn(t *testing.T) {
	for _, test := range []struct {
		about   string
		refuse  func(http.ResponseWriter, *http.Request) bool
		want    string
		tooLate bool
	}{
		{"forbidden", failFirst(9, "POST", refuseWith(403,
			"a@p1 does not have storage.buckets.create access to the Google Cloud project.", "forbidden")),
			"creating gcp:storage/bucket:Bucket b1: googleapi: Error 403: a@p1 does not have storage.buckets.create access " +
				"to the Google Cloud project., forbidden", false},
		{"conflict", failFirst(9, "POST", refuseWith(409, "The requested bucket name is not available.", "conflict")),
			"googleapi: Error 409: The requested bucket name is not available., conflict", false},
		{"not JSON", failFirst(9, "POST", func(w http.ResponseWriter) { fmt.Fprint(w, "<html>") }),
			"answered with something that is not a JSON object", false},
	} {
		t.Run(test.about, func(t *testing.T) {
			cloud := newStandIn(t)
			cloud.refuse = test.refuse
			_, err := attach(t, cloud.URL, stack).tryUp("gcp:storage/bucket:Bucket",
				props(map[string]any{"name": "b1", "location": "EU"}))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error = %v, want %q", err, test.want)
			}
		})
	}
}

func TestNoProject(t *testing.T) {
	for _, name := range []string{"GOOGLE_PROJECT", "GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT"} {
		t.Setenv(name, "")
	}
	_, err := attach(t, newStandIn(t).URL, nil).tryUp("gcp:storage/bucket:Bucket",
		props(map[string]any{"name": "b1", "location": "EU"}))
	if err == nil || !strings.Contains(err.Error(), "pulumi config set gcp:project PROJECT") {
		t.Errorf("error = %v, want what to do", err)
	}
}

// TestFailedOperation makes a service that does not start. The stack forgets it,
// as with the official provider, and the next deployment meets it.
func TestFailedOperation(t *testing.T) {
	cloud := newStandIn(t)
	cloud.refuse = func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.Contains(r.URL.Path, "/operations/") {
			return false
		}
		answer(w, map[string]any{"done": true, "error": map[string]any{"code": 9, "message": "Container failed to start."}})
		return true
	}
	e := attach(t, cloud.URL, stack)
	_, err := e.tryUp("gcp:cloudrunv2/service:Service", props(runInputs("i")))
	if err == nil || !strings.Contains(err.Error(), "Error code 9, message: Container failed to start.") {
		t.Fatalf("error = %v", err)
	}
	if details := status.Convert(err).Details(); len(details) > 0 {
		t.Errorf("details = %v, want none: they would put the service into the state", details)
	}
	cloud.refuse = nil
	if _, err := e.tryUp("gcp:cloudrunv2/service:Service", props(runInputs("i"))); err == nil ||
		!strings.Contains(err.Error(), "409") {
		t.Errorf("the next deployment: %v, want 409", err)
	}
}

func TestForceDestroy(t *testing.T) {
	cloud := newStandIn(t)
	e := attach(t, cloud.URL, stack)
	bucket := e.up("gcp:storage/bucket:Bucket", props(map[string]any{"name": "b1", "location": "EU"}))
	e.up("gcp:storage/bucketObject:BucketObject",
		props(map[string]any{"bucket": "b1", "name": "a b#?.txt", "content": "x"}))
	if err := bucket.destroy(); err == nil || !strings.Contains(err.Error(), "forceDestroy is not true") {
		t.Fatalf("deleting a full bucket: %v", err)
	}
	bucket.update(props(map[string]any{"name": "b1", "location": "EU", "forceDestroy": true}))
	if err := bucket.destroy(); err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(cloud.calls, func(c string) bool {
		return strings.HasPrefix(c, "DELETE /storage/v1/b/b1/o/a%20b%23%3F.txt?generation=")
	}) {
		t.Errorf("calls = %q, want the deletion of a generation", cloud.calls)
	}
}

func TestCancel(t *testing.T) {
	cloud := newStandIn(t)
	reached, once := make(chan struct{}), sync.Once{}
	cloud.refuse = func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.Contains(r.URL.Path, "/operations/") {
			return false
		}
		once.Do(func() { close(reached) })
		answer(w, map[string]any{"name": "operations/never-done"})
		return true
	}
	e := attach(t, cloud.URL, stack)
	failed := make(chan error)
	go func() {
		_, err := e.client.Create(context.Background(), &pulumirpc.CreateRequest{
			Urn: urnOf("gcp:cloudrunv2/service:Service", "x"), Properties: e.marshal(props(runInputs("i")))})
		failed <- err
	}()
	<-reached
	if _, err := e.client.Cancel(t.Context(), &emptypb.Empty{}); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-failed:
		if err == nil {
			t.Error("the creation succeeded")
		}
	case <-time.After(10 * time.Second):
		t.Error("the creation goes on after Cancel")
	}
}
