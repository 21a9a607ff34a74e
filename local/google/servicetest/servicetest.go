// Package servicetest serves single services of the local cloud to their own tests, over HTTP as their clients see
// them, to the owner of one project.
package servicetest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"docx2pdf/local/google/iam"
	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/google/iam/token"
	"docx2pdf/local/google/kms"
	"docx2pdf/local/google/project"
	"docx2pdf/local/machinery/door"
	"docx2pdf/local/machinery/operation"
	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/store"
	"docx2pdf/local/machinery/traffic"
)

// Project is the project that is there.
const Project = "docx2pdf-local"

// World is what a service needs of the others.
type World struct {
	DB         *store.DB
	Policies   *policy.Engine
	Tokens     *token.Authority
	Accounts   *iam.Service
	Projects   *project.Service
	Keys       *kms.Service
	Operations *operation.Operations
	Door       *door.Door
	Log        *slog.Logger
	URL        string // of what Serve serves

	t *testing.T
}

// Start opens the state in a folder, which may be a former world's.
func Start(t *testing.T, dir string) *World {
	t.Helper()
	db, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	w := &World{t: t, DB: db, Log: slog.New(slog.DiscardHandler)}
	if w.Operations, err = operation.Open(db); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
	policies, judge := policy.Open(db)
	w.Policies = policies
	if w.Tokens, err = token.Open(db.Folder("token"), "owner@example.com"); err != nil {
		t.Fatal(err)
	}
	w.Door = door.New(judge, w.Tokens, traffic.New(), w.Log)
	w.Accounts = iam.Open(db, w.Policies, w.Tokens)
	w.Projects = project.Open(db, w.Policies, w.Door, w.Operations)
	w.Accounts.UseProjects(w.Projects)
	w.Keys = kms.Open(db, w.Policies, w.Projects)
	if _, there := w.Projects.Number(Project); !there {
		if err := w.Projects.Create(Project, "", nil, w.Tokens.Owner()); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// Stop closes the state, so that another world can open it.
func (w *World) Stop() {
	w.Operations.Wait()
	w.DB.Close()
}

// Serve serves APIs, which are enabled, and other handlers by their paths, until the test ends.
func (w *World) Serve(others map[string]http.Handler, apis ...*rest.API) {
	w.t.Helper()
	server := &rest.Server{Door: w.Door, Projects: w.Projects, Log: w.Log}
	for _, api := range apis {
		server.Add(api)
		if err := w.Projects.SetEnabled(Project, api.Name, true); err != nil {
			w.t.Fatal(err)
		}
	}
	served := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, r *http.Request) {
		for path, other := range others {
			if len(r.URL.Path) >= len(path) && r.URL.Path[:len(path)] == path {
				other.ServeHTTP(writer, r)
				return
			}
		}
		server.ServeHTTP(writer, r)
	}))
	w.t.Cleanup(served.Close)
	w.URL = served.URL
}

// Answer is what a call got.
type Answer struct {
	t      *testing.T
	call   string
	Status int
	Header http.Header
	Body   []byte
}

// Call makes a call of the owner. The body is JSON, or bytes as they are; nil for none. The header's names and values
// take turns.
func (w *World) Call(method, path string, body any, header ...string) Answer {
	w.t.Helper()
	content, raw := body.([]byte)
	if !raw && body != nil {
		var err error
		if content, err = json.Marshal(body); err != nil {
			w.t.Fatal(err)
		}
	}
	r, err := http.NewRequest(method, w.URL+path, bytes.NewReader(content))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+w.Tokens.OwnerToken())
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	answer := Answer{t: w.t, call: method + " " + path, Status: response.StatusCode, Header: response.Header}
	if answer.Body, err = io.ReadAll(response.Body); err != nil {
		w.t.Fatal(err)
	}
	return answer
}

// Want ends the test when the status is another.
func (a Answer) Want(status int) Answer {
	a.t.Helper()
	if a.Status != status {
		a.t.Fatalf("%s answered %d, want %d: %s", a.call, a.Status, status, a.Body)
	}
	return a
}

// Into reads the JSON of the answer.
func (a Answer) Into(v any) {
	a.t.Helper()
	if err := json.Unmarshal(a.Body, v); err != nil {
		a.t.Fatal(fmt.Errorf("%s: %w: %s", a.call, err, a.Body))
	}
}
