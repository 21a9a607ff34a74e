package server

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"syscall"

	"docx2pdf/service/conversion"
	"docx2pdf/service/docx"
	"docx2pdf/service/storage"
	"docx2pdf/service/warning"
)

// problem is an error as a caller sees it.
type problem struct {
	status  int
	code    string
	message string
}

func (p *problem) Error() string { return p.message }

// permanent tells whether the same document would fail again.
func (p *problem) permanent() bool {
	switch p.status {
	case http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		return true
	}
	return false
}

func (p *problem) write(w http.ResponseWriter) {
	if p.status == http.StatusTooManyRequests || p.status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	writeJSON(w, p.status, struct {
		Error string `json:"error"`
		Code  string `json:"code"`
	}{p.message, p.code})
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.Encode(value)
}

// statusClientClosed is not sent to anybody: it is for logs and metrics.
const statusClientClosed = 499

// problems tells what each error is to a caller. Cloud Run ends an instance after repeated 5xx, so a document's
// own fault must never be one. https://cloud.google.com/run/docs/container-contract
var problems = []struct {
	err    error
	status int
	code   string
}{
	{storage.ErrNotFound, http.StatusNotFound, "object_not_found"},
	{storage.ErrBucketNotFound, http.StatusNotFound, "bucket_not_found"},
	{storage.ErrEncoding, http.StatusUnprocessableEntity, "document_corrupt"},
	{storage.ErrInvalid, http.StatusBadRequest, "bad_request"},
	{storage.ErrForbidden, http.StatusForbidden, "permission_denied"},
	{storage.ErrPrecondition, http.StatusServiceUnavailable, "storage_unavailable"},
	{storage.ErrUnavailable, http.StatusServiceUnavailable, "storage_unavailable"},
	{docx.ErrNotWord, http.StatusUnsupportedMediaType, "not_word_document"},
	{docx.ErrEncrypted, http.StatusUnprocessableEntity, "document_encrypted"},
	{docx.ErrCorrupt, http.StatusUnprocessableEntity, "document_corrupt"},
	{docx.ErrBomb, http.StatusUnprocessableEntity, "document_bomb"},
	{conversion.ErrNoSpace, http.StatusServiceUnavailable, "disk_full"},
	{conversion.ErrOutOfMemory, http.StatusServiceUnavailable, "out_of_memory"},
	{conversion.ErrOption, http.StatusBadRequest, "bad_option"},
	{conversion.ErrNoPages, http.StatusBadRequest, "bad_option"},
	{conversion.ErrUnreadable, http.StatusUnprocessableEntity, "document_corrupt"},
	{conversion.ErrCrashed, http.StatusUnprocessableEntity, "document_crashes"},
	{conversion.ErrLimit, http.StatusUnprocessableEntity, "document_too_complex"},
	{conversion.ErrRestarting, http.StatusServiceUnavailable, "engine_restarting"},
	{conversion.ErrDeadline, http.StatusGatewayTimeout, "deadline_exceeded"},
	{os.ErrDeadlineExceeded, http.StatusRequestTimeout, "request_timeout"},
	{context.DeadlineExceeded, http.StatusGatewayTimeout, "deadline_exceeded"},
	{context.Canceled, statusClientClosed, "client_closed_request"},
	{errBody, http.StatusBadRequest, "bad_request"},
	{io.ErrUnexpectedEOF, http.StatusBadRequest, "bad_request"},
}

func problemOf(err error) *problem {
	var p *problem
	if errors.As(err, &p) {
		return p
	}
	var incomplete *warning.Error
	if errors.As(err, &incomplete) {
		return &problem{http.StatusUnprocessableEntity, "document_incomplete", incomplete.Error()}
	}
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return tooLarge("the request is larger than 32 MiB; put the document into a bucket and send its name")
	}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		err = conversion.ErrNoSpace // without the name of the converter's file
	}
	for _, known := range problems {
		if errors.Is(err, known.err) {
			return &problem{known.status, known.code, err.Error()}
		}
	}
	return &problem{http.StatusInternalServerError, "internal", "the converter failed; its log says why"}
}

func tooLarge(message string) *problem {
	return &problem{http.StatusRequestEntityTooLarge, "too_large", message}
}
