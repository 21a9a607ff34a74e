// Package fault injects what real clouds do now and then: refusals, slow answers, answers that get lost, IAM changes
// that take their time, and messages that come twice.
package fault

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"sync"
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
	// DuplicateEvery delivers every n-th Pub/Sub push twice; 0 never.
	DuplicateEvery int `json:"duplicateEvery,omitempty"`
}

// Rule is one fault and the calls that it meets. Several may meet the same call.
type Rule struct {
	// Call is the method id, where * stands for any part without a slash: storage.objects.*, run.routes.invoke, *.
	Call string `json:"call"`
	// Every is which of the matching calls are met: 1 each, 3 every third. 0 is 1.
	Every int `json:"every,omitempty"`
	// Times ends the fault after so many; 0 never does.
	Times int `json:"times,omitempty"`

	// What happens: a refusal with this status (429, 500 or 503) instead of the call, a wait before the call, or the loss
	// of its
	// answer after it was done.
	Status int      `json:"status,omitempty"`
	Delay  Duration `json:"delay,omitempty"`
	Lose   bool     `json:"lose,omitempty"`
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
		if _, ok := refusals[r.Status]; r.Status != 0 && !ok {
			return p, fmt.Errorf("faults in %s: rule %d: status %d; use 429, 500 or 503", file, i, r.Status)
		}
		if r.Status == 0 && r.Delay == 0 && !r.Lose {
			return p, fmt.Errorf("faults in %s: rule %d does nothing; give status, delay or lose", file, i)
		}
	}
	return p, nil
}

var refusals = map[int]*status.Error{
	429: status.Errorf(status.ResourceExhausted,
		"Quota exceeded for quota metric 'Requests' and limit 'Requests per minute' (a fault that was asked for)."),
	500: status.Errorf(status.Internal, "Internal error encountered (a fault that was asked for)."),
	503: status.Errorf(status.Unavailable, "The service is currently unavailable (a fault that was asked for)."),
}

// Injector carries out a plan. The zero Injector and nil inject nothing. It is safe for concurrent use.
type Injector struct {
	plan Plan
	mu   sync.Mutex
	seen []int
	done []int
	sent int
}

// New starts a plan.
func New(p Plan) *Injector {
	return &Injector{plan: p, seen: make([]int, len(p.Rules)), done: make([]int, len(p.Rules))}
}

// Before meets a call before it is done: it may wait, and returns the error to answer instead. lose says that the call
// is to be done but its answer lost.
func (in *Injector) Before(ctx context.Context, call string) (lose bool, err error) {
	if in == nil {
		return false, nil
	}
	for i, rule := range in.plan.Rules {
		if !in.meets(i, call) {
			continue
		}
		if rule.Delay > 0 {
			timer := time.NewTimer(time.Duration(rule.Delay))
			select {
			case <-timer.C:
			case <-ctx.Done():
			}
			timer.Stop()
		}
		if rule.Status != 0 {
			return false, refusals[rule.Status]
		}
		lose = lose || rule.Lose
	}
	return lose, nil
}

// meets counts a call against a rule.
func (in *Injector) meets(i int, call string) bool {
	rule := in.plan.Rules[i]
	if ok, _ := path.Match(rule.Call, call); !ok {
		return false
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	in.seen[i]++
	if in.seen[i]%max(rule.Every, 1) != 0 || (rule.Times > 0 && in.done[i] >= rule.Times) {
		return false
	}
	in.done[i]++
	return true
}

// Duplicate says whether this delivery is to be repeated.
func (in *Injector) Duplicate() bool {
	if in == nil || in.plan.DuplicateEvery == 0 {
		return false
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	in.sent++
	return in.sent%in.plan.DuplicateEvery == 0
}

// IAMDelay is how long changes of policies take to count.
func (in *Injector) IAMDelay() time.Duration {
	if in == nil {
		return 0
	}
	return time.Duration(in.plan.IAMDelay)
}

// GrantDelay is how long a new member of a role waits for it.
func (in *Injector) GrantDelay(role string) time.Duration {
	if in == nil {
		return 0
	}
	return time.Duration(in.plan.GrantDelays[role])
}

// APIDelay is how long an API that was enabled stays unusable.
func (in *Injector) APIDelay(service string) time.Duration {
	if in == nil {
		return 0
	}
	if d, ok := in.plan.APIDelays[service]; ok {
		return time.Duration(d)
	}
	return time.Duration(in.plan.APIDelays["*"])
}
