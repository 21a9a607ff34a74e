package rest_test

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/machinery/door"
	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/status"
	"docx2pdf/local/machinery/store"
	"docx2pdf/local/machinery/traffic"
)

// callers are who comes: their token is their email.
type callers struct{}

func (callers) Exists(string) bool { return true }

func (callers) Principal(token string) (policy.Principal, error) {
	if token == "forged" {
		return policy.Anonymous, status.Errorf(status.Unauthenticated, "forged")
	}
	return policy.Principal{Email: token}, nil
}

func (c callers) Authenticate(r *http.Request) (policy.Principal, error) {
	if token := r.Header.Get("Authorization"); token != "" {
		return c.Principal(token)
	}
	return policy.Anonymous, nil
}

func (c callers) VerifyID(token string, _ []string) (policy.Principal, error) {
	return c.Principal(token)
}

// projects is the one project one, number 1, in which Pub/Sub is on.
type projects struct{}

func (projects) ID(idOrNumber string) (string, bool) {
	if idOrNumber == "1" {
		return "one", true
	}
	return idOrNumber, idOrNumber == "one"
}

func (projects) Number(project string) (string, bool) { return "1", project == "one" }
func (projects) Usable(project, service string) bool  { return service == "pubsub.googleapis.com" }

const editor, publisher = "editor@one.iam.gserviceaccount.com", "publisher@one.iam.gserviceaccount.com"

// world is a server with one API, whose handlers note that they were reached.
type world struct {
	*rest.Server
	log     *traffic.Log
	reached []string
}

