package server

import (
	"context"
	"net/http"
	"time"

	"docx2pdf/service/warning"
)

// Metrics hears of each request. Its zero value hears nothing.
type Metrics struct {
	// Start is called when a request comes, and what it returns when it has been answered.
	Start func(ctx context.Context, r *http.Request) (context.Context, func(Request))
}

// Request is what metrics are told of a request.
type Request struct {
	Form     string
	Outcome  string
	Status   int
	Took     time.Duration
	Timings  map[string]float64 // milliseconds by phase
	Pages    int
	Warnings []warning.Warning
	BytesIn  int64
	BytesOut int64
	CPU      time.Duration
}

func (m Metrics) start(ctx context.Context, r *http.Request) (context.Context, func(*entry, int, time.Duration)) {
	if m.Start == nil {
		return ctx, func(*entry, int, time.Duration) {}
	}
	ctx, end := m.Start(ctx, r)
	return ctx, func(e *entry, status int, took time.Duration) {
		end(Request{e.form, e.outcome, status, took, e.milliseconds(), e.Pages, e.Warnings, e.BytesIn, e.BytesOut, e.CPU})
	}
}
