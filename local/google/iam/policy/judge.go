package policy

import (
	"fmt"
	"slices"
	"strings"
)

// Judge decides by the policies of an engine.
type Judge struct{ engine *Engine }

// Decision is the verdict on one permission, with its reason for people.
type Decision struct {
	Allowed bool
	Why     string
}

// Check judges whether a principal holds a permission on a resource, by the resource's own policy, its parent's or its
// project's.
func (j Judge) Check(p Principal, permission string, r Resource) Decision {
	e := j.engine
	if !KnownPermission(permission) {
		return Decision{false, "Google has no permission " + permission}
	}
	for _, name := range levels(r) {
		for _, b := range e.effective(name).Bindings {
			if !grants(b.Role, permission) {
				continue
			}
			for _, m := range b.Members {
				if e.matches(p, m) && e.counts(grant{name, b.Role, m}) {
					return Decision{true, fmt.Sprintf("%s has %s on %s", m, b.Role, name)}
				}
			}
		}
	}
	return Decision{false, fmt.Sprintf("no role of %s on %s holds %s", p.Member(),
		strings.Join(levels(r), " or "), permission)}
}

func levels(r Resource) []string {
	project := Project(r.Project).Name
	if r.Name == project {
		return []string{project}
	}
	if r.Parent != "" {
		return []string{r.Name, r.Parent, project}
	}
	return []string{r.Name, project}
}

func (e *Engine) matches(p Principal, member string) bool {
	switch member {
	case "allUsers":
		return true
	case "allAuthenticatedUsers":
		return p.Email != ""
	case p.Member():
		return true
	}
	if p.Federated != "" {
		return inSet(member, p.Federated)
	}
	kind, project, _ := strings.Cut(member, ":")
	role, ok := map[string]string{"projectOwner": "roles/owner", "projectEditor": "roles/editor",
		"projectViewer": "roles/viewer"}[kind]
	if !ok {
		return false
	}
	for _, b := range e.effective(Project(project).Name).Bindings {
		if b.Role == role && slices.Contains(b.Members, p.Member()) {
			return true
		}
	}
	return false
}
