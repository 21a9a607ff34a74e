// Package fault injects what real clouds do now and then: refusals, slow answers, answers that get lost, IAM changes
// that take their time, and messages that come twice. The tests in local/cloud show each against the whole cloud.
package fault

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"time"

	"docx2pdf/local/machinery/status"
)

// Plan is a faults file.
type Plan struct {
	Rules []Rule `json:"rules,omitempty"`
	// IAMDelay is how long a change of a policy takes to count, for example "5s".
	IAMDelay Duration `json:"iamDelay,omitempty"`
	// GrantDelays are how long it takes until a member has a role that it was given, by role:
	// "roles/storage.objectViewer".
	// Taking it back and everything else counts at once.
	GrantDelays map[string]Duration `json:"grantDelays,omitempty"`
	// APIDelays are how long an API stays unusable after it was enabled, by name: "run.googleapis.com". "*" is all others.
	APIDelays map[string]Duration `json:"apiDelays,omitempty"`
	// Enforced are the constraints of the organisation's policies that forbid something in every project:
	// "constraints/iam.disableServiceAccountKeyCreation".
	Enforced []string `json:"enforced,omitempty"`
	// DuplicateEvery delivers every n-th Pub/Sub push twice; 0 never.
	DuplicateEvery int `json:"duplicateEvery,omitempty"`
	// Seed makes the same choices each time where rules have a chance.
	Seed uint64 `json:"seed,omitempty"`
}

// Rule is one fault and the calls that it meets. Several may meet the same call.
//
//	{"call": "pubsub.projects.topics.get", "after": "pubsub.projects.topics.create", "within": "1s", "status": 404}
//	{"call": "run.projects.locations.services.create", "chance": 0.1, "status": 429}
//	{"call": "storage.buckets.insert", "status": 412, "message": "'us' violates constraint
//	  'constraints/gcp.resourceLocations'"}
//	{"call": "iam.projects.serviceAccounts.keys.create", "status": 400, "reason": "FAILED_PRECONDITION",
//	  "message": "Key creation is not allowed on this service account."}
type Rule struct {
	// Call is the method id, where * stands for any part without a slash: storage.objects.*, run.routes.invoke, *.
	Call string `json:"call"`
	// Resource is a part of the paths that are met: "topics/uploads". Empty is all.
	Resource string `json:"resource,omitempty"`
	// After and Within meet a path only so long after the call After was made on it, as Pub/Sub may not find what was
	// just made. What is made by a POST to its collection has another path, and is not met.
	After  string   `json:"after,omitempty"`
	Within Duration `json:"within,omitempty"`
	// Chance is the part of these calls that are met, as the seed decides: 0.1 is one in ten. 0 is all.
	Chance float64 `json:"chance,omitempty"`
	// Every is which of these are met: 1 each, 3 every third. 0 is 1.
	Every int `json:"every,omitempty"`
	// Times ends the fault after so many; 0 never does.
	Times int `json:"times,omitempty"`

	// What happens: a refusal with this HTTP status instead of the call, a wait before the call, or the loss of its answer
	// after it was done.
	Status int      `json:"status,omitempty"`
	Delay  Duration `json:"delay,omitempty"`
	Lose   bool     `json:"lose,omitempty"`
	// Reason and Message are those of the refusal, as of an organisation's policy. Without them it says that it was asked
	// for.
	Reason  string `json:"reason,omitempty"`
	Message string `json:"message,omitempty"`
}

// Duration is a time.Duration written as in Go: "500ms", "5s".
type Duration time.Duration

// UnmarshalJSON reads a duration from a string.
func (d *Duration) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return fmt.Errorf("a duration is a string such as \"5s\": %w", err)
	}
	parsed, err := time.ParseDuration(text)
	*d = Duration(parsed)
	return err
}

// Read reads a faults file and checks it.
func Read(file string) (Plan, error) {
	var p Plan
	data, err := os.ReadFile(file)
	if err != nil {
		return p, fmt.Errorf("reading the faults: %w", err)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&p); err != nil {
		return p, fmt.Errorf("reading the faults in %s: %w", file, err)
	}
	for i, r := range p.Rules {
		if _, err := path.Match(r.Call, ""); err != nil || r.Call == "" {
			return p, fmt.Errorf("faults in %s: rule %d: call %q is not a pattern such as storage.objects.*", file, i, r.Call)
		}
		if _, ok := status.CodeOf(r.Status, r.Reason); r.Status != 0 && !ok {
			return p, fmt.Errorf("faults in %s: rule %d: status %d; use one that Google answers with, such as 404, 429 or 503",
				file, i, r.Status)
		}
		if r.Chance < 0 || r.Chance > 1 {
			return p, fmt.Errorf("faults in %s: rule %d: chance %v; give 0 to 1", file, i, r.Chance)
		}
		if (r.After == "") != (r.Within == 0) {
			return p, fmt.Errorf("faults in %s: rule %d: give both after and within, or neither", file, i)
		}
		if r.Status == 0 && r.Delay == 0 && !r.Lose {
			return p, fmt.Errorf("faults in %s: rule %d does nothing; give status, delay or lose", file, i)
		}
	}
	return p, nil
}

// refusal is the error that a rule answers with.
func (r Rule) refusal() error {
	code, _ := status.CodeOf(r.Status, r.Reason)
	message := r.Message
	if message == "" {
		message = words[r.Status]
	}
	if message == "" {
		message = "The call is refused"
	}
	if r.Message == "" {
		message += " (a fault that was asked for)."
	}
	e := status.Errorf(code, "%s", message)
	if r.Reason != code.Name {
		e.Reason = r.Reason
	}
	return e
}

// words are what refusals say that have no words of their own.
var words = map[int]string{
	403: "The caller does not have permission",
	404: "Requested entity was not found",
	429: "Quota exceeded for quota metric 'Requests' and limit 'Requests per minute'",
	500: "Internal error encountered",
	503: "The service is currently unavailable",
}
