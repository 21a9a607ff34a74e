package provider

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// kind is what the provider knows about a resource type besides its schema.
type kind struct {
	// autoname is the longest name that may be made up for the resource; 0 means
	// that the program has to give one.
	autoname int
	// defaults are inputs that the official provider fills in, by path: a dot
	// goes into an object, [] into every item of a list.
	defaults map[string]any
	// rules are checks of inputs that the official provider makes before it calls Google.
	rules map[string]rule
	// required are inputs that the resource needs although the schema calls them optional.
	required []string
	// computed are inputs, by path as in defaults, that Google fills in when the
	// program leaves them out. When the program stops setting one, it stays as it
	// is and nobody is told: that is how the official provider does it.
	computed []string
	// resourceNames are inputs that may be given as a short or a full resource name.
	resourceNames []string
	// identity are the inputs that make up the id. A replacement that keeps
	// them has to delete the old resource first.
	identity []string
	// wire maps TYPE.property of the schema to the field of Google's API where
	// they are not the same.
	wire map[string]string

	// id returns the resource's id from its inputs, where Google does not choose it.
	id func(*call) (string, error)
	// imports are the forms of id that import takes, besides the id itself.
	imports []string

	// create returns the new resource's id. A nil state is read back from Google.
	// An id with an error says that a broken resource exists.
	create func(context.Context, *call) (id string, state map[string]any, err error)
	// read returns what Google says, or nil when the resource is gone.
	read func(context.Context, *call) (map[string]any, error)
	// update changes the resource; a nil update means that every change replaces.
	update func(context.Context, *call) error
	// remove deletes the resource. An error of status 404 counts as done.
	remove func(context.Context, *call) error
}

// kinds are all resource types, by their tokens.
var kinds = map[string]*kind{}

// register adds the types of one API.
func register(types map[string]*kind) { maps.Copy(kinds, types) }

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

// within builds an id by a form such as projects/{project}/topics/{name}, where
// each name in braces is an input.
func within(form string) func(*call) (string, error) {
	return func(c *call) (string, error) {
		project, err := c.project()
		if err != nil {
			return "", err
		}
		id := strings.Replace(form, "{project}", project, 1)
		if strings.Contains(id, "{location}") {
			location, err := c.location()
			if err != nil {
				return "", err
			}
			id = strings.Replace(id, "{location}", location, 1)
		}
		for _, name := range placeholder.FindAllString(id, -1) {
			id = strings.Replace(id, name, c.text(strings.Trim(name, "{}")), 1)
		}
		return id, nil
	}
}

var placeholder = regexp.MustCompile(`\{(\w+)\}`)

// parseID takes an id apart by a form such as {project}/{location}/{name}.
func parseID(id, form string) (parts map[string]any, ok bool) {
	names, values := strings.Split(form, "/"), strings.Split(id, "/")
	if len(names) != len(values) {
		return nil, false
	}
	parts = map[string]any{}
	for i, name := range names {
		switch {
		case placeholder.MatchString(name) && values[i] != "":
			parts[strings.Trim(name, "{}")] = values[i]
		case name != values[i]:
			return nil, false
		}
	}
	return parts, true
}

// lastPart is the short form of a resource name.
func lastPart(name string) string { return name[strings.LastIndex(name, "/")+1:] }
