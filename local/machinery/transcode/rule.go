package transcode

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/grpc/codes"
	grpcstatus "google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// configured are the rules that Pub/Sub's service configuration puts in the place of those in a descriptor.
var configured = map[protoreflect.FullName]*annotations.HttpRule{
	"google.iam.v1.IAMPolicy.GetIamPolicy": {Pattern: &annotations.HttpRule_Get{Get: "/v1/{resource=projects/*/*/*}:getIamPolicy"}},
}

func ruleOf(method protoreflect.MethodDescriptor) *annotations.HttpRule {
	if rule, ok := configured[method.FullName()]; ok {
		return rule
	}
	rule, _ := proto.GetExtension(method.Options(), annotations.E_Http).(*annotations.HttpRule)
	return rule
}

func pattern(rule *annotations.HttpRule) (verb, path string) {
	switch p := rule.Pattern.(type) {
	case *annotations.HttpRule_Get:
		return http.MethodGet, p.Get
	case *annotations.HttpRule_Put:
		return http.MethodPut, p.Put
	case *annotations.HttpRule_Post:
		return http.MethodPost, p.Post
	case *annotations.HttpRule_Delete:
		return http.MethodDelete, p.Delete
	case *annotations.HttpRule_Patch:
		return http.MethodPatch, p.Patch
	}
	return "", ""
}

// variable is {field.path=segments/*} in the path of a rule.
var variable = regexp.MustCompile(`\{([a-z_.]+)=([^}]+)\}`)

// toHTTP makes the HTTP request of a call. Fields that the path names leave the message; the others are the body, or
// the query of calls without one.
func toHTTP(method protoreflect.MethodDescriptor, input proto.Message) (verb, target string, body []byte, err error) {
	rule := ruleOf(method)
	verb, path := pattern(rule)
	path = variable.ReplaceAllStringFunc(path, func(v string) string {
		parts := variable.FindStringSubmatch(v)
		value := takeField(input.ProtoReflect(), parts[1])
		if !fits(value, parts[2]) && err == nil {
			err = grpcstatus.Errorf(codes.InvalidArgument, "Invalid resource name given (name=%s): %s must look like %s.", value,
				parts[1], parts[2])
		}
		return escape(value)
	})
	if err != nil {
		return "", "", nil, err
	}
	rest, err := protojson.Marshal(input)
	if err != nil {
		return "", "", nil, grpcstatus.Errorf(codes.InvalidArgument, "reading the request: %v", err)
	}
	if rule.Body != "" {
		return verb, path, rest, nil
	}
	parameters, err := query(rest)
	return verb, path + "?" + parameters, nil, err
}

// takeField returns the string at a path of fields such as topic.name and removes it from the message.
func takeField(message protoreflect.Message, path string) string {
	name, rest, nested := strings.Cut(path, ".")
	field := message.Descriptor().Fields().ByName(protoreflect.Name(name))
	if field == nil {
		return ""
	}
	if nested {
		if !message.Has(field) {
			return ""
		}
		return takeField(message.Mutable(field).Message(), rest)
	}
	value := message.Get(field).String()
	message.Clear(field)
	return value
}

// fits says whether a resource name has the form of a pattern, in which * is one segment and ** any number.
func fits(name, pattern string) bool {
	expression := strings.NewReplacer(`\*\*`, `.+`, `\*`, `[^/]+`).Replace(regexp.QuoteMeta(pattern))
	return regexp.MustCompile("^" + expression + "$").MatchString(name)
}

func escape(name string) string {
	segments := strings.Split(name, "/")
	for i, s := range segments {
		segments[i] = url.PathEscape(s)
	}
	return strings.Join(segments, "/")
}

// query writes a JSON object as query parameters; fields of objects in it get dotted names.
func query(object []byte) (string, error) {
	var fields map[string]any
	if err := json.Unmarshal(object, &fields); err != nil {
		return "", grpcstatus.Errorf(codes.Internal, "writing the query: %v", err)
	}
	values := url.Values{}
	flatten("", fields, values)
	return values.Encode(), nil
}

func flatten(prefix string, fields map[string]any, into url.Values) {
	for name, value := range fields {
		if nested, ok := value.(map[string]any); ok {
			flatten(prefix+name+".", nested, into)
			continue
		}
		into.Set(prefix+name, fmt.Sprint(value))
	}
}
