package provider

import (
	"fmt"
	"slices"
	"strings"
)

func addMember(policy map[string]any, c *call) bool {
	member := canonicalMember(c.text("member"))
	binding := findBinding(policy, c)
	if binding == nil {
		binding = map[string]any{"role": c.text("role")}
		if condition, ok := c.condition(); ok {
			binding["condition"] = condition
		}
		bindings, _ := policy["bindings"].([]any)
		policy["bindings"] = append(bindings, binding)
	}
	if hasMember(binding, member) {
		return false
	}
	members, _ := binding["members"].([]any)
	binding["members"] = append(members, member)
	policy["version"] = 3
	return true
}

func removeMember(policy map[string]any, c *call) bool {
	binding := findBinding(policy, c)
	if binding == nil || !hasMember(binding, c.text("member")) {
		return false
	}
	member := canonicalMember(c.text("member"))
	members, _ := binding["members"].([]any)
	binding["members"] = slices.DeleteFunc(members, func(m any) bool { return canonicalMember(m.(string)) == member })
	bindings := policy["bindings"].([]any)
	policy["bindings"] = slices.DeleteFunc(bindings, func(b any) bool {
		members, _ := b.(map[string]any)["members"].([]any)
		return len(members) == 0
	})
	policy["version"] = 3
	return true
}

// findBinding returns the policy's binding of the member's role and condition.
func findBinding(policy map[string]any, c *call) map[string]any {
	bindings, _ := policy["bindings"].([]any)
	condition, _ := c.condition()
	for _, b := range bindings {
		binding, _ := b.(map[string]any)
		theirs, _ := binding["condition"].(map[string]any)
		if binding["role"] == c.text("role") && same(condition, theirs) {
			return binding
		}
	}
	return nil
}

func hasMember(binding map[string]any, member string) bool {
	members, _ := binding["members"].([]any)
	return slices.ContainsFunc(members, func(m any) bool {
		name, _ := m.(string)
		return canonicalMember(name) == canonicalMember(member)
	})
}

// condition is the member's IAM condition without empty fields.
func (c *call) condition() (map[string]any, bool) {
	given, ok := c.inputs["condition"].(map[string]any)
	if !ok {
		given, ok = c.state["condition"].(map[string]any)
	}
	condition := map[string]any{}
	for name, v := range given {
		if !isEmpty(v) {
			condition[name] = v
		}
	}
	return condition, ok
}

// memberState is the state of a member; the API's policy only adds the etag.
func memberState(p policyOf, c *call, policy map[string]any) map[string]any {
	state := map[string]any{
		"role":      c.text("role"),
		"member":    canonicalMember(c.text("member")),
		"etag":      policy["etag"],
		"condition": nil,
	}
	if condition, ok := c.condition(); ok {
		state["condition"] = condition
	}
	for name, v := range p.outputs {
		state[name] = v
	}
	return state
}

func memberID(p policyOf, c *call) string {
	id := p.id + "/" + c.text("role") + "/" + canonicalMember(c.text("member"))
	if condition, ok := c.condition(); ok {
		text := func(name string) string { v, _ := condition[name].(string); return v }
		id += "/" + text("title") + "/" + text("description") + "/" + text("expression")
	}
	return id
}

// parseMember takes the id of an import apart: "RESOURCE ROLE MEMBER".
func (c *call) parseMember(parent []string) error {
	fields := strings.Fields(c.id)
	if len(fields) != 3 {
		return fmt.Errorf(`the id is not of the form "RESOURCE ROLE MEMBER"`)
	}
	c.inputs["role"], c.inputs["member"] = fields[1], fields[2]
	c.inputs[parent[0]] = fields[0]
	if parts, ok := parseID(fields[0], "projects/{project}/locations/{location}/{collection}/{name}"); ok {
		c.inputs["project"], c.inputs["location"] = parts["project"], parts["location"]
	} else if parts, ok := parseID(fields[0], "projects/{project}/{collection}/{name}"); ok {
		c.inputs["project"] = parts["project"]
	}
	return nil
}

// canonicalMember spells a member as the official provider does: everything
// after the type in lower case, except for the types whose names have a case.
func canonicalMember(member string) string {
	prefix, rest := "", member
	if after, deleted := strings.CutPrefix(member, "deleted:"); deleted {
		prefix, rest = "deleted:", after
	}
	kind, name, found := strings.Cut(rest, ":")
	if !found || strings.HasPrefix(kind, "principal") {
		return member
	}
	return prefix + kind + ":" + strings.ToLower(name)
}
