package google

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"google.golang.org/api/googleapi"
)

// passing is a refusal that Google Cloud gives for a while, and no longer.
type passing struct {
	code int
	text string // part of the answer; empty for any
	// waitsFor is what the wait ends with, for whoever watches.
	waitsFor string
	patience time.Duration
}

// Google's page on how grants spread: usually two minutes, at times seven or more.
// https://cloud.google.com/iam/docs/access-change-propagation
const (
	// GrantsTakeEffect bounds the wait for grants that were made a moment ago.
	GrantsTakeEffect = atWorst

	usually = 2 * time.Minute
	atWorst = 7 * time.Minute
	shortly = 30 * time.Second
)

// passings is every refusal that is waited out, the narrowest first. No other is.
var passings = []passing{
	// Cloud Build reads the source before it takes a build, as the build's account.
	// GoogleCloudPlatform/cloud-run-mcp#84, and others with the same text
	{http.StatusBadRequest, "could not resolve source", "the build account's role on the source bucket", atWorst},
	// Agents' right to a key of Cloud KMS. ollionorg/gcp-landing-zone#59, hashicorp/terraform-provider-google#11913 and
	// #15572, and reports of Pub/Sub's text
	{http.StatusForbidden, "Cloud KMS key", "the agents' right to use the key", atWorst},
	{http.StatusBadRequest, "Cloud KMS CryptoKey Encrypter/Decrypter role", "the agents' right to use the key", atWorst},
	// Cloud Storage tries to publish before it takes a notification. hashicorp/terraform-provider-google#7611
	{http.StatusForbidden, "publish", "Cloud Storage's role on the topic", atWorst},
	{http.StatusBadRequest, "publish", "Cloud Storage's role on the topic", atWorst},
	// The other words for it. googleapis/nodejs-storage#1402
	{http.StatusBadRequest, "Cloud Pub/Sub topic", "Cloud Storage's role on the topic", atWorst},
	// An account that was made a moment ago. hashicorp/terraform-provider-google#15042, #18024
	{http.StatusBadRequest, "service account", "the new service account to be known everywhere", usually},
	// An API that was enabled a moment ago; the text itself asks to wait a few minutes.
	// hashicorp/terraform-provider-google#1393, pulumi/pulumi-gcp#992
	{http.StatusForbidden, "SERVICE_DISABLED", "the API to be enabled everywhere", atWorst},
	{http.StatusForbidden, "has not been used in project", "the API to be enabled everywhere", atWorst},
	{http.StatusForbidden, "accessNotConfigured", "the API to be enabled everywhere", atWorst},
	// The deployer's role on an account that was made a moment ago.
	{http.StatusForbidden, "act as service account", "the right to act as the new service account", usually},
	{http.StatusForbidden, "actAs", "the right to act as the new service account", usually},
	{http.StatusForbidden, "", "roles that were granted a moment ago", usually},
	// What was made a moment ago is not found everywhere yet.
	{http.StatusNotFound, "", "what was made a moment ago to be found", shortly},
	// https://cloud.google.com/apis/design/errors#error_retries
	{http.StatusTooManyRequests, "", "Google Cloud to take more requests", usually},
	{http.StatusInternalServerError, "", "Google Cloud to answer again", shortly},
	{http.StatusBadGateway, "", "Google Cloud to answer again", usually},
	{http.StatusServiceUnavailable, "", "Google Cloud to answer again", usually},
	{http.StatusGatewayTimeout, "", "Google Cloud to answer again", usually},
}

// lastings are parts of refusals, in lower case, that no wait mends although their code often passes: credentials
// without a quota project, or with one that they may not use; a service perimeter; a project without billing.
// https://github.com/googleapis/googleapis/blob/master/google/api/error_reason.proto
var lastings = []string{"quota project", "user_project_denied", "security_policy_violated", "billing_disabled"}

// passingOf finds the refusal in the table.
func passingOf(err error) (passing, bool) {
	var answer *googleapi.Error
	if errors.As(err, &answer) {
		said := strings.ToLower(answer.Message + answer.Body)
		for _, lasting := range lastings {
			if strings.Contains(said, lasting) {
				return passing{}, false
			}
		}
		for _, p := range passings {
			if p.code == answer.Code && strings.Contains(said, strings.ToLower(p.text)) {
				return p, true
			}
		}
		return passing{}, false
	}
	var lost *url.Error
	if errors.As(err, &lost) && !errors.Is(err, context.Canceled) {
		return passing{waitsFor: "the network", patience: shortly}, true
	}
	return passing{}, false
}

// Retry repeats a call while it is refused as calls are for a while: after an API was enabled, an account made or a role
// granted, or when Google Cloud is busy. It tells tell what it waits for, and until when at most. With patience off the
// call is made once.
func Retry(ctx context.Context, patient bool, tell func(string), call func() error) error {
	began, told := time.Now(), ""
	for pause := 250 * time.Millisecond; ; pause = min(2*pause, 15*time.Second) {
		err := call()
		if err == nil || !patient {
			return err
		}
		p, passes := passingOf(err)
		left := time.Until(began.Add(p.patience))
		if !passes || left <= 0 {
			return err
		}
		if told != p.waitsFor {
			told = p.waitsFor
			tell(fmt.Sprintf("waiting for %s, %s at most: %v", p.waitsFor, left.Round(time.Second), err))
		}
		if err := Sleep(ctx, min(pause, left)); err != nil {
			return err
		}
	}
}

// Sleep waits, or ends early with the context's error.
func Sleep(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
