package refusal

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
)

// step is one name of a field's path, and whether the path goes on in what is in it.
type step struct {
	name   string
	inside string // "", "[]" for the items of a list, "[key]" and "[value]" for those of a map
}

// place is a value in a resource.
type place struct {
	at    string // its path, with indexes
	key   string // its key in a map
	value any    // nil if it is absent
}

func parsePath(field string) ([]step, error) {
	var path []step
	for part := range strings.SplitSeq(field, ".") {
		name, inside, found := strings.Cut(part, "[")
		if found {
			inside = "[" + inside
		}
		if name == "" || !slices.Contains([]string{"", "[]", "[key]", "[value]"}, inside) {
			return nil, fmt.Errorf("the field %q is not a path", field)
		}
		path = append(path, step{name, inside})
	}
	return path, nil
}

// visit calls f for each value that a path leads to. Where something on the way is absent, there is none.
func visit(value any, path []step, p place, f func(place)) {
	if len(path) == 0 {
		p.value = value
		f(p)
		return
	}
	fields, ok := value.(map[string]any)
	if !ok {
		return
	}
	s := path[0]
	p.at = strings.TrimPrefix(p.at+"."+snake(s.name), ".")
	switch inner := fields[s.name]; s.inside {
	case "":
		visit(inner, path[1:], p, f)
	case "[]":
		items, _ := inner.([]any)
		for i, item := range items {
			visit(item, path[1:], place{at: fmt.Sprintf("%s[%d]", p.at, i)}, f)
		}
	default:
		items, _ := inner.(map[string]any)
		for key, item := range items {
			if s.inside == "[key]" {
				item = key
			}
			visit(item, path[1:], place{at: p.at + "[" + key + "]", key: key}, f)
		}
	}
}

// snake writes a name as protocol buffers do.
func snake(name string) string {
	var b strings.Builder
	for _, c := range name {
		if unicode.IsUpper(c) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}

func size(value any) int {
	switch v := value.(type) {
	case []any:
		return len(v)
	case map[string]any:
		return len(v)
	}
	return 0
}

func first(text string) string {
	for _, c := range text {
		return string(c)
	}
	return ""
}

// inWords writes a duration as Google's messages do: 3599s is 59m59s, and 3600s is 1h.
func inWords(text string) string {
	d, err := time.ParseDuration(text)
	if err != nil {
		return text
	}
	text = d.String()
	if rest, ok := strings.CutSuffix(text, "m0s"); ok {
		text = rest + "m"
	}
	if rest, ok := strings.CutSuffix(text, "h0m"); ok {
		text = rest + "h"
	}
	return text
}
