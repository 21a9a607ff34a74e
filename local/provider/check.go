package provider

import (
	"context"
	"fmt"
	"maps"
	"regexp"
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

// rule is a check of one string input.
type rule struct {
	pattern *regexp.Regexp
	oneOf   []string
	want    string // in words, for the message
}

func (r rule) accepts(v string) bool {
	return (r.pattern == nil || r.pattern.MatchString(v)) && (r.oneOf == nil || slices.Contains(r.oneOf, v))
}

func oneOf(values ...string) rule {
	return rule{oneOf: values, want: "one of " + strings.Join(values, ", ")}
}

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
	var filled []resource.PropertyValue
	if kind.autoname > 0 && !news.HasValue("name") {
		name, err := makeName(req, kind, olds)
		if err != nil {
			failures = append(failures, &pulumirpc.CheckFailure{Property: "name", Reason: err.Error()})
		} else {
			news["name"] = resource.NewStringProperty(name)
			filled = append(filled, resource.NewStringProperty("name"))
		}
	}
	for _, path := range slices.Sorted(maps.Keys(kind.defaults)) {
		if setDefault(news, strings.Split(path, "."), kind.defaults[path]) && !strings.Contains(path, ".") {
			filled = append(filled, resource.NewStringProperty(path))
		}
	}
	failures = append(failures, missing("", news, append(slices.Clone(schema.RequiredInputs), kind.required...))...)
	failures = append(failures, broken(news, kind.rules)...)
	if len(filled) > 0 {
		news[defaultsKey] = resource.NewArrayProperty(filled)
	}
	inputs, err := s.marshal(news)
	if err != nil {
		return nil, err
	}
	return &pulumirpc.CheckResponse{Inputs: inputs, Failures: failures}, nil
}

// makeName makes up a name, as the official provider does: the resource's name
// in lower case and seven random digits. It keeps a name that was made up before.
func makeName(req *pulumirpc.CheckRequest, kind *kind, olds resource.PropertyMap) (string, error) {
	if old := unwrap(olds["name"]); isFilled(olds, "name") && old.IsString() {
		return old.StringValue(), nil
	}
	if a := req.Autonaming; a != nil {
		switch a.Mode {
		case pulumirpc.CheckRequest_AutonamingOptions_ENFORCE:
			return a.ProposedName, nil
		case pulumirpc.CheckRequest_AutonamingOptions_PROPOSE:
			if a.ProposedName != "" {
				return strings.ToLower(a.ProposedName), nil
			}
		case pulumirpc.CheckRequest_AutonamingOptions_DISABLE:
			return "", fmt.Errorf("autonaming is disabled: set a name")
		}
	}
	prefix := strings.ToLower(resource.URN(req.Urn).Name()) + "-"
	name, err := resource.NewUniqueName(req.RandomSeed, prefix, randomDigits, kind.autoname, nil)
	if err != nil {
		return "", fmt.Errorf("cannot make up a name of at most %d characters from %q: set a name", kind.autoname, prefix)
	}
	return name, nil
}

// setDefault sets the value at path in every object that exists and lacks it.
func setDefault(m resource.PropertyMap, path []string, value any) (set bool) {
	name, list := strings.CutSuffix(path[0], "[]")
	key := resource.PropertyKey(name)
	if len(path) == 1 {
		if m.HasValue(key) {
			return false
		}
		m[key] = resource.NewPropertyValue(value)
		return true
	}
	child := unwrap(m[key])
	items := []resource.PropertyValue{child}
	if list && child.IsArray() {
		items = child.ArrayValue()
	}
	for _, item := range items {
		if item = unwrap(item); item.IsObject() {
			set = setDefault(item.ObjectValue(), path[1:], value) || set
		}
	}
	return set
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

func broken(news resource.PropertyMap, rules map[string]rule) (failures []*pulumirpc.CheckFailure) {
	for _, name := range slices.Sorted(maps.Keys(rules)) {
		v := unwrap(news[resource.PropertyKey(name)])
		if v.IsString() && !rules[name].accepts(v.StringValue()) {
			failures = append(failures, &pulumirpc.CheckFailure{
				Property: name, Reason: fmt.Sprintf("%q is not %s", v.StringValue(), rules[name].want)})
		}
	}
	return failures
}
