package provider

import (
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

func (c *call) dressed(state map[string]any) resource.PropertyMap {
	return dressed(state, c.schema.Outputs, c.rawInputs)
}

// complete adds to what Google says what only the program or the last state knows.
func (c *call) complete(state map[string]any) map[string]any {
	state = maps.Clone(state)
	if state == nil {
		state = map[string]any{}
	}
	c.completeMap(state, "labels", "effectiveLabels", "pulumiLabels")
	c.completeMap(state, "annotations", "effectiveAnnotations", "")
	for name := range c.schema.Outputs {
		if _, known := state[name]; known {
			continue
		}
		if v, ok := c.inputs[name]; ok {
			state[name] = v
		} else if v, ok := c.state[name]; ok {
			state[name] = v
		} else if slices.Contains(c.schema.Required, name) {
			state[name] = c.schema.Outputs[name].zero()
		}
	}
	return state
}

// completeMap splits the labels that Google reports into those that the
// program set, and those that it and the stack's defaults set. Others are
// somebody else's and not the program's business.
func (c *call) completeMap(state map[string]any, own, effective, merged string) {
	live, ok := state[effective].(map[string]any)
	if !ok {
		return
	}
	pick := func(wanted map[string]any) map[string]any {
		picked := map[string]any{}
		for key := range wanted {
			if v, ok := live[key]; ok {
				picked[key] = v
			}
		}
		return picked
	}
	wanted, _ := c.inputs[own].(map[string]any)
	state[own] = pick(wanted)
	if merged != "" {
		state[merged] = pick(c.labels())
	}
}

// foreseen is what is known of a resource before it exists.
func (c *call) foreseen() map[string]any {
	state := maps.Clone(c.inputs)
	for _, name := range c.schema.Required {
		if _, given := state[name]; !given {
			state[name] = unknown{}
		}
	}
	if project, err := c.project(); err == nil && slices.Contains(c.schema.Required, "project") {
		state["project"] = project
	}
	if _, labelled := c.schema.Outputs["pulumiLabels"]; labelled {
		state["pulumiLabels"], state["effectiveLabels"] = c.labels(), c.labels()
	}
	return state
}

// foreseenUpdate is what is known of a resource before it is updated.
func (c *call) foreseenUpdate() map[string]any {
	state := maps.Clone(c.state)
	for name := range c.schema.Inputs {
		v, given := c.inputs[name]
		switch {
		case given && c.changed(name):
			state[name] = v
		case !given && c.changed(name):
			delete(state, name)
		}
	}
	if _, labelled := c.schema.Outputs["pulumiLabels"]; labelled && !same(c.labels(), c.state["pulumiLabels"]) {
		state["pulumiLabels"], state["effectiveLabels"] = c.labels(), c.labels()
	}
	return state
}

// inputsOf returns the inputs that a program would need to describe an imported resource.
func (c *call) inputsOf(outputs resource.PropertyMap) resource.PropertyMap {
	inputs := resource.PropertyMap{}
	for name := range c.schema.Inputs {
		key := resource.PropertyKey(name)
		found := slices.Contains(c.kind.computed, name) && !slices.Contains(c.kind.required, name) // by the provider itself
		if v := outputs[key]; !found && !isEmpty(plain(v)) {
			inputs[key] = v
		}
	}
	return inputs
}
