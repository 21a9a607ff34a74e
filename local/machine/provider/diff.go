package provider

import (
	"context"
	"reflect"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// Diff compares what the program wants with what it wanted when the resource
// was last deployed or refreshed. Refresh writes drift into the last inputs
// (see drift), so that it shows here.
func (s *server) Diff(ctx context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	c, err := s.newCall(ctx, req.Urn, req.Id, req.News, req.OldInputs, req.Olds)
	if err != nil {
		return nil, err
	}
	olds, err := s.unmarshal(req.OldInputs)
	if err != nil {
		return nil, err
	}
	before, after := c.kind.visible("", olds, c.schema.Inputs), c.kind.visible("", c.rawInputs, c.schema.Inputs)
	for key := range c.schema.Inputs {
		key := resource.PropertyKey(key)
		if c.equivalent(string(key), before[key], after[key]) || c.isDeployed(string(key), after[key]) {
			delete(before, key)
			delete(after, key)
		}
	}
	changes := plugin.NewDetailedDiffFromObjectDiff(before.Diff(after, resource.IsInternalPropertyKey), true)
	if c.defaultLabelsChanged() {
		changes["pulumiLabels"] = plugin.PropertyDiff{Kind: plugin.DiffUpdate}
	}
	for _, name := range c.unasked() {
		if !slices.Contains(req.IgnoreChanges, name) {
			changes[name] = plugin.PropertyDiff{Kind: plugin.DiffDelete}
		}
	}
	res := &pulumirpc.DiffResponse{
		Changes:         pulumirpc.DiffResponse_DIFF_NONE,
		HasDetailedDiff: true,
		DetailedDiff:    map[string]*pulumirpc.PropertyDiff{},
	}
	for at, change := range changes {
		path, err := resource.ParsePropertyPath(at)
		if err != nil {
			return nil, err
		}
		if change.Kind == plugin.DiffDelete && slices.Contains(c.kind.computed, pathForm(path)) {
			continue
		}
		value, given := path.Get(resource.NewProperty(after))
		if !given {
			value, _ = path.Get(resource.NewProperty(before))
		}
		top, _ := path[0].(string)
		res.Changes = pulumirpc.DiffResponse_DIFF_SOME
		res.Diffs = append(res.Diffs, top)
		if c.kind.update == nil || replaces(path, plain(value), c.schema.Inputs) {
			change.Kind = change.Kind.AsReplace()
			res.Replaces = append(res.Replaces, at)
		}
		res.DetailedDiff[at] = &pulumirpc.PropertyDiff{
			Kind: pulumirpc.PropertyDiff_Kind(change.Kind), InputDiff: change.InputDiff}
	}
	slices.Sort(res.Diffs)
	res.Diffs = slices.Compact(res.Diffs)
	slices.Sort(res.Replaces)
	// Old and new cannot have one name at the same time, unless it was made up.
	_, named := c.schema.Inputs["name"]
	res.DeleteBeforeReplace = named && len(res.Replaces) > 0 && !isFilled(c.rawInputs, "name")
	return res, nil
}

// equivalent says whether two spellings of an input mean the same to Google.
func (c *call) equivalent(name string, a, b resource.PropertyValue) bool {
	before, after := plain(a), plain(b)
	if isEmpty(before) && isEmpty(after) && c.schema.Inputs[name].Ref == "" {
		return true
	}
	x, isText := before.(string)
	y, alsoText := after.(string)
	if !isText || !alsoText {
		return false
	}
	switch {
	case slices.Contains(c.kind.resourceNames, name):
		short := !strings.Contains(x, "/") || !strings.Contains(y, "/")
		return strings.HasSuffix(x, y) || strings.HasSuffix(y, x) || short && lastPart(x) == lastPart(y)
	case name == "member":
		return canonicalMember(x) == canonicalMember(y)
	case name == "dashboardJson":
		return sameDashboard(x, y)
	case name == "location" || name == "project":
		return strings.EqualFold(strings.TrimPrefix(x, "projects/"), strings.TrimPrefix(y, "projects/"))
	}
	return false
}

// unasked are the blocks that Google answers though nobody asked for them, and that the official provider takes for a
// change to be taken back, with each update anew.
// https://github.com/hashicorp/terraform-provider-google-beta/pull/11132
func (c *call) unasked() []string {
	var names []string
	for name, property := range c.schema.Inputs {
		_, asked := c.inputs[name]
		_, askedBefore := c.oldInputs[name]
		fields, _ := c.state[name].(map[string]any)
		if _, _, isBlock := property.object(); isBlock && !asked && !askedBefore && len(fields) > 0 &&
			!slices.Contains(c.kind.computed, name) {
			names = append(names, name)
		}
	}
	return names
}

// defaultLabelsChanged says whether the stack's default labels give the
// resource other labels than it has, although its own did not change.
func (c *call) defaultLabelsChanged() bool {
	deployed, ok := c.state["pulumiLabels"].(map[string]any)
	return ok && same(c.inputs["labels"], c.oldInputs["labels"]) && !same(c.labels(), deployed)
}

func same(a, b any) bool { return isEmpty(a) && isEmpty(b) || reflect.DeepEqual(a, b) }

// isFilled says whether Check filled in the input.
func isFilled(inputs resource.PropertyMap, name string) bool {
	filled := inputs[defaultsKey]
	return filled.IsArray() && slices.ContainsFunc(filled.ArrayValue(), func(v resource.PropertyValue) bool {
		return v.IsString() && v.StringValue() == name
	})
}

// pathForm is a path in the form of kind.computed, without the indexes of lists.
func pathForm(path resource.PropertyPath) string {
	form := ""
	for _, step := range path {
		if name, ok := step.(string); ok {
			form = strings.TrimPrefix(form+"."+name, ".")
		} else {
			form += "[]"
		}
	}
	return form
}
