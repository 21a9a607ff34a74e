package door_test

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/machinery/door"
	"docx2pdf/local/machinery/status"
	"docx2pdf/local/machinery/store"
	"docx2pdf/local/machinery/traffic"
)

const (
	reader   = "reader@p.iam.gserviceaccount.com"
	stranger = "stranger@p.iam.gserviceaccount.com"
	get      = "storage.objects.get"
)

var object = policy.Resource{Project: "p", Name: "buckets/b"}

// guests have credentials: their email, and what the credential is limited to after a space.
type guests struct{}

func (guests) Exists(email string) bool { return email == reader || email == stranger }

func (g guests) Principal(token string) (policy.Principal, error) {
	email, limit, _ := strings.Cut(token, " ")
	if !g.Exists(email) {
		return policy.Anonymous, status.Errorf(status.Unauthenticated, "nobody has this token")
	}
	if audience, ok := strings.CutPrefix(limit, "for "); ok {
		return policy.Principal{Email: email, Audience: audience}, nil
	}
	return policy.Principal{Email: email, Scopes: limit}, nil
}

func (g guests) Authenticate(r *http.Request) (policy.Principal, error) {
	token := r.Header.Get("Authorization")
	if token == "" {
		return policy.Anonymous, nil
	}
	return g.Principal(token)
}

func (g guests) VerifyID(token string, audiences []string) (policy.Principal, error) {
	if !slices.Contains(audiences, "https://service") {
		return policy.Anonymous, errors.New("made for somebody else")
	}
	return g.Principal(token)
}

// world is a door before which reader may read.
type world struct {
	*door.Door
	log *traffic.Log
}

