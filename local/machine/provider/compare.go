package provider

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// isDeployed says whether the resource has the value already, although the
// program asks for it only now.
func (c *call) isDeployed(name string, value resource.PropertyValue) bool {
	now, there := c.state[name]
	return there && value.HasValue() && c.kind.covers(name, now, plain(value))
}

// covers says whether asking for the value would leave what there is now as it
// is. What Google fills in may be left open.
func (k *kind) covers(form string, now, value any) bool {
	switch value := value.(type) {
	case map[string]any:
		fields, ok := now.(map[string]any)
		for name, v := range fields {
			at := form + "." + name
			wanted, given := value[name]
			ok = ok && (given && k.covers(at, v, wanted) || !given && (isEmpty(v) || slices.Contains(k.computed, at)))
		}
		for name, wanted := range value {
			_, there := fields[name]
			_, isObject := wanted.(map[string]any) // which is something even without fields
			ok = ok && (there || isEmpty(wanted) && !isObject)
		}
		return ok
	case []any:
		list, ok := now.([]any)
		if !ok || len(list) != len(value) {
			return false
		}
		if slices.Contains(k.unordered, form) {
			list, value = ordered(list), ordered(value)
		}
		for i := range value {
			ok = ok && k.covers(form+"[]", list[i], value[i])
		}
		return ok
	}
	return reflect.DeepEqual(now, value)
}

// replaces says whether the schema marks the changed property, an object that it
// is in or something in it, as what cannot be changed in place.
func replaces(path resource.PropertyPath, value any, schema map[string]property) bool {
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
	fields, _ := value.(map[string]any)
	for name, v := range fields {
		if schema != nil && replaces(resource.PropertyPath{name}, v, schema) {
			return true
		}
	}
	return false
}

// visible is the inputs without secrets' marks and Pulumi's own keys, at all
// depths. In objects, what is empty is left out: it means the same as nothing,
// but for what Google would fill in otherwise.
func (k *kind) visible(form string, m resource.PropertyMap, schema map[string]property) resource.PropertyMap {
	out := make(resource.PropertyMap, len(m))
	for key, v := range m {
		if resource.IsInternalPropertyKey(key) {
			continue
		}
		p, at := schema[string(key)], strings.TrimPrefix(form+"."+string(key), ".")
		v = k.bare(at, v, p)
		scalar := p.Type != "array" && p.Type != "object"
		if form == "" || p.Ref != "" || !isEmpty(plain(v)) || scalar && slices.Contains(k.computed, at) {
			out[key] = v
		}
	}
	return out
}

func (k *kind) bare(form string, v resource.PropertyValue, p property) resource.PropertyValue {
	switch v = unwrap(v); {
	case v.IsObject():
		if _, object, ok := p.object(); ok {
			return resource.NewProperty(k.visible(form, v.ObjectValue(), object.Properties))
		}
		entries := make(resource.PropertyMap, len(v.ObjectValue()))
		for key, entry := range v.ObjectValue() {
			entries[key] = unwrap(entry)
		}
		return resource.NewProperty(entries)
	case v.IsArray():
		var items property
		if p.Items != nil {
			items = *p.Items
		}
		list := make([]resource.PropertyValue, 0, len(v.ArrayValue()))
		for _, item := range v.ArrayValue() {
			list = append(list, k.bare(form+"[]", item, items))
		}
		if slices.Contains(k.unordered, form) {
			list = ordered(list)
		}
		return resource.NewProperty(list)
	}
	return v
}

// ordered sorts a list by the text of its items.
func ordered[T any](list []T) []T {
	return slices.SortedFunc(slices.Values(list), func(a, b T) int { return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
}
