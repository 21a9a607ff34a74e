package refusal

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

//go:embed locations.txt
var locations string

// Locations are the sets of names that "one of @SET" stands for: regions, and what some services have beside them.
var Locations = readLocations(locations)

func readLocations(text string) map[string][]string {
	sets := map[string][]string{}
	for line := range strings.Lines(text) {
		name, members, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if ok {
			sets[name] = strings.Fields(members)
		}
	}
	return sets
}

// rules say which values are refused, by the first word of a rule. What is absent is refused by "required" only.
//
//	required                      something must be there: no empty text, no empty list
//	absent                        nothing may be there
//	pattern REGEXP                text that matches, as a whole
//	not REGEXP                    text in which there is no match
//	one of A B …, one of @SET     text that is one of these, or one of Locations
//	length A..B, bytes A..B       text of so many characters, or bytes
//	range A..B                    a number from A to B
//	count A..B                    a list or a map of so many
//	duration A..B                 text such as 600s or 1.5s
//	code NAME                     decided by the service's code
var rules = map[string]func(argument string) (func(any) bool, error){
	"required": func(string) (func(any) bool, error) {
		return func(v any) bool {
			list, isList := v.([]any)
			return v == nil || v == "" || isList && len(list) == 0
		}, nil
	},
	"absent": func(string) (func(any) bool, error) { return func(v any) bool { return v != nil }, nil },
	"pattern": func(a string) (func(any) bool, error) {
		re, err := regexp.Compile("^(?:" + a + ")$")
		return onText(func(s string) bool { return !re.MatchString(s) }), err
	},
	"not": func(a string) (func(any) bool, error) {
		re, err := regexp.Compile(a)
		return onText(func(s string) bool { return re.MatchString(s) }), err
	},
	"one": func(a string) (func(any) bool, error) {
		var allowed []string
		for word := range strings.FieldsSeq(strings.TrimPrefix(a, "of ")) {
			if set, ok := strings.CutPrefix(word, "@"); !ok {
				allowed = append(allowed, word)
			} else if Locations[set] == nil {
				return nil, fmt.Errorf("no set %s", word)
			} else {
				allowed = append(allowed, Locations[set]...)
			}
		}
		return onText(func(s string) bool { return !slices.Contains(allowed, s) }), nil
	},
	"length": within(func(s string) (float64, error) { return float64(utf8.RuneCountInString(s)), nil }),
	"bytes":  within(func(s string) (float64, error) { return float64(len(s)), nil }),
	"range":  within(number),
	"duration": within(func(s string) (float64, error) {
		d, err := time.ParseDuration(s)
		return d.Seconds(), err
	}),
	"count": func(a string) (func(any) bool, error) {
		least, most, err := bounds(a)
		return func(v any) bool { return isCollection(v) && (float64(size(v)) < least || float64(size(v)) > most) }, err
	},
	"code": func(string) (func(any) bool, error) { return nil, nil },
}

func parseRule(rule string) (func(any) bool, error) {
	name, argument, _ := strings.Cut(rule, " ")
	parse, ok := rules[name]
	if !ok {
		return nil, fmt.Errorf("no rule %q", name)
	}
	return parse(argument)
}

func onText(refuses func(string) bool) func(any) bool {
	return func(v any) bool {
		s, ok := v.(string)
		return ok && refuses(s)
	}
}

// within makes a rule of a measure: what has none, or one that is not between the bounds, is refused.
func within(measure func(string) (float64, error)) func(string) (func(any) bool, error) {
	return func(a string) (func(any) bool, error) {
		least, most, err := bounds(a)
		return func(v any) bool {
			if v == nil {
				return false
			}
			n, err := measure(fmt.Sprint(v))
			return err != nil || n < least || n > most
		}, err
	}
}

func bounds(a string) (least, most float64, err error) {
	from, to, _ := strings.Cut(a, "..")
	if least, err = number(from); err != nil {
		return 0, 0, err
	}
	most, err = number(to)
	return least, most, err
}

func number(s string) (float64, error) { return strconv.ParseFloat(strings.TrimSuffix(s, "s"), 64) }

func isCollection(v any) bool {
	switch v.(type) {
	case []any, map[string]any:
		return true
	}
	return false
}
