package provider_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// changes calls ask with the inputs changed in one place: each property left
// out, changed or added, emptied, and each list made longer.
func (s schema) changes(inputs map[string]any, path []any, properties map[string]property,
	ask func(change string, inputs map[string]any)) {
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		p, at := properties[name], append(slices.Clone(path), name)
		// detectMd5hash only shows that a file changed; assets are not in the state.
		if strings.HasPrefix(p.Ref, "pulumi.json") || name == "detectMd5hash" {
			continue
		}
		value, given := valueAt(inputs, at)
		if given {
			ask("without "+spelled(at), replaced(inputs, at, nil))
		}
		ask("other "+spelled(at), replaced(inputs, at, s.other(value, p)))
		list, isList := value.([]any)
		switch {
		case isList:
			ask("longer "+spelled(at), replaced(inputs, at, append(slices.Clone(list), s.sample(*p.Items))))
			ask("empty "+spelled(at), replaced(inputs, at, []any{}))
		case !given && p.Ref == "":
			ask("empty "+spelled(at), replaced(inputs, at, emptyOf(p)))
		}
		if object, ok := s.Types[strings.TrimPrefix(p.Ref, "#/types/")]; ok && given {
			s.changes(inputs, at, object.Properties, ask)
		}
		if p.Items == nil {
			continue
		}
		if object, ok := s.Types[strings.TrimPrefix(p.Items.Ref, "#/types/")]; ok {
			for i := range list {
				s.changes(inputs, append(slices.Clone(at), i), object.Properties, ask)
			}
		}
	}
}

// other is another value of the property.
func (s schema) other(value any, p property) any {
	switch value := value.(type) {
	case string:
		return value + "x"
	case bool:
		return !value
	case float64:
		return value + 1
	case []any:
		if len(value) > 0 {
			return append([]any{s.sample(*p.Items)}, value[1:]...)
		}
	case map[string]any:
		if p.Type == "object" {
			other := map[string]any{}
			for key, v := range value {
				other[key] = fmt.Sprint(v, "x")
			}
			return other
		}
	}
	return s.sample(p)
}

// sample is some value of the property, an object with what it must have.
func (s schema) sample(p property) any {
	object, isObject := s.Types[strings.TrimPrefix(p.Ref, "#/types/")]
	switch {
	case isObject:
		fields := map[string]any{}
		for _, name := range object.Required {
			fields[name] = s.sample(object.Properties[name])
		}
		return fields
	case p.Type == "array":
		return []any{s.sample(*p.Items)}
	case p.Type == "object":
		return map[string]any{"k": "v"}
	case p.Type == "integer" || p.Type == "number":
		return 7.0
	case p.Type == "boolean":
		return true
	}
	return "sample"
}

func emptyOf(p property) any {
	return map[string]any{
		"string": "", "boolean": false, "integer": 0.0, "number": 0.0, "array": []any{}, "object": map[string]any{},
	}[p.Type]
}

func valueAt(v any, path []any) (any, bool) {
	there := true
	for _, step := range path {
		switch step := step.(type) {
		case string:
			object, _ := v.(map[string]any)
			v, there = object[step]
		case int:
			v = v.([]any)[step]
		}
	}
	return v, there
}

// replaced is a copy of the inputs with the value at the path, or without it.
func replaced(inputs map[string]any, path []any, value any) map[string]any {
	text, _ := json.Marshal(inputs)
	var changed map[string]any
	_ = json.Unmarshal(text, &changed)
	parent, _ := valueAt(changed, path[:len(path)-1])
	name := path[len(path)-1].(string)
	if value == nil {
		delete(parent.(map[string]any), name)
	} else {
		parent.(map[string]any)[name] = value
	}
	return changed
}

// spelled is a path as Pulumi writes it.
func spelled(path []any) (text string) {
	for _, step := range path {
		if i, isIndex := step.(int); isIndex {
			text += fmt.Sprintf("[%d]", i)
		} else {
			text = strings.TrimPrefix(fmt.Sprintf("%s.%s", text, step), ".")
		}
	}
	return text
}

// withoutFilled is inputs as the program gave them, without what a provider
// filled in.
func withoutFilled(v any) any {
	switch v := v.(type) {
	case map[string]any:
		filled, _ := v["__defaults"].([]any)
		given := map[string]any{}
		for key, e := range v {
			if key != "__defaults" && !slices.Contains(filled, any(key)) {
				given[key] = withoutFilled(e)
			}
		}
		return given
	case []any:
		list := make([]any, 0, len(v))
		for _, e := range v {
			list = append(list, withoutFilled(e))
		}
		return list
	}
	return v
}

// filledIn are the paths of the inputs that a provider filled in.
func filledIn(at string, v any) (paths []string) {
	switch v := v.(type) {
	case map[string]any:
		filled, _ := v["__defaults"].([]any)
		for _, name := range filled {
			paths = append(paths, strings.TrimPrefix(fmt.Sprintf("%s.%s", at, name), "."))
		}
		for key, e := range v {
			paths = append(paths, filledIn(strings.TrimPrefix(at+"."+key, "."), e)...)
		}
	case []any:
		for i, e := range v {
			paths = append(paths, filledIn(fmt.Sprintf("%s[%d]", at, i), e)...)
		}
	}
	return paths
}

// roots are the properties that the paths are in, without those that the official
// provider derives from others.
func roots(paths []string) string {
	var names []string
	for _, path := range paths {
		name := path[:strings.IndexAny(path+".", ".[")]
		if name != "effectiveLabels" && name != "pulumiLabels" && name != "effectiveAnnotations" && name != "detectMd5hash" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}
