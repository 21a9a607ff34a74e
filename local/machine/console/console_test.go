package console_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"docx2pdf/local/machine/console"
	"docx2pdf/local/machinery/traffic"
)

func TestFlows(t *testing.T) {
	missing := console.Verdict{Why: "no role"}
	direct := deployment()
	direct.Buckets[0].Topics, direct.Backlogs, direct.Topics = []console.Notice{}, nil, nil
	direct.Services[0].Buckets[1] = console.Access{
		Bucket: output,
		Read:   missing,
		Write:  missing,
	} // by its environment only
	unread := deployment()
	unread.Backlogs = unread.Backlogs[:1]
	for name, test := range map[string]struct {
		state console.State
		want  []console.Flow
	}{
		"nothing": {console.State{}, []console.Flow{}},
		"events": {deployment(), []console.Flow{{Inputs: []string{input}, Topic: topic,
			Subscription: push, Service: run, Outputs: []string{output},
			DeadTopic: dead, Dead: []string{letters}}}},
		"without events, and the grant on the output is missing": {direct,
			[]console.Flow{{Inputs: []string{input}, Service: run, Outputs: []string{output}, Dead: []string{}}}},
		"a topic that nobody follows": {unread, []console.Flow{
			{Inputs: []string{input}, Topic: topic, Outputs: []string{}, Dead: []string{}},
			{Inputs: []string{input}, Service: run, Outputs: []string{output}, Dead: []string{}}}},
	} {
		if have := console.Flows(test.state); !reflect.DeepEqual(have, test.want) {
			t.Errorf("%s: %+v, want %+v", name, have, test.want)
		}
	}
}

func TestRefusals(t *testing.T) {
	const account = "x@p.iam.gserviceaccount.com"
	member := "serviceAccount:" + account
	for _, test := range []struct {
		entry   traffic.Entry
		refused bool
		want    *console.Refusal
	}{
		{traffic.Entry{Status: 200, Caller: member, Permission: "run.routes.invoke", Resource: run,
			Why: member + " has roles/run.invoker on " + run}, false, nil},
		{traffic.Entry{Status: 404, Caller: member, Permission: "storage.objects.get", Resource: "buckets/b/objects",
			Why: "No such object: b/o"}, false, nil},
		{traffic.Entry{Status: 401,
			Why: "the ID token does not hold: token is expired", Permission: "run.routes.invoke", Resource: run}, true, nil},
		{traffic.Entry{Status: 403, Caller: "allUsers", Permission: "run.routes.invoke", Resource: run,
			Why: "The request was not authenticated."}, true,
			&console.Refusal{Permission: "run.routes.invoke", Resource: run}},
		{traffic.Entry{Status: 403, Caller: member, Permission: "run.routes.invoke", Resource: run,
			Why: "no role of " + member + " holds run.routes.invoke"}, true,
			&console.Refusal{Permission: "run.routes.invoke", Resource: run, Role: "roles/run.invoker",
				Command: "gcloud run services add-iam-policy-binding docx2pdf --region=us-central1 " +
					"--member=" + member + " --role=roles/run.invoker"}},
		{traffic.Entry{Status: 403, Caller: member, Permission: "storage.objects.get", Resource: "buckets/b/objects",
			Why: "no"}, true,
			&console.Refusal{Permission: "storage.objects.get", Resource: "buckets/b", Role: "roles/storage.objectViewer",
				Command: "gcloud storage buckets add-iam-policy-binding gs://b " +
					"--member=" + member + " --role=roles/storage.objectViewer"}},
		// A call that asks for more than its own permission says so in its text.
		{traffic.Entry{Status: 403, Caller: member, Permission: "run.services.create", Resource: "projects/p",
			Why: "Permission 'iam.serviceaccounts.actAs' denied on service account " + account}, true,
			&console.Refusal{Permission: "iam.serviceaccounts.actAs", Role: "roles/iam.serviceAccountUser"}},
		{traffic.Entry{Status: 0, Caller: member, Call: "push s",
			Why: "message 1, delivery attempt 1: " + account + " lacks iam.serviceAccounts.getOpenIdToken on " + account}, true,
			&console.Refusal{Permission: "iam.serviceAccounts.getOpenIdToken",
				Role: "roles/iam.serviceAccountOpenIdTokenCreator"}},
		{traffic.Entry{Status: 403, Caller: "user:it's;me@example.com", Permission: "pubsub.topics.publish", Resource: topic,
			Why: "no"}, true,
			&console.Refusal{Permission: "pubsub.topics.publish", Resource: topic, Role: "roles/pubsub.publisher",
				Command: `gcloud pubsub topics add-iam-policy-binding docx2pdf-uploads-95a1d54 --member='user:it'\''s;me@example.com' --role=roles/pubsub.publisher`}},
		{traffic.Entry{Status: 403, Caller: member, Permission: "made.up.permission", Resource: "projects/p",
			Why: "no"}, true, &console.Refusal{Permission: "made.up.permission", Resource: "projects/p"}},
	} {
		have := console.Requests([]traffic.Entry{test.entry})[0]
		if have.Refused != test.refused || !reflect.DeepEqual(have.Lacked, test.want) {
			t.Errorf("%+v:\nrefused %v, %+v\nwant %v, %+v", test.entry, have.Refused, have.Lacked, test.refused, test.want)
		}
	}
}

