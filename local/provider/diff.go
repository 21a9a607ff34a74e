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
	autonamed := isFilled(c.rawInputs, "name")
	before, after := visible(olds), visible(c.rawInputs)
	for key := range c.schema.Inputs {
		key := resource.PropertyKey(key)
		if c.equivalent(string(key), before[key], after[key]) {
			delete(before, key)
			delete(after, key)
		}
	}
	changes := plugin.NewDetailedDiffFromObjectDiff(before.Diff(after, resource.IsInternalPropertyKey), true)
	if c.projectChanged() {
		changes["project"] = plugin.PropertyDiff{Kind: plugin.DiffUpdate}
	}
	if c.defaultLabelsChanged() {
		changes["pulumiLabels"] = plugin.PropertyDiff{Kind: plugin.DiffUpdate}
	}
	res := &pulumirpc.DiffResponse{
		Changes:         pulumirpc.DiffResponse_DIFF_NONE,
		HasDetailedDiff: true,
		DetailedDiff:    map[string]*pulumirpc.PropertyDiff{},
	}
	keptIdentity := true
	for at, change := range changes {
		path, err := resource.ParsePropertyPath(at)
		if err != nil {
			return nil, err
		}
		if change.Kind == plugin.DiffDelete && slices.Contains(c.kind.computed, pathForm(path)) {
			continue
		}
		top, _ := path[0].(string)
		res.Changes = pulumirpc.DiffResponse_DIFF_SOME
		res.Diffs = append(res.Diffs, top)
		if c.kind.update == nil || replaces(path, c.schema.Inputs) {
			change.Kind = change.Kind.AsReplace()
			res.Replaces = append(res.Replaces, at)
			keptIdentity = keptIdentity && !slices.Contains(c.kind.identity, top)
		}
		res.DetailedDiff[at] = &pulumirpc.PropertyDiff{
			Kind: pulumirpc.PropertyDiff_Kind(change.Kind), InputDiff: change.InputDiff}
	}
	slices.Sort(res.Diffs)
	res.Diffs = slices.Compact(res.Diffs)
	slices.Sort(res.Replaces)
	res.DeleteBeforeReplace = len(res.Replaces) > 0 && len(c.kind.identity) > 0 && keptIdentity && !autonamed
	return res, nil
}

// replaces says whether the schema marks the changed property, or an object
// that it is in, as one that cannot be changed in place.
func replaces(path resource.PropertyPath, schema map[string]property) bool {
	p := property{}
	for _, step := range path {
		switch step := step.(type) {
		case string:
			next, ok := schema[step]
			if !ok && p.Values != nil { // the key of a map
				continue
			}
			p = next
		case int:
			if p.Items != nil {
				p = *p.Items
			}
		}
		if p.Replaces {
			return true
		}
		schema = nil
		if _, object, ok := p.object(); ok {
			schema = object.Properties
		}
	}
	return false
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
		return sameJSON(x, y)
	case name == "location" || name == "project":
		return strings.EqualFold(strings.TrimPrefix(x, "projects/"), strings.TrimPrefix(y, "projects/"))
	}
	return false
}

// projectChanged says whether the stack's project, which the resource is in for
// want of its own, is another one now.
func (c *call) projectChanged() bool {
	_, takes := c.schema.Inputs["project"]
	deployed, _ := c.state["project"].(string)
	return takes && c.inputs["project"] == nil && c.oldInputs["project"] == nil &&
		deployed != "" && c.settings.project != "" && deployed != c.settings.project
}

// defaultLabelsChanged says whether the stack's default labels give the
// resource other labels than it has, although its own did not change.
func (c *call) defaultLabelsChanged() bool {
	deployed, ok := c.state["pulumiLabels"].(map[string]any)
	return ok && same(c.inputs["labels"], c.oldInputs["labels"]) && !same(c.labels(), deployed)
}

func same(a, b any) bool { return isEmpty(a) && isEmpty(b) || reflect.DeepEqual(a, b) }

// visible is the inputs without secrets' marks and Pulumi's own keys, at all depths.
func visible(m resource.PropertyMap) resource.PropertyMap {
	out := make(resource.PropertyMap, len(m))
	for key, v := range m {
		if !resource.IsInternalPropertyKey(key) {
			out[key] = bare(v)
		}
	}
	return out
}

func bare(v resource.PropertyValue) resource.PropertyValue {
	switch v = unwrap(v); {
	case v.IsObject():
		return resource.NewObjectProperty(visible(v.ObjectValue()))
	case v.IsArray():
		list := make([]resource.PropertyValue, 0, len(v.ArrayValue()))
		for _, item := range v.ArrayValue() {
			list = append(list, bare(item))
		}
		return resource.NewArrayProperty(list)
	}
	return v
}

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
