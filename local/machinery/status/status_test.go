package status_test

import (
	"errors"
	"fmt"
	"testing"

	"docx2pdf/local/machinery/status"
)

func TestErrorsKeepTheirCode(t *testing.T) {
	refused := fmt.Errorf("making a bucket: %w", status.Errorf(status.AlreadyExists, "%s is taken", "papers"))
	if e := status.From(refused); e.Code != status.AlreadyExists || e.Message != "papers is taken" {
		t.Errorf("%+v", e)
	}
	if !status.Is(refused, status.AlreadyExists) || status.Is(refused, status.NotFound) ||
		status.Is(nil, status.NotFound) {
		t.Error("Is does not tell codes apart")
	}
	if e := status.From(errors.New("a bug")); e.Code != status.Internal || e.Message != "a bug" {
		t.Errorf("an error of another kind: %+v", e)
	}
	if !status.Is(status.NotModelled("clouds"), status.Unimplemented) {
		t.Error("what is not modelled has another code")
	}
}

func TestCodeOf(t *testing.T) {
	for _, test := range []struct {
		http int
		name string
		want status.Code
	}{
		{400, "FAILED_PRECONDITION", status.FailedPrecondition},
		{400, "INVALID_ARGUMENT", status.InvalidArgument},
		{400, "required", status.InvalidArgument}, // a reason of the older APIs
		{409, "ABORTED", status.Conflict},
		{409, "", status.AlreadyExists},
		{412, "conditionNotMet", status.ConditionNotMet},
	} {
		if code, ok := status.CodeOf(test.http, test.name); !ok || code != test.want {
			t.Errorf("%d %s is %+v", test.http, test.name, code)
		}
	}
	if code, ok := status.CodeOf(299, "INVALID_ARGUMENT"); ok {
		t.Errorf("299 is %+v", code)
	}
}
