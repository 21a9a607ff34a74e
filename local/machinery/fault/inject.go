package fault

import (
	"context"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

// Injector carries out a plan. The zero Injector and nil inject nothing. It is safe for concurrent use.
type Injector struct {
	plan Plan
	mu   sync.Mutex
	seen []int
	done []int
	made []map[string]time.Time // by rule and path, when its call After was made
	dice *rand.Rand
	sent int
}

// New starts a plan.
func New(p Plan) *Injector {
	in := &Injector{plan: p, seen: make([]int, len(p.Rules)), done: make([]int, len(p.Rules)),
		dice: rand.New(rand.NewPCG(p.Seed, 0))}
	for range p.Rules {
		in.made = append(in.made, map[string]time.Time{})
	}
	return in
}

// Before meets a call on a path before it is done: it may wait, and returns the error to answer instead. lose says that
// the call is to be done but its answer lost.
func (in *Injector) Before(ctx context.Context, call, on string) (lose bool, err error) {
	if in == nil {
		return false, nil
	}
	for i, rule := range in.plan.Rules {
		if !in.meets(i, call, on) {
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
			return false, rule.refusal()
		}
		lose = lose || rule.Lose
	}
	return lose, nil
}

// meets counts a call against a rule.
func (in *Injector) meets(i int, call, on string) bool {
	rule := in.plan.Rules[i]
	in.mu.Lock()
	defer in.mu.Unlock()
	if rule.After != "" {
		if after, _ := path.Match(rule.After, call); after {
			in.note(i, on)
		}
		if made, ok := in.made[i][on]; !ok || time.Since(made) > time.Duration(rule.Within) {
			return false
		}
	}
	if ok, _ := path.Match(rule.Call, call); !ok || !strings.Contains(on, rule.Resource) {
		return false
	}
	if rule.Chance > 0 && in.dice.Float64() >= rule.Chance {
		return false
	}
	in.seen[i]++
	if in.seen[i]%max(rule.Every, 1) != 0 || (rule.Times > 0 && in.done[i] >= rule.Times) {
		return false
	}
	in.done[i]++
	return true
}

// note remembers that a path's thing was made now, and forgets those of which it no longer matters.
func (in *Injector) note(i int, on string) {
	for path, made := range in.made[i] {
		if time.Since(made) > time.Duration(in.plan.Rules[i].Within) {
			delete(in.made[i], path)
		}
	}
	in.made[i][on] = time.Now()
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

// Enforced says whether the organisation enforces a constraint.
func (in *Injector) Enforced(constraint string) bool {
	return in != nil && slices.Contains(in.plan.Enforced, constraint)
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
