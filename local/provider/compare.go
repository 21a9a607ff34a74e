package provider

import (
	"reflect"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// deployed says whether the resource has the value at the path already, although
// the program asks for it only now.
func (c *call) deployed(path resource.PropertyPath, value any) bool {
	var now any = c.state
	for _, step := range path {
		switch parent := now.(type) {
		case map[string]any:
			name, _ := step.(string)
			now = parent[name]
		case []any:
			i, isIndex := step.(int)
			if !isIndex || i >= len(parent) {
				return false
			}
			now = parent[i]
		default:
			return false
		}
	}
	return c.kind.covers(pathForm(path), now, value)
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
			ok = ok && (there || isEmpty(wanted))
		}
		return ok
	case []any:
		list, ok := now.([]any)
		ok = ok && len(list) == len(value)
		for i := 0; ok && i < len(value); i++ {
			ok = k.covers(form+"[]", list[i], value[i])
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
		return resource.NewProperty(list)
	}
	return v
}
