package provider

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
)

// schemaJSON is the part of the official provider's schema (pulumi-gcp 7.38.0)
// that describes the types this provider has, without documentation.
//
//go:embed schema.json
var schemaJSON []byte

// gcp is the parsed schema.
var gcp = mustParseSchema(schemaJSON)

// packageSchema is the part of a Pulumi package schema that is used here.
// https://www.pulumi.com/docs/iac/extending-pulumi/schema/
type packageSchema struct {
	Name, Version string
	Resources     map[string]resourceSchema
	Types         map[string]objectSchema
	Functions     map[string]functionSchema
}

type resourceSchema struct {
	Inputs         map[string]property `json:"inputProperties"`
	RequiredInputs []string
	Outputs        map[string]property `json:"properties"`
	Required       []string
}

type objectSchema struct {
	Properties map[string]property
	Required   []string
}

type functionSchema struct{ Inputs, Outputs objectSchema }

type property struct {
	Type     string
	Ref      string    `json:"$ref"`
	Items    *property // of an array
	Values   *property `json:"additionalProperties"` // of a map
	Secret   bool
	Replaces bool `json:"willReplaceOnChanges"`
}

// isAsset says whether the property takes a file or an archive.
func (p property) isAsset() bool { return strings.HasPrefix(p.Ref, "pulumi.json#/") }

// object resolves a reference to an object type; name is its last part, such as
// ServiceTemplateContainer.
func (p property) object() (name string, object objectSchema, ok bool) {
	token, isType := strings.CutPrefix(p.Ref, "#/types/")
	if !isType {
		return "", objectSchema{}, false
	}
	object, ok = gcp.Types[token]
	return token[strings.LastIndex(token, ":")+1:], object, ok
}

// zero is what the official provider puts into the state for a value that
// Google left out.
func (p property) zero() any {
	switch {
	case p.Type == "string":
		return ""
	case p.Type == "boolean":
		return false
	case p.Type == "integer", p.Type == "number":
		return 0.0
	case p.Type == "array":
		return []any{}
	case p.Type == "object" && p.Values != nil:
		return map[string]any{}
	}
	return nil
}

func mustParseSchema(text []byte) packageSchema {
	var s packageSchema
	if err := json.Unmarshal(text, &s); err != nil {
		panic(fmt.Sprintf("schema.json: %v", err))
	}
	return s
}