func start(t *testing.T) world {
	t.Helper()
	db, err := store.Open(filepath.Join(t.TempDir(), "state"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	policies, judge := policy.Open(db)
	policies.UseAccounts(guests{})
	if err := policies.Grant("buckets/b", "roles/storage.objectViewer", "serviceAccount:"+reader); err != nil {
		t.Fatal(err)
	}
	log := traffic.New()
	return world{door.New(judge, guests{}, log, slog.New(slog.NewTextHandler(io.Discard, nil))), log}
}

func (w world) last(t *testing.T) traffic.Entry {
	t.Helper()
	entries := w.log.Latest(1)
	if len(entries) == 0 {
		t.Fatal("nothing is in the log")
	}
	return entries[0]
}

// identified is a visit of a call by whom a credential belongs to.
func (w world) identified(t *testing.T, credential string) *door.Visit {
	t.Helper()
	r := httptest.NewRequest("GET", "/storage/v1/b/b/o/a", nil)
	r.Header.Set("Authorization", credential)
	v := w.Enter(r, get)
	if err := v.Identify(r, "storage.googleapis.com", get); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestADecisionIsWrittenDownWithItsReason(t *testing.T) {
	w := start(t)
	v := w.identified(t, reader)
	if err := v.Allow(get, object); err != nil {
		t.Errorf("who has the grant is refused: %v", err)
	}
	v.Leave(200, nil)
	if e := w.last(t); e.Caller != "serviceAccount:"+reader || e.Permission != get || e.Resource != "buckets/b" ||
		e.Status != 200 || e.Call != get || e.Why != "serviceAccount:"+reader+" has roles/storage.objectViewer on buckets/b" {
		t.Errorf("in the log: %+v", e)
	}

	v = w.identified(t, stranger)
	v.Words = func(p policy.Principal, permission string, on policy.Resource) string {
		return p.Email + " may not " + permission + " on " + on.Name
	}
	err := v.Allow(get, object)
	if !status.Is(err, status.PermissionDenied) || err.Error() != stranger+" may not "+get+" on buckets/b" {
		t.Errorf("the refusal is %v", err)
	}
	v.Leave(403, err)
	if e := w.last(t); e.Status != 403 || e.Permission != get || !strings.Contains(e.Why, "holds "+get) {
		t.Errorf("in the log: %+v", e)
	}
}

// The first permission is the call's; one that is lacked later is what the call failed for.
func TestTheLogNamesThePermissionThatWasLacked(t *testing.T) {
	w := start(t)
	v := w.identified(t, reader)
	if err := errors.Join(v.Allow(get, object), v.Allow("storage.objects.list", object)); err != nil {
		t.Fatal(err)
	}
	v.Leave(200, nil)
	if e := w.last(t); e.Permission != get || strings.Count(e.Why, "has roles/storage.objectViewer") != 2 {
		t.Errorf("in the log: %+v", e)
	}
	v = w.identified(t, reader)
	if err := v.Allow(get, object); err != nil {
		t.Fatal(err)
	}
	err := v.Allow("storage.objects.delete", object)
	v.Leave(403, err)
	if e := w.last(t); e.Permission != "storage.objects.delete" || !strings.Contains(e.Why, "storage.objects.delete") {
		t.Errorf("in the log: %+v", e)
	}
	// What is wrong beside permissions is told as it is.
	v = w.identified(t, reader)
	v.Leave(404, errors.Join(v.Allow(get, object), errors.New("no such object")))
	if e := w.last(t); e.Why != "no such object" {
		t.Errorf("in the log: %+v", e)
	}
}

func TestCallersWithoutACredential(t *testing.T) {
	w := start(t)
	r := httptest.NewRequest("GET", "/", nil)
	for open, text := range map[bool]string{false: "missing required authentication credential", true: "does not have"} {
		v := w.Enter(r, get)
		v.Open = open
		v.Words = func(p policy.Principal, _ string, _ policy.Resource) string { return p.String() + " does not have it" }
		if err := v.Identify(r, "storage.googleapis.com", get); err != nil || v.Caller != policy.Anonymous {
			t.Fatalf("%+v, %v", v.Caller, err)
		}
		err := v.Allow(get, object)
		if !status.Is(err, status.Unauthenticated) || !strings.Contains(err.Error(), text) {
			t.Errorf("open %t: %v", open, err)
		}
	}
}

// A call cannot ask for what the table of calls does not say, even for those who hold it.
func TestACallTakesWhatTheTableSays(t *testing.T) {
	w := start(t)
	v := w.identified(t, reader)
	v.Takes = []string{"storage.objects.list"}
	if err := v.Allow(get, object); !status.Is(err, status.Internal) {
		t.Errorf("undeclared: %v", err)
	}
	if err := v.Allow("storage.objects.list", object); err != nil {
		t.Errorf("declared: %v", err)
	}
	v.Takes = nil
	if err := v.Allow("storage.objects.gett", object); !status.Is(err, status.PermissionDenied) {
		t.Errorf("misspelt: %v", err)
	}
}

// What accounts do by themselves is written down at once, allowed or not; and what is asked for after a request has its
// answer, too.
func TestErrandsAreWrittenDownAtOnce(t *testing.T) {
	w := start(t)
	errand := w.Errand("builds (source)", policy.Principal{Email: reader})
	if err := errand.Allow(get, object); err != nil {
		t.Error(err)
	}
	if e := w.last(t); e.Status != 200 || e.Call != "builds (source)" || e.Caller != "serviceAccount:"+reader ||
		e.Resource != "buckets/b" || e.Time.IsZero() {
		t.Errorf("in the log: %+v", e)
	}
	if err := errand.Allow("storage.objects.create", object); err == nil {
		t.Error("allowed without a grant")
	}
	if e := w.last(t); e.Status != 403 || e.Permission != "storage.objects.create" {
		t.Errorf("in the log: %+v", e)
	}
	v := w.identified(t, reader)
	v.Leave(200, nil)
	v.As(policy.Principal{Email: stranger}).Allow(get, object)
	if e := w.last(t); e.Status != 403 || e.Caller != "serviceAccount:"+stranger || e.ID != 4 {
		t.Errorf("in the log: %+v", e)
	}
	if !w.Explain(policy.Principal{Email: reader}, get, object).Allowed || w.last(t).ID != 4 {
		t.Error("looking at a grant is written down, or does not see it")
	}
}
