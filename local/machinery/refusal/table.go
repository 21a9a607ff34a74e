// Package refusal holds what Google refuses as data. Each service of the local cloud has a table, refusals.tsv, whose
// rows say which values of a field are refused, and with which status, reason and words. A row is enough to be
// stricter: the service's handlers check what they are sent against the table, and the tests of local/cloud send each
// row's example and expect its answer.
//
// The columns, separated by tabs:
//
//	resource  what is refused: the name that handlers give to Check
//	field     where in the resource, in JSON's names: template.containers[].image; labels[key] and labels[value] are
//	          what is in a map; a path without a dot may name what is in the URL, such as name
//	rule      what is allowed: see rules; "code NAME" is a rule that the service's code knows
//	refused   an example of a value that is not, as JSON; "x"*9, [1]*9 and {"k#":1}*9 are nine times what is before
//	          the star
//	status    HTTP status
//	reason    google.rpc.Code, or the reason of the older JSON APIs
//	message   the words. {at} is the field with its indexes, in snake case; {value}, {length}, {count}, {duration},
//	          {key} and {first} are of what was sent; other names come from the service
//	source    where rule and words are known from. A question mark before it means that the rule is known from there,
//	          and the words are this project's, since nobody recorded Google's
package refusal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"docx2pdf/local/machinery/status"
)

// Row is one refusal.
type Row struct {
	Resource string
	Field    string
	Rule     string
	Refused  any
	Status   int
	Reason   string
	Message  string
	Source   string

	code    status.Code
	path    []step
	refuses func(any) bool // nil where the service's code decides
}

// Table is what a service refuses.
type Table []Row

// MustRead reads a table. It panics where the table is wrong, since it is part of the program.
func MustRead(tsv string) Table {
	var t Table
	for i, line := range strings.Split(strings.TrimSpace(tsv), "\n") {
		if i == 0 { // the names of the columns
			continue
		}
		row, err := read(line)
		if err != nil {
			panic(fmt.Sprintf("refusals: line %d: %v", i+1, err))
		}
		t = append(t, row)
	}
	return t
}

func read(line string) (Row, error) {
	c := strings.Split(line, "\t")
	if len(c) != 8 {
		return Row{}, fmt.Errorf("%d columns, not 8", len(c))
	}
	http, err := strconv.Atoi(c[4])
	if err != nil {
		return Row{}, err
	}
	r := Row{Resource: c[0], Field: c[1], Rule: c[2], Status: http, Reason: c[5],
		Message: strings.ReplaceAll(c[6], `\n`, "\n"), Source: c[7]}
	var known bool
	if r.code, known = status.CodeOf(http, r.Reason); !known {
		return r, fmt.Errorf("the status %d is not known", http)
	}
	if r.Refused, err = example(c[3]); err != nil {
		return r, fmt.Errorf("the example %s: %w", c[3], err)
	}
	if r.path, err = parsePath(r.Field); err != nil {
		return r, err
	}
	r.refuses, err = parseRule(r.Rule)
	return r, err
}

// example reads the column "refused".
func example(text string) (any, error) {
	var value any
	what, times, repeated := text, 1, false
	if i := strings.LastIndex(text, "*"); i >= 0 {
		if n, err := strconv.Atoi(text[i+1:]); err == nil {
			what, times, repeated = text[:i], n, true
		}
	}
	if err := json.Unmarshal([]byte(what), &value); err != nil || !repeated {
		return value, err
	}
	switch v := value.(type) {
	case string:
		return strings.Repeat(v, times), nil
	case []any:
		return slices.Repeat(v, times), nil
	case map[string]any:
		many := map[string]any{}
		for key, item := range v {
			for i := range times {
				many[strings.ReplaceAll(key, "#", strconv.Itoa(i))] = item
			}
		}
		return many, nil
	}
	return nil, fmt.Errorf("it cannot be repeated")
}

// Check returns the first refusal of a resource, or nil. The resource is a struct or map as JSON has it. The words are
// pairs of what is in braces in messages and what takes its place.
func (t Table) Check(resource string, body any, words ...string) error {
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	var document any
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber() // a number reads in a message as it was sent
	if err := dec.Decode(&document); err != nil {
		return err
	}
	for _, row := range t {
		if row.Resource != resource || row.refuses == nil {
			continue
		}
		var refused error
		visit(document, row.path, place{}, func(p place) {
			if refused == nil && row.refuses(p.value) {
				refused = row.error(p, words)
			}
		})
		if refused != nil {
			return refused
		}
	}
	return nil
}

// CheckField checks one field by itself, such as a name in a URL.
func (t Table) CheckField(resource, field string, value any, words ...string) error {
	var rows Table
	for _, row := range t {
		if row.path[0].name == field {
			rows = append(rows, row)
		}
	}
	return rows.Check(resource, map[string]any{field: value}, words...)
}

// Refuse makes the refusal of a rule that the service's code knows.
func (t Table) Refuse(resource, field, name string, value any, words ...string) *status.Error {
	for _, row := range t {
		if row.Resource == resource && row.Field == field && row.Rule == "code "+name {
			return row.error(place{at: strings.ReplaceAll(snake(field), "[]", "[0]"), value: value}, words)
		}
	}
	panic("refusals: no rule " + name + " of " + resource + " " + field)
}

func (r Row) error(p place, words []string) *status.Error {
	value := fmt.Sprint(p.value)
	pairs := []string{"{at}", p.at, "{value}", value, "{length}", strconv.Itoa(len([]rune(value))),
		"{count}", strconv.Itoa(size(p.value)), "{duration}", inWords(value), "{key}", p.key, "{first}", first(value)}
	for i := 0; i+1 < len(words); i += 2 {
		pairs = append(pairs, "{"+words[i]+"}", words[i+1])
	}
	e := &status.Error{Code: r.code, Message: strings.NewReplacer(pairs...).Replace(r.Message)}
	if e.Code.Name != r.Reason {
		e.Reason = r.Reason
	}
	e.Details = details(e.Message)
	return e
}

// details are what newer APIs add to messages that name a field.
func details(message string) []any {
	var field, description string
	if rest, ok := strings.CutPrefix(message, "Invalid value at '"); ok {
		field, _, _ = strings.Cut(rest, "'")
		description = message
	} else if strings.HasPrefix(message, "Violation in ") {
		field, description, _ = strings.Cut(message, ": ")
	} else {
		return nil
	}
	return []any{map[string]any{"@type": "type.googleapis.com/google.rpc.BadRequest",
		"fieldViolations": []map[string]string{{"field": field, "description": description}}}}
}
