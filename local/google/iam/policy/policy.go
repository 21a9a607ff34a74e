package policy

import (
	"encoding/base64"
	"encoding/binary"
	"regexp"
	"slices"
	"strings"
	"time"

	"docx2pdf/local/machinery/status"
)

// Policy is an IAM allow policy.
type Policy struct {
	Version      int       `json:"version,omitempty"`
	Etag         string    `json:"etag,omitempty"`
	Bindings     []Binding `json:"bindings,omitempty"`
	AuditConfigs []any     `json:"auditConfigs,omitempty"`
}

// Binding gives one role to members.
type Binding struct {
	Role      string   `json:"role"`
	Members   []string `json:"members"`
	Condition any      `json:"condition,omitempty"`
}

// emptyEtag is what Google answers for a resource that never had a policy.
const emptyEtag = "ACAB"

// standard turns URL-safe base64, in which gcloud sends etags back, into the standard one: JSON takes both
// (https://protobuf.dev/programming-guides/json/).
var standard = strings.NewReplacer("-", "+", "_", "/")

// newEtag looks like Google's: the byte 7 and the time in microseconds.
func newEtag(t time.Time) string {
	b := binary.BigEndian.AppendUint64(nil, uint64(t.UnixMicro()))
	b[0] = 7
	return base64.StdEncoding.EncodeToString(b)
}

// normalise merges bindings of the same role, drops empty ones and repeated members, and refuses what the local
// cloud cannot judge: conditions, custom roles, audit configurations and members of other identity systems.
func normalise(resource string, p Policy, exists func(email string) bool) (Policy, error) {
	if len(p.AuditConfigs) > 0 {
		return p, status.NotModelled("audit configurations; remove auditConfigs from the policy")
	}
	var bindings []Binding
	for _, b := range p.Bindings {
		if b.Condition != nil {
			return p, status.NotModelled("IAM conditions; the binding of %s has one", b.Role)
		}
		if err := Grantable(b.Role, resource); err != nil {
			return p, err
		}
		at := slices.IndexFunc(bindings, func(have Binding) bool { return have.Role == b.Role })
		if at < 0 {
			bindings = append(bindings, Binding{Role: b.Role})
			at = len(bindings) - 1
		}
		for _, m := range b.Members {
			member, err := normaliseMember(m, exists)
			if err != nil {
				return p, err
			}
			if !slices.Contains(bindings[at].Members, member) {
				bindings[at].Members = append(bindings[at].Members, member)
			}
		}
	}
	p.Bindings = slices.DeleteFunc(bindings, func(b Binding) bool { return len(b.Members) == 0 })
	for _, b := range p.Bindings {
		slices.Sort(b.Members)
	}
	slices.SortFunc(p.Bindings, func(a, b Binding) int { return strings.Compare(a.Role, b.Role) })
	p.Version = 1
	return p, nil
}

// inPool matches one subject of a workload identity pool, and all that are in it
// (https://cloud.google.com/iam/docs/principal-identifiers).
var inPool = regexp.MustCompile(`^(principal|principalSet)` +
	`(://iam\.googleapis\.com/projects/\d+/locations/global/workloadIdentityPools/[^/]+/)(subject/.+|\*)$`)

// inSet tells whether a member is all of the pool that another is a subject of.
func inSet(set, member string) bool {
	all, pool := inPool.FindStringSubmatch(set), inPool.FindStringSubmatch(member)
	return all != nil && pool != nil && all[1] == "principalSet" && all[3] == "*" && all[2] == pool[2]
}

func normaliseMember(m string, exists func(email string) bool) (string, error) {
	if m == "allUsers" || m == "allAuthenticatedUsers" {
		return m, nil
	}
	kind, id, ok := strings.Cut(m, ":")
	if !ok || id == "" {
		return "", Refusals.Refuse("policies", "policy.bindings[].members[]", "type", m)
	}
	switch kind {
	case "deleted", "projectOwner", "projectEditor", "projectViewer":
		return m, nil
	case "user", "group", "domain":
		return kind + ":" + strings.ToLower(id), nil
	case "serviceAccount":
		id = strings.ToLower(id)
		if !exists(id) {
			return "", Refusals.Refuse("policies", "policy.bindings[].members[]", "exists", m, "email", id)
		}
		return kind + ":" + id, nil
	case "principal", "principalSet":
		if !inPool.MatchString(m) {
			return "", status.NotModelled("the member %s; give one subject of a workload identity pool, or all of it", m)
		}
		return m, nil
	}
	return "", Refusals.Refuse("policies", "policy.bindings[].members[]", "type", m)
}
