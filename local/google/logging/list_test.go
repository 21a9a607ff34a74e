package logging_test

import (
	"testing"

	"docx2pdf/local/google/logging"
	"docx2pdf/local/google/servicetest"
)

func TestEntriesAreListedByFilter(t *testing.T) {
	w := servicetest.Start(t, t.TempDir())
	logs, err := logging.Open(w.DB)
	if err != nil {
		t.Fatal(err)
	}
	w.Serve(nil, logs.API())
	labels := map[string]string{"a.b": "c"}
	if err := logs.Write(servicetest.Project, logging.Entry{TextPayload: "first", Severity: "WARNING", Labels: labels},
		logging.Entry{JsonPayload: []byte(`{"message":"second"}`), Severity: "DEBUG", Labels: labels}); err != nil {
		t.Fatal(err)
	}
	type page struct {
		Entries []struct {
			TextPayload string
			JSONPayload struct{ Message string } `json:"jsonPayload"`
		}
		NextPageToken string
	}
	list := func(fields map[string]any) (p page) {
		t.Helper()
		body := map[string]any{"resourceNames": []string{"projects/" + servicetest.Project}, "pageSize": 1}
		for name, value := range fields {
			body[name] = value
		}
		w.Call("POST", "/logging/v2/entries:list", body).Want(200).Into(&p)
		return p
	}
	for filter, want := range map[string]string{`severity>=INFO`: "first", `jsonPayload.message:"SEC"`: "second",
		`labels.a.b="c" AND severity<WARNING`: "second", `severity!=DEBUG timestamp>"2020-01-01"`: "first"} {
		got := list(map[string]any{"filter": filter})
		if len(got.Entries) != 1 || got.NextPageToken != "" ||
			got.Entries[0].TextPayload+got.Entries[0].JSONPayload.Message != want {
			t.Errorf("%s: %+v, want %q alone", filter, got, want)
		}
	}
	first := list(nil)
	second := list(map[string]any{"pageToken": first.NextPageToken})
	if len(first.Entries) != 1 || first.Entries[0].TextPayload != "first" || len(second.Entries) != 1 ||
		second.Entries[0].JSONPayload.Message != "second" || second.NextPageToken != "" {
		t.Errorf("page by page: %+v, %+v", first, second)
	}
	last := list(map[string]any{"orderBy": "timestamp desc"})
	if len(last.Entries) != 1 || last.Entries[0].JSONPayload.Message != "second" {
		t.Errorf("the newest first: %+v", last)
	}
	w.Call("POST", "/logging/v2/entries:list", map[string]any{"resourceNames": []string{"projects/of-another"}}).Want(403)
	w.Call("POST", "/logging/v2/entries:list", map[string]any{}).Want(400)
}
