package rest_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"docx2pdf/local/google/servicetest"
	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/status"
)

// thing is what the test's API takes.
type thing struct {
	Name  string   `json:"name,omitempty"`
	Size  int64    `json:"size,omitempty,string"`
	Parts []*thing `json:"parts,omitempty"`
}

// start serves an API whose calls answer with what they were asked.
func start(t *testing.T) *servicetest.World {
	t.Helper()
	echo := func(name string) func(*rest.Request) (any, error) {
		return func(r *rest.Request) (any, error) {
			return name + " " + r.Var("project") + " " + r.Var("thing") + " " + r.Var("rest"), nil
		}
	}
	decode := func(r *rest.Request) (any, error) {
		var body thing
		return &body, r.Decode(&body)
	}
	answer := func(value any, err error) func(*rest.Request) (any, error) {
		return func(*rest.Request) (any, error) { return value, err }
	}
	const things = "/v1/projects/{project}/things"
	api := &rest.API{Name: "things.googleapis.com", Title: "Things API", Mount: "things", Server: "ESF",
		StatusInErrors: true, ReasonedErrors: true}
	for _, route := range []rest.Route{
		{Method: "GET", Path: things + "/{thing}", Handle: echo("get")},
		{Method: "POST", Path: things + "/{thing}:polish", Handle: echo("polish")},
		{Method: "GET", Path: "/v1/any/{+thing}", Handle: echo("any")},
		{Method: "GET", Path: "/v1/tail/{thing}/{rest...}", Handle: echo("tail")},
		{Method: "POST", Path: "/v1/decode", Handle: decode},
		{Method: "GET", Path: "/v1/empty", Handle: answer(rest.Empty{}, nil)},
		{Method: "GET", Path: "/v1/nothing", Handle: answer(rest.NoContent{}, nil)},
		{Method: "GET", Path: "/v1/made", Handle: answer(rest.Response{Status: 201, Body: "x",
			Header: http.Header{"Etag": {"1"}}}, nil)},
		{Method: "GET", Path: "/v1/stream", Handle: answer(rest.Stream(func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "as it is")
		}), nil)},
		{Method: "GET", Path: "/v1/refused", Handle: answer(nil, &status.Error{Code: status.NotFound, Message: "none",
			Details: []any{"why"}})},
	} {
		route.ID, route.Public = "things"+route.Path, "this is a test"
		api.Routes = append(api.Routes, route)
	}
	w := servicetest.Start(t, t.TempDir())
	w.Serve(nil, api)
	return w
}

func TestPathsFindTheirRoutes(t *testing.T) {
	w := start(t)
	const things = "/things/v1/projects/" + servicetest.Project + "/things"
	for _, test := range []struct {
		method, path string
		status       int
		says         string
	}{
		{"GET", things + "/a", 200, "get " + servicetest.Project + " a "},
		{"GET", things + "/a%2Fb", 200, "a/b"}, // one segment, whatever it means
		{"GET", strings.Replace(things, "/v1/", "/v1/v1/", 1) + "/a", 200, "get "},
		{"POST", things + "/a:polish", 200, "polish "},
		{"POST", things + "/a:burn", 501, "does not model"},
		{"POST", things + "/a", 501, "does not model"},
		{"GET", things + "/a:polish", 501, "does not model"},
		{"GET", things + "/", 501, "does not model"},
		{"GET", "/things/v1/any/a:b", 200, "any  a:b "},
		{"GET", "/things/v1/tail/a/b/c:d", 200, "tail  a b/c:d"},
		{"GET", "/nothing/v1/any/a", 501, "/nothing/v1/any/a"},
	} {
		got := w.Call(test.method, test.path, nil)
		if got.Status != test.status || !strings.Contains(string(got.Body), test.says) {
			t.Errorf("%s %s: %d %s, want %d %q", test.method, test.path, got.Status, got.Body, test.status, test.says)
		}
	}
}

func TestBodiesAreReadStrictly(t *testing.T) {
	w := start(t)
	for body, want := range map[string]string{
		`{"name":"a","size":"5","parts":[{"name":"b"}]}`: `"size":"5"`,
		``:                              `{}`,
		`{"colour":"blue"}`:             `Unknown name \"colour\": Cannot find field.`,
		`{"parts":[{"colour":"blue"}]}`: `Unknown name`,
		`{"parts":[null]}`:              `A list holds null`,
		`{"parts":[{"parts":[null]}]}`:  `A list holds null`,
		`{"name":null}`:                 `{}`,
		`{"name":5}`:                    `Invalid JSON payload`,
		`[]`:                            `Invalid JSON payload`,
		`{"name":`:                      `Invalid JSON payload`,
		`{"name":"` + strings.Repeat("x", 11<<20) + `"}`: `exceeds the limit`,
	} {
		got := w.Call("POST", "/things/v1/decode", []byte(body))
		if refused := strings.HasPrefix(want, "{") || strings.HasPrefix(want, `"`); (got.Status == 200) != refused ||
			!strings.Contains(string(got.Body), want) {
			t.Errorf("%.60s: %d %.200s, want %s", body, got.Status, got.Body, want)
		}
	}
}

func TestAnswersAreWrittenAsTheyAre(t *testing.T) {
	w := start(t)
	for path, want := range map[string]struct {
		status int
		body   string
	}{
		"empty": {200, "{}\n"}, "nothing": {204, ""}, "made": {201, "\"x\"\n"}, "stream": {200, "as it is"},
	} {
		got := w.Call("GET", "/things/v1/"+path, nil)
		if got.Status != want.status || string(got.Body) != want.body || got.Header.Get("Server") != "ESF" {
			t.Errorf("%s: %d %q %v", path, got.Status, got.Body, got.Header)
		}
	}
	if etag := w.Call("GET", "/things/v1/made", nil).Header.Get("Etag"); etag != "1" {
		t.Errorf("the header is %q", etag)
	}
	var refused struct {
		Error struct {
			Code            int
			Message, Status string
			Errors          []struct{ Reason string }
			Details         []string
		}
	}
	w.Call("GET", "/things/v1/refused", nil).Want(404).Into(&refused)
	if e := refused.Error; e.Code != 404 || e.Message != "none" || e.Status != "NOT_FOUND" || len(e.Errors) != 1 ||
		e.Errors[0].Reason != "notFound" || len(e.Details) != 1 {
		t.Errorf("%+v", e)
	}
}

// A route that says neither what it takes nor why it takes nothing is a mistake that the start finds.
func TestARouteSaysWhatItTakes(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a route without a permission was added")
		}
	}()
	new(rest.Server).Add(&rest.API{Routes: []rest.Route{{ID: "things.get", Method: "GET", Path: "/v1/things"}}})
}
