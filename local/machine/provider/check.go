package provider

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// defaultsKey lists the inputs that Check filled in, as the official provider
// records them: a name in it was made up and may be made up anew.
const defaultsKey = resource.PropertyKey("__defaults")

// randomDigits is the length of the random end of made-up names.
const randomDigits = 7

// Check validates a resource's inputs and fills in defaults and the name.
func (s *server) Check(ctx context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	token, kind, err := kindOf(req.Urn)
	if err != nil {
		return nil, err
	}
	news, err := s.unmarshal(req.News)
	if err != nil {
		return nil, err
	}
	olds, err := s.unmarshal(req.Olds)
	if err != nil {
		return nil, err
	}
	news = maps.Clone(news)
	delete(news, defaultsKey)

	schema := gcp.Resources[token]
	failures := coerceAll("", news, schema.Inputs)
	var filled []string
	if kind.autoname > 0 && !news.HasValue("name") {
		name, err := makeName(req, kind, olds)
		if err != nil {
			failures = append(failures, &pulumirpc.CheckFailure{Property: "name", Reason: err.Error()})
		} else {
			news["name"] = resource.NewStringProperty(name)
			filled = append(filled, "name")
		}
	}
	kind.fill("", news, schema.Inputs, filled)
	failures = append(failures, missing("", news, append(slices.Clone(schema.RequiredInputs), kind.required...))...)
	failures = append(failures, kind.broken("", "", news, schema.Inputs)...)
	inputs, err := s.marshal(news)
	if err != nil {
		return nil, err
	}
	return &pulumirpc.CheckResponse{Inputs: inputs, Failures: failures}, nil
}

// makeName makes up a name, as the official provider does: the resource's name
// in lower case and seven random digits. A resource that has a name keeps it.
func makeName(req *pulumirpc.CheckRequest, kind *kind, olds resource.PropertyMap) (string, error) {
	if old := unwrap(olds["name"]); old.IsString() {
		return old.StringValue(), nil
	}
	prefix := strings.ToLower(resource.URN(req.Urn).Name()) + "-"
	name, err := resource.NewUniqueName(req.RandomSeed, prefix, randomDigits, kind.autoname, nil)
	if err != nil {
		return "", fmt.Errorf("cannot make up a name of at most %d characters from %q: set a name", kind.autoname, prefix)
	}
	return name, nil
}

// fill sets the defaults of the object at path, and of all objects in it, and
// writes down in each which of its values are defaults.
func (k *kind) fill(path string, m resource.PropertyMap, schema map[string]property, filled []string) {
	for at, value := range k.defaults {
		parent, name := "", at
		if dot := strings.LastIndex(at, "."); dot >= 0 {
			parent, name = at[:dot], at[dot+1:]
		}
		if key := resource.PropertyKey(name); parent == path && !m.HasValue(key) {
			m[key] = resource.NewPropertyValue(value)
			filled = append(filled, name)
		}
	}
	eachObject(path, "", m, schema, func(at, _ string, object resource.PropertyMap, schema map[string]property) {
		k.fill(at, object, schema, nil)
	})
	slices.Sort(filled)
	names := make([]resource.PropertyValue, 0, len(filled))
	for _, name := range filled {
		names = append(names, resource.NewProperty(name))
	}
	m[defaultsKey] = resource.NewProperty(names)
}

// eachObject visits the objects that are properties of m, and the items of its
// lists of objects. form is their path in the form of kind.defaults, at the path
// itself.
func eachObject(form, at string, m resource.PropertyMap, schema map[string]property,
	visit func(form, at string, object resource.PropertyMap, schema map[string]property)) {
	for _, key := range m.StableKeys() {
		p, v := schema[string(key)], unwrap(m[key])
		form, at := strings.TrimPrefix(form+"."+string(key), "."), strings.TrimPrefix(at+"."+string(key), ".")
		if _, object, ok := p.object(); ok && v.IsObject() {
			visit(form, at, v.ObjectValue(), object.Properties)
		}
		if p.Items == nil || !v.IsArray() {
			continue
		}
		_, object, ok := p.Items.object()
		for i, item := range v.ArrayValue() {
			if item = unwrap(item); ok && item.IsObject() {
				visit(form+"[]", fmt.Sprintf("%s[%d]", at, i), item.ObjectValue(), object.Properties)
			}
		}
	}
}

