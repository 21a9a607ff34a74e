package converter

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/cenkalti/backoff/v5"

	"docx2pdf/client/trouble"
)

// Retry says how often a call is repeated, and who hears of it.
type Retry struct {
	// Attempts is the most there are of one call, the first included.
	Attempts int
	// First is the pause before the second attempt; each further one is half as long again, up to half a minute, and
	// none is shorter than the service asks for.
	First time.Duration
	// Again hears of every pause, in words. Nil stays silent.
	Again func(what string)
	// Busy is called when the service has no room for one more document.
	Busy func()
}

// Refusal is an answer of the service, or of Cloud Run in front of it, that is no success.
type Refusal struct {
	Status   int
	Code     string // the service's, "" from Cloud Run
	message  string
	frontEnd bool
	after    time.Duration
}

func (r *Refusal) Error() string { return r.message }

// again tells whether another attempt is worth it. Cloud Run's own 403 is among them: the grant may be so fresh that
// it does not count yet. Converting a document twice gives the same PDF.
func (r *Refusal) again(attempt int) bool {
	switch r.Status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return true
	case http.StatusGatewayTimeout:
		return attempt < 2 // another minute, most likely in vain
	case http.StatusForbidden, http.StatusInternalServerError, http.StatusBadGateway:
		return r.frontEnd
	}
	return false
}

// everybody tells whether every other document would meet the same refusal.
func (r *Refusal) everybody() bool {
	switch r.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
		return r.frontEnd
	}
	return false
}

func permanent(err error) error { return backoff.Permanent(err) }

// call sends a request until it is answered with a success that take can use. The error is a *Refusal, a
// *trouble.Error, or what take returned.
func (c *Client) call(
	ctx context.Context, what string, make func() (*http.Request, error), take func(*http.Response) error,
) error {
	pauses := newPauses(c.First)
	attempt := 0
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		attempt++
		err := c.once(make, take)
		var refused *Refusal
		switch {
		case err == nil || ctx.Err() != nil:
			return struct{}{}, err
		case errors.As(err, &refused):
			if refused.Status == http.StatusTooManyRequests && c.Busy != nil {
				c.Busy()
			}
			if !refused.again(attempt) {
				return struct{}{}, permanent(err)
			}
			pauses.atLeast = refused.after
		default:
			if found := trouble.Of(err); found != nil && !found.Passing {
				return struct{}{}, permanent(found)
			}
		}
		return struct{}{}, err
	}, backoff.WithBackOff(pauses), backoff.WithMaxTries(uint(c.Attempts)), backoff.WithMaxElapsedTime(0),
		backoff.WithNotify(func(err error, pause time.Duration) {
			if c.Again != nil {
				c.Again(fmt.Sprintf("%s: %v; attempt %d of %d in %.1f s", what, said(err), attempt+1, c.Attempts, pause.Seconds()))
			}
		}))
	return said(err)
}

// pauses grow, and none is shorter than the service asked for.
type pauses struct {
	backoff.ExponentialBackOff
	atLeast time.Duration
}

func newPauses(first time.Duration) *pauses {
	return &pauses{ExponentialBackOff: backoff.ExponentialBackOff{
		InitialInterval: first, Multiplier: 1.5, RandomizationFactor: 0.3, MaxInterval: 30 * time.Second,
	}}
}

func (p *pauses) NextBackOff() time.Duration {
	pause := max(p.atLeast, p.ExponentialBackOff.NextBackOff())
	p.atLeast = 0
	return pause
}

// said is what a person should read of an attempt's error.
func said(err error) error {
	var refused *Refusal
	if errors.As(err, &refused) {
		if refused.everybody() {
			return trouble.Lasting(refused, "%s", refused.message)
		}
		return refused
	}
	if found := trouble.Of(err); found != nil {
		return found
	}
	return err
}

func (c *Client) once(make func() (*http.Request, error), take func(*http.Response) error) error {
	request, err := make()
	if err != nil {
		return permanent(err)
	}
	response, err := c.HTTP.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return refusal(response)
	}
	return take(response)
}

// retryAfter is the pause that an answer asks for, 0 for none.
func retryAfter(response *http.Response) time.Duration {
	text := response.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil && seconds >= 0 {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}