// What somebody uploaded does not run at the page's address.
func TestObjectsAreShownOrSaved(t *testing.T) {
	d := serve(t, deployment())
	for _, test := range []struct{ name, stored, kind, disposition string }{
		{"a.pdf", "application/pdf", "application/pdf", "inline"},
		{"a.error.json", "application/json; charset=utf-8", "text/plain; charset=utf-8", "inline"},
		{"dir/page.html", "text/html", "application/octet-stream", "attachment"},
		{"image.svg", "image/svg+xml", "application/octet-stream", "attachment"},
		{"no type", "", "application/octet-stream", "attachment"},
		{"a;\r\nX-Bad: \"1.docx", "Text/HTML;;", "application/octet-stream", "attachment"},
	} {
		d.put(t, "bucket", test.name, test.stored, "<script>alert(1)</script>")
		response, err := http.Get(d.url + "/console/object?" + url.Values{"bucket": {"bucket"}, "name": {test.name}}.Encode())
		if err != nil {
			t.Fatal(err)
		}
		content, _ := io.ReadAll(response.Body)
		response.Body.Close()
		h := response.Header
		if h.Get("Content-Type") != test.kind || !strings.HasPrefix(h.Get("Content-Disposition"), test.disposition) ||
			h.Get(
				"X-Content-Type-Options",
			) != "nosniff" || h.Get("X-Bad") != "" || !strings.Contains(string(content), "script") {
			t.Errorf("%q as %q: %v %s", test.name, test.stored, h, content)
		}
		if test.kind != "application/pdf" && !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%q is not in a sandbox: %v", test.name, h)
		}
	}
	for _, query := range []string{"", "bucket=bucket", "bucket=bucket&name=../../etc/passwd", "bucket=..&name=.."} {
		response, err := http.Get(d.url + "/console/object?" + query)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusNotFound {
			t.Errorf("%q: %s, want 404", query, response.Status)
		}
	}
}

func TestFilesAreInTheProgram(t *testing.T) {
	d := serve(t, deployment())
	for path, kind := range map[string]string{
		"/":                       "text/html",
		"/console/files/page.css": "text/css",
		"/console/files/page.js":  "text/javascript",
		"/console/files/icon.svg": "image/svg+xml",
	} {
		response, err := http.Get(d.url + path)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusOK || !strings.HasPrefix(response.Header.Get("Content-Type"), kind) ||
			!strings.Contains(response.Header.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: %s %v", path, response.Status, response.Header)
		}
	}
	for _, path := range []string{"/console/files/", "/console/files/none.js", "/index.html"} {
		response, err := http.Get(d.url + path)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s, want 404", path, response.Status)
		}
	}
}

func TestStateHasTheLatestRequests(t *testing.T) {
	d := serve(t, deployment())
	for range 200 {
		d.add(refused)
	}
	response, err := http.Get(d.url + "/console/state")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var state struct {
		console.State
		Requests []console.Request
	}
	if err := json.NewDecoder(response.Body).Decode(&state); err != nil {
		t.Fatal(err)
	}
	if len(state.Requests) != 100 || state.Requests[0].ID != 200 || state.Requests[0].Lacked == nil ||
		len(state.Flows) != 1 {
		t.Errorf("%d requests, the first %+v; %d flows", len(state.Requests), state.Requests[0], len(state.Flows))
	}
}
