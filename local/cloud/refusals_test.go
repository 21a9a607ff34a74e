package cloud_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"docx2pdf/local/google/billing"
	"docx2pdf/local/google/build"
	"docx2pdf/local/google/iam"
	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/google/kms"
	"docx2pdf/local/google/monitoring"
	projectservice "docx2pdf/local/google/project"
	pubsubservice "docx2pdf/local/google/pubsub"
	"docx2pdf/local/google/registry"
	"docx2pdf/local/google/run"
	"docx2pdf/local/google/serviceusage"
	"docx2pdf/local/google/storage"
	"docx2pdf/local/machinery/refusal"
)

var refusalTables = map[string]refusal.Table{"billing": billing.Refusals, "build": build.Refusals, "iam": iam.Refusals,
	"kms":        kms.Refusals,
	"policy":     policy.Refusals,
	"monitoring": monitoring.Refusals,
	"project":    projectservice.Refusals, "pubsub": pubsubservice.Refusals, "registry": registry.Refusals,
	"run": run.Refusals, "serviceusage": serviceusage.Refusals, "storage": storage.Refusals}

// TestRefusals sends the example of each row of the tables, and expects the row's status, reason and words.
func TestRefusals(t *testing.T) {
	w := start(t)
	world := refusalWorld(w)
	for service, table := range refusalTables {
		for i, row := range table {
			t.Run(fmt.Sprintf("%s/%d %s %s %s", service, i, row.Resource, row.Field, row.Rule), func(t *testing.T) {
				call, ok := world[service+" "+row.Resource]
				if !ok {
					t.Fatalf("no call for %s %s", service, row.Resource)
				}
				w.t = t
				got := call.send(w, row)
				if got.status != row.Status {
					t.Fatalf("status %d, want %d: %s", got.status, row.Status, got.body)
				}
				reason := got.at("error", "status")
				if reason != row.Reason {
					reason = got.at("error", "errors", 0, "reason")
				}
				if reason != row.Reason {
					t.Errorf("reason %v, want %s: %s", reason, row.Reason, got.body)
				}
				if message := got.text("error", "message"); !words(row).MatchString(message) {
					t.Errorf("it says %q\nwant    %q", message, row.Message)
				}
				if row.Source == "" || row.Source == "?" {
					t.Error("the row has no source")
				}
			})
		}
	}
	w.t = t
}

var placeholder = regexp.MustCompile(`\\\{[a-z]+\\\}`)

// words are the message of a row with anything in the places of its words.
func words(row refusal.Row) *regexp.Regexp {
	text := regexp.QuoteMeta(row.Message)
	if value, ok := row.Refused.(string); ok {
		text = strings.ReplaceAll(text, `\{value\}`, ".*"+regexp.QuoteMeta(value))
	}
	return regexp.MustCompile("(?s)^" + placeholder.ReplaceAllString(text, ".*") + "$")
}

// refusalCall is a call that is all right until a row's example is put into it.
type refusalCall struct {
	method string
	path   string // with {FIELD} where a field is in the URL
	body   string // JSON
	names  map[string]string
	// incomplete says that the call is refused without an example as well.
	incomplete bool
}

func (c refusalCall) send(w *world, row refusal.Row) answer {
	w.t.Helper()
	path, inURL := c.path, false
	for name, usual := range c.names {
		value := usual
		if field, _, _ := strings.Cut(row.Field, "["); field == name {
			value, inURL = fmt.Sprint(row.Refused), true
			if list, ok := row.Refused.([]any); ok {
				value = strings.Trim(fmt.Sprint(list), "[]")
			}
		}
		path = strings.ReplaceAll(path, "{"+name+"}", url.QueryEscape(value))
	}
	var body map[string]any
	if err := json.Unmarshal([]byte(c.body), &body); err != nil {
		w.t.Fatalf("%s: %v", c.body, err)
	}
	if mask, ok := row.Refused.(string); ok && !inURL && row.Field == "updateMask[]" {
		body["updateMask"] = mask
	} else if !inURL {
		put(body, strings.Split(row.Field, "."), row.Refused)
	}
	return w.call(w.owner, c.method, path, body)
}

// put sets a value in a body: the first item of a list, one entry of a map.
func put(body map[string]any, path []string, value any) {
	name, inside, _ := strings.Cut(path[0], "[")
	inner := value
	if len(path) > 1 {
		fields := map[string]any{}
		present := body[name]
		if items, ok := present.([]any); ok {
			present = items[0]
		}
		if have, ok := present.(map[string]any); ok {
			fields = have
		}
		put(fields, path[1:], value)
		inner = fields
	}
	if text, ok := value.(map[string]any); ok && inside != "" && len(path) == 1 && !strings.HasPrefix(inside, "]") {
		inner, inside = text, "" // the example is the whole map
	}
	switch inside {
	case "":
		body[name] = inner
	case "]":
		body[name] = []any{inner}
	case "key]":
		body[name] = map[string]any{fmt.Sprint(inner): "v"}
	case "value]":
		body[name] = map[string]any{"key": inner}
	}
}

// TestRefusalsTakeWhatIsRight: the calls of the tables' test succeed as they are, so that it is the examples that are
// refused.
func TestRefusalsTakeWhatIsRight(t *testing.T) {
	w := start(t)
	calls := refusalWorld(w)
	var names []string
	for name := range calls {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if calls[name].incomplete {
			continue
		}
		c := calls[name]
		path := c.path
		for field, usual := range c.names {
			path = strings.ReplaceAll(path, "{"+field+"}", usual)
		}
		if got := w.call(w.owner, c.method, path, c.body); got.status != 200 {
			t.Errorf("%s: %s answered %d: %s", name, got.call, got.status, got.body)
		}
	}
}

// TestHostileValues: whatever stands in a field, or around it, the answer says what is wrong or takes it; no call fails
// inside.
func TestHostileValues(t *testing.T) {
	values := []string{"null", "[]", "[null]", "[[]]", "{}", `{"x":null}`, `"x"`, `"\u0000"`, "-1", "1e300", "true",
		`"99999999999999999999"`}
	w := start(t)
	world := refusalWorld(w)
	for service, table := range refusalTables {
		sent := map[string]bool{}
		for _, row := range table {
			call := world[service+" "+row.Resource]
			for path := strings.Split(row.Field, "."); len(path) > 0; path = path[:len(path)-1] {
				row.Field = strings.Join(path, ".")
				for _, text := range values {
					if at := row.Resource + " " + row.Field + " " + text; sent[at] {
						continue
					} else if sent[at] = true; json.Unmarshal([]byte(text), &row.Refused) != nil {
						t.Fatal(text)
					}
					if got := call.send(w, row); got.status >= 500 && got.status != 501 {
						t.Errorf("%s %s with %s in %s: %d %s", service, row.Resource, text, row.Field, got.status, got.body)
					}
				}
			}
		}
	}
}
