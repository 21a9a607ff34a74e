// Package status is the closed set of errors that Google's APIs answer with
// (https://cloud.google.com/apis/design/errors).
package status

import (
	"errors"
	"fmt"
	"syscall"
)

// Code is one kind of error: its HTTP status, its name in google.rpc.Code and the reason that the older JSON error
// format gives it.
type Code struct {
	HTTP   int
	Name   string
	Reason string
}

// The codes in use. There is no other way to make an answer fail.
var (
	InvalidArgument    = Code{400, "INVALID_ARGUMENT", "badRequest"}
	FailedPrecondition = Code{400, "FAILED_PRECONDITION", "failedPrecondition"}
	OutOfRange         = Code{416, "OUT_OF_RANGE", "requestedRangeNotSatisfiable"}
	Unauthenticated    = Code{401, "UNAUTHENTICATED", "authError"}
	PermissionDenied   = Code{403, "PERMISSION_DENIED", "forbidden"}
	NotFound           = Code{404, "NOT_FOUND", "notFound"}
	AlreadyExists      = Code{409, "ALREADY_EXISTS", "alreadyExists"}
	Conflict           = Code{409, "ABORTED", "conflict"}
	ConditionNotMet    = Code{412, "FAILED_PRECONDITION", "conditionNotMet"}
	TooLarge           = Code{413, "OUT_OF_RANGE", "uploadTooLarge"}
	ResourceExhausted  = Code{429, "RESOURCE_EXHAUSTED", "rateLimitExceeded"}
	Cancelled          = Code{499, "CANCELLED", "cancelled"}
	Internal           = Code{500, "INTERNAL", "internalError"}
	Unimplemented      = Code{501, "UNIMPLEMENTED", "notImplemented"}
	Unavailable        = Code{503, "UNAVAILABLE", "backendError"}
	DeadlineExceeded   = Code{504, "DEADLINE_EXCEEDED", "deadlineExceeded"}
	DiskFull           = Code{507, "RESOURCE_EXHAUSTED", "insufficientStorage"} // Google's disks are never full
)

var codes = []Code{InvalidArgument, FailedPrecondition, OutOfRange, Unauthenticated, PermissionDenied, NotFound,
	AlreadyExists, Conflict, ConditionNotMet, TooLarge, ResourceExhausted, Cancelled, Internal, Unimplemented, Unavailable,
	DeadlineExceeded}

// CodeOf returns the code of an HTTP status and a name in google.rpc.Code, or the usual one of the HTTP status where
// the name is none of its own.
func CodeOf(http int, name string) (code Code, ok bool) {
	for i := len(codes) - 1; i >= 0; i-- {
		if codes[i].HTTP == http {
			code, ok = codes[i], true
			if code.Name == name {
				break
			}
		}
	}
	return code, ok
}

// Error is a refusal as the caller reads it.
type Error struct {
	Code    Code
	Message string
	Reason  string // overrides Code.Reason where an API has its own
	Details []any
}

func (e *Error) Error() string { return e.Message }

// Errorf makes an error of a code.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// From finds the Error in err; anything else is an internal error, or a disk without room.
func From(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	for _, full := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		if errors.Is(err, full) {
			return Errorf(DiskFull, "the local cloud has no room for its state: %v; free some space, and try again", err)
		}
	}
	return Errorf(Internal, "%v", err)
}

// Is says whether err is an Error of the code.
func Is(err error, code Code) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == code
}

// NotModelled is the loud refusal of something that the local cloud does not do.
func NotModelled(format string, args ...any) *Error {
	return Errorf(Unimplemented, "the local cloud does not model "+format, args...)
}
