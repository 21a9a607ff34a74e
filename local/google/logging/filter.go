package logging

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"docx2pdf/local/machinery/status"
)

// comparison is one term of a filter, for example resource.labels.build_id="…" or severity>=ERROR.
var comparison = regexp.MustCompile(`^\s*([a-zA-Z0-9_./-]+)\s*(>=|<=|!=|=|:|>|<)\s*("(?:[^"\\]|\\.)*"|[^\s()]+)`)

var severities = []string{"DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY"}

// parseFilter understands comparisons joined by AND or by white space
// (https://cloud.google.com/logging/docs/view/logging-query-language); OR, NOT and parentheses are refused.
func parseFilter(filter string) (func(Entry) bool, error) {
	var tests []func(Entry) bool
	rest := strings.TrimSpace(filter)
	for rest != "" {
		m := comparison.FindStringSubmatch(rest)
		if m == nil {
			return nil, status.NotModelled("the log filter %q; join comparisons by AND", rest)
		}
		rest = strings.TrimSpace(rest[len(m[0]):])
		if after, ok := strings.CutPrefix(rest, "AND "); ok {
			rest = after
		}
		field, operator, value := m[1], m[2], m[3]
		if strings.HasPrefix(value, `"`) {
			value = strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(value[1 : len(value)-1])
		}
		tests = append(tests, func(e Entry) bool { return compare(lookup(e, field), operator, value, field) })
	}
	return func(e Entry) bool {
		return !slices.ContainsFunc(tests, func(test func(Entry) bool) bool { return !test(e) })
	}, nil
}

func compare(have, operator, want, field string) bool {
	if operator == ":" {
		return strings.Contains(strings.ToLower(have), strings.ToLower(want))
	}
	order := strings.Compare(have, want)
	if field == "severity" {
		order = slices.Index(severities, have) - slices.Index(severities, strings.ToUpper(want))
	}
	switch operator {
	case "=":
		return order == 0
	case "!=":
		return order != 0
	case ">=":
		return order >= 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	default:
		return order < 0
	}
}

// lookup finds a field such as resource.labels.build_id in the entry's JSON.
func lookup(e Entry, field string) string {
	data, err := json.Marshal(e)
	if err != nil {
		return ""
	}
	var value any
	if err := json.Unmarshal(data, &value); err != nil {
		return ""
	}
	if field == "severity" && e.Severity == "" {
		return "DEFAULT"
	}
	parts := strings.Split(field, ".")
	for i, part := range parts {
		fields, ok := value.(map[string]any)
		if !ok {
			return ""
		}
		if whole, ok := fields[strings.Join(parts[i:], ".")]; ok { // label keys may contain dots
			return fmt.Sprint(whole)
		}
		value = fields[part]
	}
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}
