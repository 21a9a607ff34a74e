package provider

import (
	"fmt"
	"maps"
	"regexp"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// call is one operation on one resource.
type call struct {
	rest
	settings settings
	workDir  string

	token  string
	kind   *kind
	schema resourceSchema

	id        string
	rawInputs resource.PropertyMap // with secrets
	rawState  resource.PropertyMap
	inputs    map[string]any // what the program wants; for read and delete: wanted last
	oldInputs map[string]any // update only
	state     map[string]any // last known outputs
}

// text returns a string from the inputs, else from the last known outputs.
func (c *call) text(name string) string {
	if v, ok := c.inputs[name].(string); ok && v != "" {
		return v
	}
	v, _ := c.state[name].(string)
	return v
}

func (c *call) flag(name string) bool {
	v, _ := c.inputs[name].(bool)
	return v
}

// project is the resource's project, or the stack's.
func (c *call) project() (string, error) {
	project := strings.TrimPrefix(c.text("project"), "projects/")
	if project == "" {
		project = c.settings.project
	}
	if project == "" {
		return "", fmt.Errorf("project: required field is not set: run pulumi config set gcp:project PROJECT")
	}
	return project, nil
}

var zoneSuffix = regexp.MustCompile(`-[a-z]$`)

// location is the resource's location, or the stack's region or its zone's.
func (c *call) location() (string, error) {
	if v := c.text("location"); v != "" {
		return v, nil
	}
	if c.settings.region != "" {
		return c.settings.region, nil
	}
	if c.settings.zone != "" {
		return zoneSuffix.ReplaceAllString(c.settings.zone, ""), nil
	}
	return "", fmt.Errorf("cannot determine location: set it on the resource, or run pulumi config set gcp:region REGION")
}

// labels are the stack's default labels and the resource's own.
func (c *call) labels() map[string]any {
	labels := maps.Clone(c.settings.labels)
	if labels == nil {
		labels = map[string]any{}
	}
	own, _ := c.inputs["labels"].(map[string]any)
	maps.Copy(labels, own)
	return labels
}

// changed says whether the program changed an input since the last deployment.
func (c *call) changed(name string) bool {
	return !same(c.inputs[name], c.oldInputs[name])
}

// keepComputed sets the computed inputs that the program leaves out to what they are now.
func (c *call) keepComputed() {
	for _, path := range c.kind.computed {
		keep(c.inputs, c.state, strings.Split(path, "."))
		keep(c.oldInputs, c.state, strings.Split(path, "."))
	}
}

func keep(inputs, state map[string]any, path []string) {
	name, list := strings.CutSuffix(path[0], "[]")
	if len(path) == 1 {
		if inputs[name] == nil && !isEmpty(state[name]) {
			inputs[name] = state[name]
		}
		return
	}
	wanted, deployed := []any{inputs[name]}, []any{state[name]}
	if list {
		wanted, _ = inputs[name].([]any)
		deployed, _ = state[name].([]any)
	}
	for i := range min(len(wanted), len(deployed)) {
		from, isObject := deployed[i].(map[string]any)
		if to, ok := wanted[i].(map[string]any); ok && isObject {
			keep(to, from, path[1:])
		}
	}
}
