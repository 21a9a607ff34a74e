package google_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"

	"google.golang.org/api/googleapi"

	"docx2pdf/infra/google"
)

// retried has a call refused once, and answers with how often it was made, what was told, and how it ended.
func retried(ctx context.Context, patient bool, refusal error) (calls int, told string, err error) {
	err = google.Retry(ctx, patient, func(line string) { told += line }, func() error {
		if calls++; calls == 1 {
			return refusal
		}
		return nil
	})
	return calls, told, err
}

// TestRefusalsThatPass are waited out, and whoever watches reads for what.
func TestRefusalsThatPass(t *testing.T) {
	for waitsFor, refusal := range map[string]error{
		"the build account's role on the source bucket": &googleapi.Error{Code: 400, Message: "could not resolve source: " +
			"googleapi: Error 403: b does not have storage.objects.get access to the Google Cloud Storage object."},
		"the new service account to be known everywhere": &googleapi.Error{Code: 400,
			Message: "Service account b@p.iam.gserviceaccount.com does not exist."},
		"the API to be enabled everywhere": &googleapi.Error{Code: 403, Message: "Cloud Run Admin API has not been used in " +
			"project 1 before or it is disabled."},
		"the right to act as the new service account": &googleapi.Error{Code: 403,
			Message: "Permission 'iam.serviceaccounts.actAs' denied on service account b@p.iam.gserviceaccount.com"},
		"Cloud Storage's role on the topic": &googleapi.Error{Code: 400,
			Message: "The service account does not have permission to publish messages to the topic"},
		"roles that were granted a moment ago":   &googleapi.Error{Code: 403, Message: "The caller does not have permission"},
		"what was made a moment ago to be found": &googleapi.Error{Code: 404, Message: "Requested entity was not found."},
		"Google Cloud to take more requests":     &googleapi.Error{Code: 429, Message: "Quota exceeded"},
		"Google Cloud to answer again":           &googleapi.Error{Code: 503, Message: "The service is unavailable"},
		"the network":                            &url.Error{Op: "Get", URL: "https://run.example", Err: errors.New("reset")},
	} {
		t.Run(waitsFor, func(t *testing.T) {
			t.Parallel()
			calls, told, err := retried(t.Context(), true, refusal)
			if err != nil || calls != 2 {
				t.Errorf("after %d calls: %v", calls, err)
			}
			if !strings.Contains(told, "waiting for "+waitsFor+", ") || !strings.Contains(told, " at most: ") {
				t.Errorf("whoever watches reads %q", told)
			}
			if calls, _, err := retried(t.Context(), false, refusal); calls != 1 || err == nil {
				t.Errorf("without patience: %d calls, %v", calls, err)
			}
		})
	}
}

// TestRefusalsThatStay are told at once.
func TestRefusalsThatStay(t *testing.T) {
	for name, refusal := range map[string]error{
		"a wrong request":      &googleapi.Error{Code: 400, Message: "Invalid value specified for container memory"},
		"no credentials":       &googleapi.Error{Code: 401, Message: "Request had invalid authentication credentials."},
		"a name that is taken": &googleapi.Error{Code: 409, Message: "Resource 'docx2pdf' already exists."},
		"credentials without a quota project": &googleapi.Error{Code: 403,
			Message: "The storage.googleapis.com API requires a quota project, which is not set by default."},
		"something else": errors.New("something else"),
	} {
		if calls, told, err := retried(t.Context(), true, refusal); calls != 1 || !errors.Is(err, refusal) || told != "" {
			t.Errorf("%s: %d calls, told %q, %v", name, calls, told, err)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	refusal := &googleapi.Error{Code: 503, Message: "The service is unavailable"}
	if calls, _, err := retried(ended, true, refusal); calls != 1 || err == nil {
		t.Errorf("after Ctrl-C: %d calls, %v", calls, err)
	}
}
