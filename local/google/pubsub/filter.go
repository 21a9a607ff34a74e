package pubsub

import (
	"regexp"
	"strings"

	"docx2pdf/local/machinery/status"
)

var (
	equals    = regexp.MustCompile(`^attributes\.("?)([\w.-]+)"?\s*(=|!=)\s*"([^"]*)"$`)
	present   = regexp.MustCompile(`^attributes:("?)([\w.-]+)"?$`)
	hasPrefix = regexp.MustCompile(`^hasPrefix\(\s*attributes\.("?)([\w.-]+)"?\s*,\s*"([^"]*)"\s*\)$`)
	and       = regexp.MustCompile(`\s+AND\s+`)
)

// parseFilter understands conditions on attributes joined by AND
// (https://cloud.google.com/pubsub/docs/subscription-message-filter); OR, NOT and parentheses are refused.
func parseFilter(filter string) (func(map[string]string) bool, error) {
	var tests []func(map[string]string) bool
	for _, term := range and.Split(strings.TrimSpace(filter), -1) {
		if m := equals.FindStringSubmatch(term); m != nil {
			tests = append(tests, func(a map[string]string) bool {
				have, ok := a[m[2]]
				return ok && (have == m[4]) == (m[3] == "=")
			})
		} else if m := present.FindStringSubmatch(term); m != nil {
			tests = append(tests, func(a map[string]string) bool { _, ok := a[m[2]]; return ok })
		} else if m := hasPrefix.FindStringSubmatch(term); m != nil {
			tests = append(tests, func(a map[string]string) bool { return strings.HasPrefix(a[m[2]], m[3]) && a[m[2]] != "" })
		} else if term != "" {
			return nil, status.NotModelled("the subscription filter %q; join conditions on attributes by AND", filter)
		}
	}
	return func(attributes map[string]string) bool {
		for _, test := range tests {
			if !test(attributes) {
				return false
			}
		}
		return true
	}, nil
}
