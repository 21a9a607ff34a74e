package fault_test

import (
	"context"
	"testing"
	"time"

	"docx2pdf/local/machinery/fault"
	"docx2pdf/local/machinery/status"
)

const read = "pubsub.projects.topics.get"

// outcomes makes a call n times and returns what came of it: "." done, "l" lost, "x" refused.
func outcomes(in *fault.Injector, call, path string, n int) (all string) {
	for range n {
		lose, err := in.Before(context.Background(), call, path)
		switch {
		case err != nil:
			all += "x"
		case lose:
			all += "l"
		default:
			all += "."
		}
	}
	return all
}

func TestRulesMeetTheirCalls(t *testing.T) {
	for name, test := range map[string]struct {
		rule       fault.Rule
		call, path string
		want       string
	}{
		"each":         {fault.Rule{Call: read, Status: 503}, read, "", "xxxxxx"},
		"another call": {fault.Rule{Call: "pubsub.projects.topics.list", Status: 503}, read, "", "......"},
		"a pattern":    {fault.Rule{Call: "pubsub.*", Status: 503}, read, "", "xxxxxx"},
		"every third":  {fault.Rule{Call: "*", Every: 3, Status: 503}, read, "", "..x..x"},
		"twice":        {fault.Rule{Call: "*", Times: 2, Lose: true}, read, "", "ll...."},
		"its path":     {fault.Rule{Call: "*", Resource: "topics/a", Status: 404}, read, "/v1/topics/ab", "xxxxxx"},
		"another path": {fault.Rule{Call: "*", Resource: "topics/a", Status: 404}, read, "/v1/topics/b", "......"},
		"nothing was made": {fault.Rule{Call: read, After: "x", Within: fault.Duration(time.Hour), Status: 404}, read, "",
			"......"},
	} {
		in := fault.New(fault.Plan{Rules: []fault.Rule{test.rule}})
		if got := outcomes(in, test.call, test.path, 6); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
	var none *fault.Injector
	if got := outcomes(none, read, "", 2); got != ".." || none.Duplicate() || none.IAMDelay() != 0 {
		t.Errorf("without a plan: %s", got)
	}
}

func TestOnlyWhatWasJustMadeIsMet(t *testing.T) {
	in := fault.New(fault.Plan{Rules: []fault.Rule{{Call: read, After: "pubsub.projects.topics.create",
		Within: fault.Duration(time.Hour), Status: 404}}})
	if got := outcomes(in, read, "/topics/a", 1) + outcomes(in, "pubsub.projects.topics.create", "/topics/a", 1) +
		outcomes(in, read, "/topics/a", 2) + outcomes(in, read, "/topics/b", 2); got != "..xx.." {
		t.Error(got)
	}
}

func TestARefusalHasItsWords(t *testing.T) {
	refusal := func(r fault.Rule) *status.Error {
		r.Call = "*"
		_, err := fault.New(fault.Plan{Rules: []fault.Rule{r}}).Before(context.Background(), read, "")
		return status.From(err)
	}
	if e := refusal(fault.Rule{Status: 429}); e.Code != status.ResourceExhausted || e.Reason != "" {
		t.Errorf("%+v", e)
	}
	e := refusal(fault.Rule{Status: 400, Reason: "FAILED_PRECONDITION", Message: "Keys are not allowed."})
	if e.Code != status.FailedPrecondition || e.Message != "Keys are not allowed." {
		t.Errorf("%+v", e)
	}
	if e := refusal(fault.Rule{Status: 403, Reason: "quotaExceeded"}); e.Code != status.PermissionDenied ||
		e.Reason != "quotaExceeded" {
		t.Errorf("%+v", e)
	}
}

func TestDelaysAndDuplicates(t *testing.T) {
	in := fault.New(fault.Plan{DuplicateEvery: 2, IAMDelay: fault.Duration(time.Second),
		GrantDelays: map[string]fault.Duration{"roles/viewer": fault.Duration(time.Minute)},
		APIDelays:   map[string]fault.Duration{"*": fault.Duration(time.Hour), "run.googleapis.com": 0}})
	if in.Duplicate() || !in.Duplicate() || in.Duplicate() {
		t.Error("it is not every second delivery that comes twice")
	}
	if in.IAMDelay() != time.Second || in.GrantDelay("roles/viewer") != time.Minute || in.GrantDelay("roles/editor") != 0 {
		t.Error("the delays of grants are others")
	}
	if in.APIDelay("iam.googleapis.com") != time.Hour || in.APIDelay("run.googleapis.com") != 0 {
		t.Error("the delays of APIs are others")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	slow := fault.New(fault.Plan{Rules: []fault.Rule{{Call: "*", Delay: fault.Duration(time.Hour)}}})
	if _, err := slow.Before(ctx, read, ""); err != nil { // a caller that has gone is not waited for
		t.Error(err)
	}
}
