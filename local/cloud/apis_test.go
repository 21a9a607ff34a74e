package cloud_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"docx2pdf/local/cloud"
	"docx2pdf/local/machinery/rest"
)

// seen collects, for the table of APIs, which calls were made by replayed recordings and by Google's own clients.
var seen = struct {
	sync.Mutex
	by map[string]map[string]bool
}{by: map[string]map[string]bool{"recording": {}, "client": {}}}

// checkedBy notes the calls that a client made; call it at the end of a test.
func (w *world) checkedBy(how string, agent *regexp.Regexp) {
	w.t.Helper()
	var log struct {
		Requests []struct {
			Call   string `json:"call"`
			Agent  string `json:"agent"`
			Status int    `json:"status"`
		} `json:"requests"`
	}
	if err := json.Unmarshal(w.call("", "GET", "/requests", nil).want(200).body, &log); err != nil {
		w.t.Fatal(err)
	}
	seen.Lock()
	defer seen.Unlock()
	for _, r := range log.Requests {
		if agent.MatchString(r.Agent) && r.Status < 500 {
			seen.by[how][r.Call] = true
		}
	}
}

const tableFile = "../APIS.md"

// TestMain compares the table of APIs with the calls and what has been seen of them. It needs all tests to have run:
// with a selection of tests it is left out. UPDATE=1 writes the table.
func TestMain(m *testing.M) {
	code := m.Run()
	if selected := flag.Lookup("test.run").Value.String() + flag.Lookup("test.skip").Value.String(); code == 0 &&
		selected == "" {
		want := table()
		if os.Getenv("UPDATE") != "" {
			if err := os.WriteFile(tableFile, want, 0o644); err != nil {
				fmt.Println(err)
				code = 1
			}
		} else if have, err := os.ReadFile(tableFile); err != nil || !bytes.Equal(have, want) {
			fmt.Println("local/APIS.md is not up to date; write it with: UPDATE=1 go test ./local/cloud")
			code = 1
		}
	}
	os.Exit(code)
}

func table() []byte {
	var out bytes.Buffer
	out.WriteString(`# The APIs of the local Google Cloud

Everything that is modelled, with the permissions that a call takes, or why it takes none. Whatever is not in this table answers 501 with its
method and path. This file is made by the tests: ` + "`UPDATE=1 go test ./local/cloud`" + `.

- Recording: the call is part of an exchange recorded from Google Cloud that replays with the same status, fields, types
  and defaults (` + "`cloud/testdata/recordings`" + `).
- Client: one of Google's own clients makes the call in a test, unmodified: google-auth and google-api-python-client, ` + "`cloud.google.com/go/storage`" + `,
  ` + "`google.golang.org/api` with `idtoken`" + `.

` + "`gcloud run`" +
		` speaks the Admin API v1 to its region's host, us-central1-127.0.0.1, which it reaches with the local
cloud as its proxy: ` + "`go run ./local env`" +
		` sets that up. Tried by hand with gcloud 528: run services and revisions (list, describe,
deploy, update, update-traffic, delete, policies), storage (cp, mv, rsync, ls, cat, rm, buckets), pubsub topics and
subscriptions, iam service-accounts with keys and impersonation, projects, services, builds list, logging read.

The official pulumi-resource-gcp 7.38.0 makes its calls here in ` + "`make official`" +
		`: the whole program, every change of its
configuration, and its removal, with the roles that the README lists.

Beside these: the token endpoints (` +
		"`/token`, `/sts/v1/token`, `/oauth2/v3/certs`, `/oauth2/v1/certs`, `/.well-known/openid-configuration`, " +
		"`/tokeninfo`, `/v1/userinfo`" + `),
an OCI registry (` + "`/v2/`" + `), the front end of each Cloud Run service, and a metadata server for each container.
`)
	for _, api := range cloud.APIs() {
		fmt.Fprintf(&out, "\n## %s\n\n| Call | Permission | Recording | Client |\n|---|---|---|---|\n", api.Name)
		var rows []string
		for _, r := range api.Routes {
			row := fmt.Sprintf("| %s | %s | %s | %s |\n", r.ID, taken(r), mark("recording", r.ID), mark("client", r.ID))
			if !slices.Contains(rows, row) {
				rows = append(rows, row)
			}
		}
		slices.Sort(rows)
		out.WriteString(strings.Join(rows, ""))
	}
	return out.Bytes()
}

// taken is what a call takes, in words.
func taken(r rest.Route) string {
	var words []string
	if r.Permission != "" {
		words = append(words, r.Permission)
	}
	for _, need := range r.Also {
		words = append(words, need.Permission+" for "+need.Of)
	}
	switch {
	case r.Anyone != "":
		words = append(words, "none: "+r.Anyone)
	case r.Public != "":
		words = append(words, "no credential: "+r.Public)
	}
	return strings.Join(words, "; ")
}

func mark(how, id string) string {
	if seen.by[how][id] {
		return "yes"
	}
	return ""
}
