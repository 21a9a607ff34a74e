package provider_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// schema is the official provider's, as the provider hands it out.
type schema struct {
	Version   string
	Resources map[string]struct {
		InputProperties, Properties map[string]property
		Required, RequiredInputs    []string
	}
	Types map[string]struct {
		Properties map[string]property
		Required   []string
	}
}

type property struct {
	Type                 string
	Ref                  string `json:"$ref"`
	Items                *property
	AdditionalProperties *property
	Secret               bool
}

func officialSchema(e *engine) schema {
	e.t.Helper()
	res, err := e.client.GetSchema(e.t.Context(), &pulumirpc.GetSchemaRequest{})
	if err != nil {
		e.t.Fatal(err)
	}
	var s schema
	if err := json.Unmarshal([]byte(res.Schema), &s); err != nil {
		e.t.Fatal(err)
	}
	return s
}

// conforms checks a resource's outputs: all of them are in the official schema
// with the type and secrecy they have there, and none that it promises is missing.
func conforms(t *testing.T, d *deployed) {
	t.Helper()
	s := officialSchema(d.e)
	want := s.Resources[d.token()]
	for _, name := range want.Required {
		if _, ok := d.outputs[resource.PropertyKey(name)]; !ok {
			t.Errorf("output %s is missing", name)
		}
	}
	for name, v := range d.outputs {
		p, ok := want.Properties[string(name)]
		if !ok {
			t.Errorf("output %s is not in the schema", name)
			continue
		}
		if p.Secret && !v.IsSecret() {
			t.Errorf("output %s is not secret", name)
		}
		s.fits(t, string(name), v, p)
	}
}

func (s schema) fits(t *testing.T, at string, v resource.PropertyValue, p property) {
	t.Helper()
	if v.IsSecret() {
		v = v.SecretValue().Element
	}
	object, isObject := s.Types[strings.TrimPrefix(p.Ref, "#/types/")]
	switch {
	case v.IsNull() && p.Ref != "":
	case isObject && v.IsObject():
		for name, field := range v.ObjectValue() {
			s.fits(t, at+"."+string(name), field, object.Properties[string(name)])
		}
	case strings.HasPrefix(p.Ref, "pulumi.json") && (v.IsAsset() || v.IsArchive()):
	case p.Type == "array" && v.IsArray():
		for _, item := range v.ArrayValue() {
			s.fits(t, at+"[]", item, *p.Items)
		}
	case p.Type == "object" && v.IsObject():
		for key, field := range v.ObjectValue() {
			s.fits(t, at+"."+string(key), field, *p.AdditionalProperties)
		}
	case p.Type == "string" && v.IsString(), p.Type == "boolean" && v.IsBool():
	case (p.Type == "integer" || p.Type == "number") && v.IsNumber():
	default:
		t.Errorf("output %s is %v, want the schema's %+v", at, v, p)
	}
}

// TestEveryTypeHasALifecycle keeps the table of lifecycles complete.
func TestEveryTypeHasALifecycle(t *testing.T) {
	var have []string
	for _, test := range lifecycles {
		have = append(have, test.token)
	}
	slices.Sort(have)
	official := slices.Sorted(maps.Keys(officialSchema(attach(t, "http://127.0.0.1:1", stack)).Resources))
	if !slices.Equal(have, official) {
		t.Errorf("lifecycles of %q, the schema has %q", have, official)
	}
}

// TestEveryInputIsKnown passes every input of every type as an unknown value.
func TestEveryInputIsKnown(t *testing.T) {
	e := attach(t, "http://127.0.0.1:1", stack)
	for token, want := range officialSchema(e).Resources {
		inputs := resource.PropertyMap{}
		for name := range want.InputProperties {
			inputs[resource.PropertyKey(name)] = resource.MakeComputed(resource.NewProperty(""))
		}
		if _, failures := e.check(token, nil, inputs); failures != nil {
			t.Errorf("%s: %q", token, failures)
		}
		_, failures := e.check(token, nil, resource.PropertyMap{})
		for _, name := range want.RequiredInputs {
			if !slices.Contains(failures, name+": missing required property '"+name+"'") {
				t.Errorf("%s without inputs: %q, want a word on %s", token, failures, name)
			}
		}
	}
}
