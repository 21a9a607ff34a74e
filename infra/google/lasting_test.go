package google_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"google.golang.org/api/googleapi"

	"docx2pdf/infra/google"
)

// What no wait mends is said at once, though its code is one that often passes.
func TestLastingRefusalsAreNotWaitedFor(t *testing.T) {
	for body, waits := range map[string]bool{
		`{"error":{"code":403,"message":"Permission 'run.services.get' denied"}}`:                            true,
		`{"error":{"code":403,"details":[{"reason":"SERVICE_DISABLED"}]}}`:                                   true,
		`{"error":{"code":403,"details":[{"reason":"USER_PROJECT_DENIED"}]}}`:                                false,
		`{"error":{"code":403,"details":[{"reason":"SECURITY_POLICY_VIOLATED"}]}}`:                           false,
		`{"error":{"code":403,"details":[{"reason":"BILLING_DISABLED"}]}}`:                                   false,
		`{"error":{"code":403,"message":"The x API requires a quota project, which is not set by default"}}`: false,
	} {
		ctx, stop := context.WithCancel(context.Background())
		told := 0
		err := google.Retry(ctx, true, func(string) { told++; stop() }, func() error {
			return fmt.Errorf("calling: %w", &googleapi.Error{Code: http.StatusForbidden, Body: body})
		})
		stop()
		if err == nil || (told > 0) != waits {
			t.Errorf("after %s it waits: %t, %v", body, told > 0, err)
		}
	}
}
