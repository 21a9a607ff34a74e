package provider

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"google.golang.org/protobuf/types/known/structpb"
)

// unknown stands for a value that only exists once something else is deployed.
type unknown struct{}

func (s *server) unmarshal(v *structpb.Struct) (resource.PropertyMap, error) {
	m, err := plugin.UnmarshalProperties(v, plugin.MarshalOptions{
		KeepUnknowns: true, KeepSecrets: true, WorkingDirectory: s.workDir,
	})
	if err != nil {
		return nil, fmt.Errorf("reading the engine's values: %w", err)
	}
	return m, nil
}

func (s *server) marshal(m resource.PropertyMap) (*structpb.Struct, error) {
	v, err := plugin.MarshalProperties(m, plugin.MarshalOptions{
		KeepUnknowns: true, KeepSecrets: true, WorkingDirectory: s.workDir,
	})
	if err != nil {
		return nil, fmt.Errorf("handing values to the engine: %w", err)
	}
	return v, nil
}

// unwrap takes a value out of its secret and output wrappings.
func unwrap(v resource.PropertyValue) resource.PropertyValue {
	for {
		switch {
		case v.IsSecret():
			v = v.SecretValue().Element
		case v.IsOutput() && v.OutputValue().Known:
			v = v.OutputValue().Element
		default:
			return v
		}
	}
}

// plain turns a value into what encoding/json would decode, without the marks
// of secrets. Assets and archives stay as they are.
func plain(v resource.PropertyValue) any {
	switch v = unwrap(v); {
	case v.IsComputed() || v.IsOutput():
		return unknown{}
	case v.IsObject():
		return plainMap(v.ObjectValue())
	case v.IsArray():
		list := make([]any, 0, len(v.ArrayValue()))
		for _, e := range v.ArrayValue() {
			list = append(list, plain(e))
		}
		return list
	}
	return v.V
}

// plainMap is plain for the properties of a resource. Nulls and the keys that
// Pulumi keeps for itself are left out.
func plainMap(m resource.PropertyMap) map[string]any {
	out := make(map[string]any, len(m))
	for k, v := range m {
		if value := plain(v); value != nil && !resource.IsInternalPropertyKey(k) {
			out[string(k)] = value
		}
	}
	return out
}

// dressed is the way back: plain values of a resource as property values, marked
// secret where the schema or a secret input says so.
func dressed(values map[string]any, schema map[string]property, inputs resource.PropertyMap) resource.PropertyMap {
	out := make(resource.PropertyMap, len(values))
	for name, value := range values {
		key := resource.PropertyKey(name)
		out[key] = hideLike(inputs[key], dress(value, schema[name]))
	}
	return out
}

func dress(value any, schema property) resource.PropertyValue {
	var v resource.PropertyValue
	switch value := value.(type) {
	case unknown:
		v = resource.MakeComputed(resource.NewStringProperty(""))
	case map[string]any:
		_, object, _ := schema.object()
		fields := make(resource.PropertyMap, len(value))
		for name, e := range value {
			fields[resource.PropertyKey(name)] = dress(e, object.Properties[name])
		}
		v = resource.NewObjectProperty(fields)
	case []any:
		var item property
		if schema.Items != nil {
			item = *schema.Items
		}
		list := make([]resource.PropertyValue, 0, len(value))
		for _, e := range value {
			list = append(list, dress(e, item))
		}
		v = resource.NewArrayProperty(list)
	default:
		v = resource.NewPropertyValue(value)
	}
	if schema.Secret {
		return resource.MakeSecret(v)
	}
	return v
}

// hideLike marks as secret in v whatever is secret in the input it came from.
func hideLike(input, v resource.PropertyValue) resource.PropertyValue {
	switch {
	case v.IsSecret() || !input.ContainsSecrets():
		return v
	case input.IsObject() && v.IsObject():
		for key, field := range v.ObjectValue() {
			v.ObjectValue()[key] = hideLike(input.ObjectValue()[key], field)
		}
		return v
	case input.IsArray() && v.IsArray() && len(input.ArrayValue()) == len(v.ArrayValue()):
		for i, item := range v.ArrayValue() {
			v.ArrayValue()[i] = hideLike(input.ArrayValue()[i], item)
		}
		return v
	}
	return resource.MakeSecret(v)
}

// isEmpty says whether Google and the official provider treat the value like an absent one.
func isEmpty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case bool:
		return !v
	case float64:
		return v == 0
	case []any:
		return len(v) == 0
	case map[string]any:
		for _, e := range v {
			if !isEmpty(e) {
				return false
			}
		}
		return true
	}
	return false
}
