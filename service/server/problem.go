package server

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"docx2pdf/service/office"
	"docx2pdf/service/storage"
)

// problem is an error as a caller sees it.
type problem struct {
	status  int
	code    string
	message string
}

func (p *problem) Error() string { return p.message }

func (p *problem) write(w http.ResponseWriter) {
	if p.status == http.StatusTooManyRequests || p.status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	writeJSON(w, p.status, map[string]string{"error": p.message, "code": p.code})
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(value)
}

// statusClientClosed is not sent to anybody: it is for logs only.
const statusClientClosed = 499

// problems tells what each error is to a caller. Cloud Run ends an instance after repeated 5xx, so a document's
// own fault must never be one. https://cloud.google.com/run/docs/container-contract
var problems = []struct {
	err    error
	status int
	code   string
}{
	{storage.ErrNotFound, http.StatusNotFound, "object_not_found"},
	{storage.ErrForbidden, http.StatusForbidden, "permission_denied"},
	{storage.ErrPrecondition, http.StatusServiceUnavailable, "storage_unavailable"},
	{storage.ErrUnavailable, http.StatusServiceUnavailable, "storage_unavailable"},
	{office.ErrUnreadable, http.StatusUnprocessableEntity, "document_corrupt"},
	{office.ErrCrashed, http.StatusUnprocessableEntity, "document_crashes"},
	{office.ErrLimit, http.StatusUnprocessableEntity, "document_too_complex"},
	{office.ErrRestarting, http.StatusServiceUnavailable, "engine_restarting"},
	{office.ErrDeadline, http.StatusGatewayTimeout, "deadline_exceeded"},
	{context.DeadlineExceeded, http.StatusGatewayTimeout, "deadline_exceeded"},
	{context.Canceled, statusClientClosed, "client_closed_request"},
}

func problemOf(err error) *problem {
	var p *problem
	if errors.As(err, &p) {
		return p
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return &problem{http.StatusRequestEntityTooLarge, "too_large", "the request is larger than 32 MiB; put the document into a bucket"}
	}
	for _, known := range problems {
		if errors.Is(err, known.err) {
			return &problem{known.status, known.code, err.Error()}
		}
	}
	return &problem{http.StatusInternalServerError, "internal", err.Error()}
}
