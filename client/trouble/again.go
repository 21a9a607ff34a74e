package trouble

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/cenkalti/backoff/v5"
	"google.golang.org/api/googleapi"
)

// attempts is how often a call of one of Google's APIs is made, the first time included.
const attempts = 6

// Again makes a call of one of Google's APIs until it succeeds or an answer says that another attempt is in vain. The
// call must be one that may be made twice. Of Google's library only uploads are repeated by themselves.
// https://cloud.google.com/storage/docs/retry-strategy
func Again[T any](ctx context.Context, first time.Duration, call func() (T, error)) (T, error) {
	pauses := backoff.NewExponentialBackOff()
	pauses.InitialInterval = first
	return backoff.Retry(ctx, func() (T, error) {
		done, err := call()
		if err != nil && inVain(err) {
			err = backoff.Permanent(err)
		}
		return done, err
	}, backoff.WithBackOff(pauses), backoff.WithMaxTries(attempts))
}

func inVain(err error) bool {
	var answer *googleapi.Error
	if errors.As(err, &answer) {
		return answer.Code != http.StatusRequestTimeout && answer.Code != http.StatusTooManyRequests && answer.Code < 500
	}
	found := Of(err)
	return found != nil && !found.Passing
}
