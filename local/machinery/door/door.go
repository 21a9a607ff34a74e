// Package door is the one way into the local cloud. Whoever comes shows a credential, each permission that a call takes
// is asked for here, and every answer is written down in the request log with its reason. Nobody else can ask the
// policies: policy.Open gives the judge apart from the engine, and only the door has it.
package door

import (
	"log/slog"
	"net/http"
	"time"

	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/machinery/status"
	"docx2pdf/local/machinery/traffic"
)

// Door decides who gets in. It is safe for concurrent use.
type Door struct {
	judge       policy.Judge
	credentials Credentials
	traffic     *traffic.Log
	log         *slog.Logger
}

// New makes the door of a cloud.
func New(judge policy.Judge, credentials Credentials, traffic *traffic.Log, log *slog.Logger) *Door {
	return &Door{judge: judge, credentials: credentials, traffic: traffic, log: log}
}

// Explain is the verdict on a permission for those who look at grants: the page, lists of what a caller may see, and
// testIamPermissions. Nothing is refused by it and nothing written down; calls are judged by Visit.Allow.
func (d *Door) Explain(caller policy.Principal, permission string, on policy.Resource) policy.Decision {
	return d.judge.Check(caller, permission, on)
}

// Words are an API's text for a refusal.
type Words func(caller policy.Principal, permission string, on policy.Resource) string

// Visit is somebody at the door: a request, or an account that does something by itself. It belongs to one goroutine.
type Visit struct {
	// Caller is who it is, once the credential was read.
	Caller policy.Principal
	// Entry is what the request log will say.
	Entry traffic.Entry
	// Words is the text of refusals; nil for the common one.
	Words Words
	// Open APIs tell a caller without a credential which permission is missing, since grants to allUsers are usual.
	Open bool
	// Takes are the permissions that the call is known to ask for; nil for any.
	Takes []string

	door    *Door
	refused bool
	closed  bool // the entry is written down; what comes later gets its own
}

// Enter begins a request. Leave ends it.
func (d *Door) Enter(r *http.Request, call string) *Visit {
	return d.Begin(traffic.Entry{Method: r.Method, Path: r.URL.Path, Call: call, Agent: r.UserAgent()})
}

// Begin is Enter for what is no request to this cloud, such as one that it makes itself.
func (d *Door) Begin(entry traffic.Entry) *Visit {
	entry.Time = time.Now()
	return &Visit{door: d, Entry: entry}
}

// Errand begins something that an account does without a request, such as a service agent's delivery. Each permission
// that it asks for is written down by itself, under the name call.
func (d *Door) Errand(call string, caller policy.Principal) *Visit {
	return &Visit{Caller: caller, door: d, closed: true, Entry: traffic.Entry{Call: call, Caller: caller.Member()}}
}

// As is the same visit by somebody else, as by the one who began what the request goes on with.
func (v *Visit) As(caller policy.Principal) *Visit {
	v.Caller, v.Entry.Caller = caller, caller.Member()
	return v
}

// Leave writes the request down with its answer. Why an answer is no good goes along, unless it was for want of a
// permission, of which the reason is known already.
func (v *Visit) Leave(code int, err error) {
	if err != nil && !v.refused || v.Entry.Why == "" && err != nil {
		v.Entry.Why = err.Error()
	}
	v.Entry.Status, v.Entry.Duration = code, time.Since(v.Entry.Time)
	v.closed = true
	v.door.traffic.Add(v.Entry)
	v.door.log.Debug("request", "method", v.Entry.Method, "path", v.Entry.Path, "call", v.Entry.Call, "caller",
		v.Entry.Caller, "status", v.Entry.Status, "why", v.Entry.Why, "duration", v.Entry.Duration)
}

// Allow asks for one permission. The refusal is a status.PermissionDenied in the API's words, or status.Unauthenticated
// for a caller without a credential.
func (v *Visit) Allow(permission string, on policy.Resource) error {
	if !v.takes(permission) {
		return status.Errorf(status.Internal, "%s asks for %s, which the table of calls does not say", v.Entry.Call,
			permission)
	}
	decision := v.door.judge.Check(v.Caller, permission, on)
	v.note(permission, on, decision)
	if decision.Allowed {
		return nil
	}
	if v.Caller == policy.Anonymous && !v.Open {
		return Unauthenticated()
	}
	message := "The caller does not have permission"
	if v.Words != nil {
		message = v.Words(v.Caller, permission, on)
	}
	code := status.PermissionDenied
	if v.Caller == policy.Anonymous {
		code = status.Unauthenticated
	}
	return status.Errorf(code, "%s", message)
}

func (v *Visit) takes(permission string) bool {
	for _, p := range v.Takes {
		if p == permission {
			return true
		}
	}
	return v.Takes == nil
}

// note writes a decision down. Of a request's, the first is named, or the one that ended it; the reasons of the others
// are added.
func (v *Visit) note(permission string, on policy.Resource, decision policy.Decision) {
	e := &v.Entry
	switch {
	case v.closed:
		code := http.StatusOK
		if !decision.Allowed {
			code = http.StatusForbidden
		}
		v.door.traffic.Add(traffic.Entry{Time: time.Now(), Path: on.Name, Call: e.Call, Caller: v.Caller.Member(),
			Agent: e.Agent, Status: code, Why: decision.Why, Permission: permission, Resource: on.Name})
		return
	case e.Permission == "" || v.refused || !decision.Allowed:
		e.Permission, e.Resource, e.Why = permission, on.Name, decision.Why
	default:
		e.Why += "; " + decision.Why
	}
	v.refused = !decision.Allowed
}
