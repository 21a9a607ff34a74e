package refusal_test

import (
	"strings"
	"testing"

	"docx2pdf/local/machinery/refusal"
	"docx2pdf/local/machinery/status"
)

const header = "resource\tfield\trule\trefused\tstatus\treason\tmessage\tsource\n"

func table(rows ...string) refusal.Table {
	return refusal.MustRead(header + strings.ReplaceAll(strings.Join(rows, "\n"), "|", "\t"))
}

func TestRules(t *testing.T) {
	for rule, test := range map[string]struct{ taken, refused any }{
		"required":             {"x", ""},
		"absent":               {nil, "x"},
		"pattern [a-z]+":       {"abc", "abc1"},
		"not ^goog":            {"good", "google"},
		"one of A B":           {"B", "C"},
		"one of A @regions":    {"us-central1", "us-central9"},
		"length 1..3":          {"äöü", "abcd"},
		"bytes 1..3":           {"abc", "äöü"},
		"range 10..600":        {10, 9},
		"range 10..20":         {"20", "21"},
		"count 1..2":           {[]int{1, 2}, []int{1, 2, 3}},
		"duration 600..3600":   {"600.5s", "599s"},
		"duration 600..999999": {"600s", "soon"},
		"code never":           {"anything", nil},
	} {
		one := table("things|field|" + rule + "|\"x\"|400|INVALID_ARGUMENT|no|?")
		if err := one.CheckField("things", "field", test.taken); err != nil {
			t.Errorf("%s: %v is refused: %v", rule, test.taken, err)
		}
		if err := one.CheckField("things", "field", test.refused); err == nil && test.refused != nil {
			t.Errorf("%s: %v is taken", rule, test.refused)
		}
		if err := one.Check("things", map[string]any{}); err != nil && rule != "required" {
			t.Errorf("%s: what is absent is refused: %v", rule, err)
		}
		if err := one.Check("others", map[string]any{"field": test.refused}); err != nil {
			t.Errorf("%s: another resource is refused: %v", rule, err)
		}
	}
}

func TestWordsNameWhatWasSent(t *testing.T) {
	rows := table(
		"services|template.containers[].maxCount|range 0..5|9|400|INVALID_ARGUMENT|"+
			"Violation in {request}.{at}: not {value}.|?",
		"services|labels[key]|pattern [a-z]+|\"A\"|400|invalid|{value} begins with {first}|?",
		"services|labels[value]|length 0..3|\"abcd\"|400|invalid|{key} has {length}|?",
		"services|timeout|duration 0..60|\"1h\"|400|FAILED_PRECONDITION|{duration} is long|?",
		"services|names|count 0..1|[1]*2|429|RESOURCE_EXHAUSTED|{count} names|?",
		"services|traffic|code sum|1|400|INVALID_ARGUMENT|{value} of {most}|?")
	type object = map[string]any
	for want, body := range map[string]object{
		"Violation in Create.template.containers[1].max_count: not 7.": {"template": object{"containers": []any{object{},
			object{"maxCount": 7}}}},
		"Über begins with Ü": {"labels": object{"Über": "x"}},
		"a has 4":            {"labels": object{"a": "abcd"}},
		"2h is long":         {"timeout": "7200s"},
		"59m59s is long":     {"timeout": "3599s"},
		"3 names":            {"names": []string{"a", "b", "c"}},
	} {
		if err := rows.Check("services", body, "request", "Create"); err == nil || err.Error() != want {
			t.Errorf("%v: %v, want %s", body, err, want)
		}
	}
	if err := rows.Refuse("services", "traffic", "sum", 90, "most", "100"); err.Error() != "90 of 100" {
		t.Error(err)
	}
	refused := status.From(rows.Check("services", object{"labels": object{"A": ""}}))
	if refused.Code != status.InvalidArgument || refused.Reason != "invalid" {
		t.Errorf("the reason of an older API: %+v", refused)
	}
	if e := status.From(rows.Check("services", object{"timeout": "1h"})); e.Code != status.FailedPrecondition {
		t.Errorf("the code by its name: %+v", e)
	}
}

// A table is part of the program: one that is wrong stops it at its start, naming the line.
func TestTablesThatAreWrong(t *testing.T) {
	for row, want := range map[string]string{
		"too|short":                                      "2 columns",
		"r|f|guess|1|400|INVALID_ARGUMENT|m|s":           "no rule",
		"r|f|pattern (|1|400|INVALID_ARGUMENT|m|s":       "missing closing",
		"r|f|range a..b|1|400|INVALID_ARGUMENT|m|s":      "invalid syntax",
		"r|f|one of @moons|1|400|INVALID_ARGUMENT|m|s":   "no set",
		"r|f|required|oops|400|INVALID_ARGUMENT|m|s":     "the example",
		"r|f|required|1|299|INVALID_ARGUMENT|m|s":        "299 is not known",
		"r|f[9]|required|1|400|INVALID_ARGUMENT|m|s":     "not a path",
		"r|f|required|1|four|INVALID_ARGUMENT|m|s":       "four",
		"r|f|count 1..2|5*3|400|INVALID_ARGUMENT|text|s": "cannot be repeated",
	} {
		func() {
			defer func() {
				if text, _ := recover().(string); !strings.Contains(text, "line 2") || !strings.Contains(text, want) {
					t.Errorf("%s: %q, want line 2 and %q", row, text, want)
				}
			}()
			table(row)
		}()
	}
}