func guarded(t *testing.T, apis ...func(*world) *rest.API) *world {
	t.Helper()
	db, err := store.Open(filepath.Join(t.TempDir(), "state"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	policies, judge := policy.Open(db)
	policies.UseAccounts(callers{})
	for role, email := range map[string]string{"roles/pubsub.editor": editor, "roles/pubsub.publisher": publisher} {
		if err := policies.Grant("projects/one", role, "serviceAccount:"+email); err != nil {
			t.Fatal(err)
		}
	}
	log, logger := traffic.New(), slog.New(slog.NewTextHandler(io.Discard, nil))
	w := &world{log: log, Server: &rest.Server{Door: door.New(judge, callers{}, log, logger), Projects: projects{},
		Log: logger}}
	for _, api := range apis {
		w.Add(api(w))
	}
	return w
}

func (w *world) handler(name string) func(*rest.Request) (any, error) {
	return func(r *rest.Request) (any, error) {
		w.reached = append(w.reached, name)
		var body map[string]any
		err := r.Decode(&body)
		return map[string]any{"caller": r.Caller.Email, "body": body, "x": r.Var("x")}, err
	}
}

func pubsub(w *world) *rest.API {
	named := func(r *rest.Request) ([]policy.Resource, error) {
		var body struct{ Topics []string }
		if err := r.Peek(&body); err != nil {
			return nil, err
		}
		var all []policy.Resource
		for _, topic := range body.Topics {
			all = append(all, policy.In(topic))
		}
		return all, nil
	}
	return &rest.API{Name: "pubsub.googleapis.com", Title: "Pub/Sub", Mount: "pubsub", StatusInErrors: true,
		Routes: []rest.Route{
			{ID: "topics.get", Method: "GET", Path: "/v1/projects/{project}/topics/{x}", Permission: "pubsub.topics.get",
				On: rest.OnProject, Handle: w.handler("topics.get")},
			{ID: "topics.join", Method: "POST", Path: "/v1/projects/{project}:join", Permission: "pubsub.topics.publish",
				On: rest.OnProject, Handle: w.handler("topics.join"),
				Also: []rest.Need{{Permission: "pubsub.topics.get", Of: "each topic", On: named}}},
			{ID: "later", Method: "POST", Path: "/v1/projects/{project}:later", Permission: "pubsub.topics.publish",
				On: rest.OnProject, Also: []rest.Need{{Permission: "pubsub.topics.delete", Of: "what is there"}},
				Handle: func(r *rest.Request) (any, error) {
					err := r.Allow("pubsub.topics.delete", policy.Project("one"))
					if err == nil {
						err = r.Allow("pubsub.topics.create", policy.Project("one"))
					}
					return rest.Empty{}, err
				}},
			{ID: "open", Method: "GET", Path: "/v1/open", Anyone: "a reason", Handle: w.handler("open")},
			{ID: "public", Method: "GET", Path: "/v1/public", Public: "a reason", Handle: w.handler("public")},
			{ID: "plain", Method: "GET", Path: "/v1/projects/{project}/plain/{x...}", Permission: "pubsub.topics.get",
				On: rest.OnProject, Handle: w.handler("plain"),
				Refuse: func(_ *rest.Request, err error) (any, error) {
					return rest.Stream(func(w http.ResponseWriter, _ *http.Request) {
						http.Error(w, "plainly: "+err.Error(), status.From(err).Code.HTTP)
					}), nil
				}},
		}}
}

func run(w *world) *rest.API {
	return &rest.API{Name: "run.googleapis.com", Title: "Run", Mount: "run", StatusInErrors: true, Routes: []rest.Route{
		{ID: "services.get", Method: "GET", Path: "/v2/projects/{project}", Permission: "run.services.get",
			On: rest.OnProject, Handle: w.handler("services.get")}}}
}

// call returns the answer's status and body, and the request's entry in the log.
func (w *world) call(token, method, path, body string) (int, string, traffic.Entry) {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Authorization", token)
	recorder := httptest.NewRecorder()
	w.ServeHTTP(recorder, r)
	return recorder.Code, recorder.Body.String(), w.log.Latest(1)[0]
}

func TestAHandlerIsReachedThroughTheDoorOnly(t *testing.T) {
	w := guarded(t, pubsub, run)
	const topic = "/pubsub/v1/projects/one/topics/a"
	for _, test := range []struct {
		name, token, method, path, body string
		status                          int
		text, why                       string
	}{
		{"granted", editor, "GET", topic, "", 200, `"caller":"` + editor, "has roles/pubsub.editor on projects/one"},
		{"by the number", editor, "GET", "/pubsub/v1/projects/1/topics/a", "", 200, `"x":"a"`, "roles/pubsub.editor"},
		{"no credential", "", "GET", topic, "", 401, "UNAUTHENTICATED", "credential"},
		{"a forged one", "forged", "GET", topic, "", 401, "forged", "forged"},
		{"no grant", publisher, "GET", topic, "", 403, "PERMISSION_DENIED", "holds pubsub.topics.get"},
		{"another project", editor, "GET", "/pubsub/v1/projects/two/topics/a", "", 403, "or it may not exist",
			"project two"},
		{"an API that is off", editor, "GET", "/run/v2/projects/one", "", 403, "SERVICE_DISABLED", "has not been used"},
		{"no such call", editor, "GET", "/pubsub/v1/nothing", "", 501, "does not model GET /pubsub/v1/nothing", "model"},
		{"another method", editor, "DELETE", topic, "", 501, "does not model DELETE", "model"},
		{"all that the body names", editor, "POST", "/pubsub/v1/projects/one:join",
			`{"topics":["projects/one/topics/a","projects/one/topics/b"]}`, 200, `"topics":["projects/one/topics/a"`,
			"roles/pubsub.editor"},
		{"one that the body names", editor, "POST", "/pubsub/v1/projects/one:join",
			`{"topics":["projects/one/topics/a","projects/two/topics/b"]}`, 403, "PERMISSION_DENIED",
			"projects/two/topics/b"},
		{"the first permission", publisher, "POST", "/pubsub/v1/projects/one:join", `{"topics":["projects/one/topics/a"]}`,
			403, "PERMISSION_DENIED", "holds pubsub.topics.get"},
		{"a body that is none", editor, "POST", "/pubsub/v1/projects/one:join", `{"topics":`, 400, "Invalid JSON", "JSON"},
		{"a body of another type", editor, "POST", "/pubsub/v1/projects/one:join", `{"topics":1}`, 400, "Invalid JSON",
			"JSON"},
		{"a body too large", editor, "POST", "/pubsub/v1/projects/one:join", strings.Repeat(" ", 11<<20), 400, "size",
			"size"},
		{"for anyone", "nobody@example.com", "GET", "/pubsub/v1/open", "", 200, "nobody@example.com", ""},
		{"for anyone with a credential", "", "GET", "/pubsub/v1/open", "", 401, "UNAUTHENTICATED", "credential"},
		{"for everybody", "forged", "GET", "/pubsub/v1/public", "", 200, `"caller":""`, ""},
		{"in another format", publisher, "GET", "/pubsub/v1/projects/one/plain/a/b", "", 403, "plainly: The caller",
			"holds pubsub.topics.get"},
		{"a path to its end", editor, "GET", "/pubsub/v1/projects/one/plain/a/b", "", 200, `"x":"a/b"`,
			"roles/pubsub.editor"},
	} {
		w.reached = nil
		code, body, entry := w.call(test.token, test.method, test.path, test.body)
		if code != test.status || !strings.Contains(body, test.text) {
			t.Errorf("%s: %d %s, want %d %s", test.name, code, body, test.status, test.text)
		}
		if entry.Status != test.status || !strings.Contains(entry.Why, test.why) {
			t.Errorf("%s: in the log: %+v, want %q", test.name, entry, test.why)
		}
		if (len(w.reached) > 0) != (code == 200) {
			t.Errorf("%s: %d, and the handlers reached are %v", test.name, code, w.reached)
		}
	}
}

// What depends on what is there is asked for by the handler, as far as the table says so.
func TestAHandlerAsksForWhatItsRouteNames(t *testing.T) {
	w := guarded(t, pubsub)
	code, body, entry := w.call(publisher, "POST", "/pubsub/v1/projects/one:later", "")
	if code != 403 || entry.Permission != "pubsub.topics.delete" {
		t.Errorf("without the grant: %d %s, %+v", code, body, entry)
	}
	code, body, _ = w.call(editor, "POST", "/pubsub/v1/projects/one:later", "")
	if code != 500 || !strings.Contains(body, "asks for pubsub.topics.create, which the table of calls does not say") {
		t.Errorf("beyond the table: %d %s", code, body)
	}
}

func TestARouteWithoutAGuardIsNoRoute(t *testing.T) {
	handle := func(*rest.Request) (any, error) { return rest.Empty{}, nil }
	onProject := func(r *rest.Request) ([]policy.Resource, error) { return nil, errors.New("never asked") }
	for name, route := range map[string]rest.Route{
		"nothing":             {},
		"permission for what": {Permission: "pubsub.topics.get"},
		"both":                {Permission: "pubsub.topics.get", On: rest.OnProject, Anyone: "a reason"},
		"two reasons":         {Anyone: "a reason", Public: "another"},
		"only later":          {Also: []rest.Need{{Permission: "pubsub.topics.get"}}},
		"open and needed":     {Also: []rest.Need{{Permission: "pubsub.topics.get", On: onProject}}, Public: "a reason"},
	} {
		route.ID, route.Method, route.Path, route.Handle = "x", "GET", "/x", handle
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: the server takes it", name)
				}
			}()
			guarded(t).Add(&rest.API{Name: "x", Routes: []rest.Route{route}})
		}()
	}
}