// coerceAll makes the values fit the schema's types where they are the same in
// another spelling ("80" for 80), and reports the rest and unknown names.
func coerceAll(path string, m resource.PropertyMap, schema map[string]property) (failures []*pulumirpc.CheckFailure) {
	for _, key := range m.StableKeys() {
		at := strings.TrimPrefix(path+"."+string(key), ".")
		p, known := schema[string(key)]
		if resource.IsInternalPropertyKey(key) {
			continue
		}
		if !known {
			failures = append(failures, &pulumirpc.CheckFailure{Property: at, Reason: fmt.Sprintf(
				"there is no property %q: known are %s", key, strings.Join(slices.Sorted(maps.Keys(schema)), ", "))})
			continue
		}
		var found []*pulumirpc.CheckFailure
		m[key], found = coerce(at, m[key], p)
		failures = append(failures, found...)
	}
	return failures
}

func coerce(at string, v resource.PropertyValue, p property) (resource.PropertyValue, []*pulumirpc.CheckFailure) {
	switch {
	case v.IsSecret():
		inner, failures := coerce(at, v.SecretValue().Element, p)
		return resource.MakeSecret(inner), failures
	case v.IsNull() || v.IsComputed() || v.IsOutput():
		return v, nil
	case p.isAsset():
		if v.IsAsset() || v.IsArchive() {
			return v, nil
		}
	case p.Type == "array":
		if v.IsArray() {
			var failures []*pulumirpc.CheckFailure
			for i, item := range v.ArrayValue() {
				fixed, found := coerce(fmt.Sprintf("%s[%d]", at, i), item, *p.Items)
				v.ArrayValue()[i] = fixed
				failures = append(failures, found...)
			}
			return v, failures
		}
	case p.Type == "object":
		if v.IsObject() {
			var failures []*pulumirpc.CheckFailure
			for key, item := range v.ObjectValue() {
				fixed, found := coerce(at+"."+string(key), item, *p.Values)
				v.ObjectValue()[key] = fixed
				failures = append(failures, found...)
			}
			return v, failures
		}
	case p.Ref != "":
		if _, object, ok := p.object(); ok && v.IsObject() {
			failures := coerceAll(at, v.ObjectValue(), object.Properties)
			return v, append(failures, missing(at+".", v.ObjectValue(), slices.Clone(object.Required))...)
		}
	default:
		if fixed := convert(v.V, p.Type); fits(fixed, p.Type) {
			return resource.NewPropertyValue(fixed), nil
		}
	}
	want := p.Type
	if p.isAsset() {
		want = "file or archive"
	} else if p.Ref != "" {
		want = "object"
	}
	return v, []*pulumirpc.CheckFailure{{Property: at, Reason: fmt.Sprintf("want %s, got %s", want, v.TypeString())}}
}

func fits(v any, want string) bool {
	switch v := v.(type) {
	case string:
		return want == "string"
	case bool:
		return want == "boolean"
	case float64:
		return want == "number" || want == "integer" && v == float64(int64(v))
	}
	return false
}

func missing(prefix string, m resource.PropertyMap, required []string) (failures []*pulumirpc.CheckFailure) {
	slices.Sort(required)
	for _, name := range slices.Compact(required) {
		if !m.HasValue(resource.PropertyKey(name)) {
			failures = append(failures, &pulumirpc.CheckFailure{
				Property: prefix + name,
				Reason:   fmt.Sprintf("missing required property '%s%s'", prefix, name),
			})
		}
	}
	return failures
}
