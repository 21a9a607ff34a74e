package provider

import (
	"maps"
	"slices"
	"strconv"
)

// encode turns Pulumi properties into the JSON object of Google's API. owner is
// the name of their object type, which kind.wire uses.
func (k *kind) encode(owner string, values map[string]any, schema map[string]property) map[string]any {
	out := make(map[string]any, len(values))
	for name, value := range values {
		out[k.field(owner, name)] = k.encodeValue(value, schema[name])
	}
	return out
}

func (k *kind) encodeValue(value any, schema property) any {
	switch value := value.(type) {
	case map[string]any:
		if owner, object, ok := schema.object(); ok {
			return k.encode(owner, value, object.Properties)
		}
	case []any:
		list := make([]any, 0, len(value))
		for _, item := range value {
			list = append(list, k.encodeValue(item, *schema.Items))
		}
		return list
	}
	return value
}

// decode turns an object of Google's API into Pulumi properties. Every property
// of the schema is set, those that Google left out to what the official provider
// puts there; fields that the schema does not have are dropped.
func (k *kind) decode(owner string, answer map[string]any, schema map[string]property) map[string]any {
	out := make(map[string]any, len(schema))
	for name, p := range schema {
		out[name] = k.decodeValue(answer[k.field(owner, name)], p)
	}
	return out
}

func (k *kind) decodeValue(value any, schema property) any {
	if value == nil {
		return schema.zero()
	}
	if schema.Type == "array" {
		list, ok := value.([]any)
		if !ok { // one object of Google's is a list of one in the schema
			list = []any{value}
		}
		out := make([]any, 0, len(list))
		for _, item := range list {
			out = append(out, k.decodeValue(item, *schema.Items))
		}
		return out
	}
	if owner, object, ok := schema.object(); ok {
		fields, _ := value.(map[string]any)
		return k.decode(owner, fields, object.Properties)
	}
	return convert(value, schema.Type)
}

// convert makes the value a number, boolean or string if it is one in another
// spelling: JSON carries 64-bit integers as strings.
func convert(value any, want string) any {
	switch v := value.(type) {
	case string:
		switch want {
		case "integer", "number":
			if n, err := strconv.ParseFloat(v, 64); err == nil {
				return n
			}
		case "boolean":
			if b, err := strconv.ParseBool(v); err == nil {
				return b
			}
		}
	case float64:
		if want == "string" {
			return strconv.FormatFloat(v, 'f', -1, 64)
		}
	case bool:
		if want == "string" {
			return strconv.FormatBool(v)
		}
	}
	return value
}

func (k *kind) field(owner, name string) string {
	if field, ok := k.wire[owner+"."+name]; ok {
		return field
	}
	return name
}

// body encodes the inputs that are in names, or all inputs when there are none.
func (c *call) body(owner string, names ...string) map[string]any {
	if len(names) == 0 {
		return c.kind.encode(owner, c.inputs, c.schema.Inputs)
	}
	some := map[string]any{}
	for _, name := range names {
		if value, ok := c.inputs[name]; ok {
			some[name] = value
		}
	}
	return c.kind.encode(owner, some, c.schema.Inputs)
}

// decoded turns Google's answer into the outputs of the schema that names lists.
func (c *call) decoded(owner string, answer map[string]any, names ...string) map[string]any {
	some := make(map[string]property, len(names))
	for _, name := range names {
		some[name] = c.schema.Outputs[name]
	}
	return c.kind.decode(owner, answer, some)
}

// patch encodes those of the inputs in names that the program changed, and the
// update mask that lists their fields. A removed input is cleared at Google's.
func (c *call) patch(owner string, names ...string) (body map[string]any, mask string) {
	body = map[string]any{}
	for _, name := range names {
		if !c.changed(name) {
			continue
		}
		field := c.kind.field(owner, name)
		body[field] = c.kind.encodeValue(c.inputs[name], c.schema.Inputs[name])
		mask = joinMask(mask, field)
	}
	return body, mask
}

func joinMask(mask, field string) string {
	if mask == "" {
		return field
	}
	return mask + "," + field
}

func sortedKeys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }
