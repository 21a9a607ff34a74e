package provider

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// rule is a check of one string input.
type rule struct {
	pattern  *regexp.Regexp
	oneOf    []string
	optional bool   // an empty string is as good as none
	want     string // in words, for the message
}

func (r rule) accepts(v string) bool {
	return r.optional && v == "" || (r.pattern == nil || r.pattern.MatchString(v)) &&
		(r.oneOf == nil || slices.Contains(r.oneOf, v))
}

func oneOf(values ...string) rule {
	return rule{oneOf: values, want: "one of " + strings.Join(values, ", ")}
}

// enum is oneOf for the values of an enumeration of Google's API.
func enum(values ...string) rule {
	r := oneOf(values...)
	r.optional = true
	return r
}

// broken checks the rules of the object at the path, and of all objects in it.
func (k *kind) broken(form, at string, m resource.PropertyMap,
	schema map[string]property) (failures []*pulumirpc.CheckFailure) {
	for _, key := range m.StableKeys() {
		rule, ruled := k.rules[strings.TrimPrefix(form+"."+string(key), ".")]
		if v := unwrap(m[key]); ruled && v.IsString() && !rule.accepts(v.StringValue()) {
			failures = append(failures, &pulumirpc.CheckFailure{
				Property: strings.TrimPrefix(at+"."+string(key), "."),
				Reason:   fmt.Sprintf("%q is not %s", v.StringValue(), rule.want)})
		}
	}
	eachObject(form, at, m, schema, func(form, at string, object resource.PropertyMap, schema map[string]property) {
		failures = append(failures, k.broken(form, at, object, schema)...)
	})
	return failures
}
