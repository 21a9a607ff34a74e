package console

import (
	"net/http"
	"time"

	"docx2pdf/local/machinery/traffic"
)

// Request is one call with its verdict.
type Request struct {
	ID           int64     `json:"id"`
	Time         time.Time `json:"time"`
	Service      string    `json:"service"`
	Method       string    `json:"method"`
	Path         string    `json:"path"`
	Call         string    `json:"call"`
	Caller       string    `json:"caller"`
	Agent        string    `json:"agent"`
	Status       int       `json:"status"` // 0 when there was no answer
	Why          string    `json:"why"`
	Permission   string    `json:"permission"`
	Milliseconds float64   `json:"milliseconds"`
	Refused      bool      `json:"refused"` // for want of a permission or of credentials that hold
	Lacked       *Refusal  `json:"lacked,omitempty"`
}

// Requests turns entries of the traffic log into what the page shows.
func Requests(entries []traffic.Entry) []Request {
	requests := make([]Request, 0, len(entries))
	for _, e := range entries {
		r := Request{
			ID:           e.ID,
			Time:         e.Time.UTC(),
			Service:      serviceOf(e.Call),
			Method:       e.Method,
			Path:         e.Path,
			Call:         e.Call,
			Caller:       e.Caller,
			Agent:        e.Agent,
			Status:       e.Status,
			Why:          e.Why,
			Permission:   e.Permission,
			Milliseconds: float64(e.Duration.Microseconds()) / 1000,
		}
		// A push whose token could not be made was never sent, for want of a permission.
		r.Refused = e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden ||
			(e.Status == 0 && named.MatchString(e.Why))
		r.Lacked = refusal(r, e.Resource)
		requests = append(requests, r)
	}
	return requests
}
