// Package problem says what each error is to a caller: a status, a code that programs can tell apart, and a sentence.
package problem

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"syscall"

	"docx2pdf/service/conversion"
	"docx2pdf/service/docx"
	"docx2pdf/service/storage"
	"docx2pdf/service/warning"
)

// Problem is an error as a caller sees it.
type Problem struct {
	Status  int    // of HTTP
	Code    string // one of those in service/README.md
	Message string
}

// New makes a problem.
func New(status int, code, format string, arguments ...any) *Problem {
	return &Problem{status, code, fmt.Sprintf(format, arguments...)}
}

func (p *Problem) Error() string { return p.Message }

// Permanent tells whether the same document would fail again.
func (p *Problem) Permanent() bool {
	switch p.Status {
	case http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType,
		http.StatusUnprocessableEntity:
		return true
	}
	return false
}

// StatusClientClosed is not sent to anybody: it is for logs and metrics.
const StatusClientClosed = 499

// ErrRequest: the caller's end of the connection, or what came over it, is at fault.
var ErrRequest = errors.New("the request did not arrive whole")

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
	{context.Canceled, StatusClientClosed, "client_closed_request"},
	{ErrRequest, http.StatusBadRequest, "bad_request"},
	{io.ErrUnexpectedEOF, http.StatusBadRequest, "bad_request"},
}

// Of is the problem that an error is.
func Of(err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	var incomplete *warning.Error
	if errors.As(err, &incomplete) {
		return &Problem{http.StatusUnprocessableEntity, "document_incomplete", incomplete.Error()}
	}
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return TooLarge("the request is larger than 32 MiB; put the document into a bucket and send its name")
	}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		err = conversion.ErrNoSpace // without the name of the converter's file
	}
	for _, known := range problems {
		if errors.Is(err, known.err) {
			return &Problem{known.status, known.code, err.Error()}
		}
	}
	return &Problem{http.StatusInternalServerError, "internal", "the converter failed; its log says why"}
}

// TooLarge is the problem of what is larger than the converter takes.
func TooLarge(format string, arguments ...any) *Problem {
	return New(http.StatusRequestEntityTooLarge, "too_large", format, arguments...)
}
