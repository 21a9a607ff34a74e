package policy_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/machinery/status"
	"docx2pdf/local/machinery/store"
)

const (
	account = "reader@p.iam.gserviceaccount.com"
	member  = "serviceAccount:" + account
	pool    = "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/subject/build"
	poolAll = "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/*"
)

type accounts map[string]bool

func (a accounts) Exists(email string) bool { return a[email] }

// opened is an engine with its judge and its store.
type opened struct {
	*policy.Engine
	policy.Judge
	db *store.DB
}

// together stores what changes adds to a batch.
func (o opened) together(t *testing.T, changes func(*store.Batch) error) {
	t.Helper()
	var b store.Batch
	err := changes(&b)
	if err == nil {
		err = o.db.Write(&b)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T) opened {
	t.Helper()
	db, err := store.Open(filepath.Join(t.TempDir(), "state"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	engine, judge := policy.Open(db)
	engine.UseAccounts(accounts{account: true})
	return opened{engine, judge, db}
}

func binding(role string, members ...string) policy.Policy {
	return policy.Policy{Bindings: []policy.Binding{{Role: role, Members: members}}}
}

var (
	reader  = policy.Principal{Email: account}
	person  = policy.Principal{Email: "me@example.com", User: true}
	build   = policy.Principal{Federated: pool}
	bucket  = policy.Resource{Project: "p", Name: "buckets/b"}
	objects = policy.Resource{Project: "p", Name: "buckets/b/objects", Parent: "buckets/b"}
	topic   = policy.In("projects/p/topics/t")
)

// A grant counts on its resource and on what is below it, for its member, and for what its role holds.
func TestWhatAGrantAllows(t *testing.T) {
	for _, test := range []struct {
		resource, role, member string
		who                    policy.Principal
		permission             string
		on                     policy.Resource
		want                   bool
	}{
		{"buckets/b", "roles/storage.objectViewer", member, reader, "storage.objects.get", bucket, true},
		{"buckets/b", "roles/storage.objectViewer", member, reader, "storage.objects.get", objects, true},
		{"buckets/b/objects", "roles/storage.objectViewer", member, reader, "storage.objects.get", bucket, false},
		{"projects/p", "roles/storage.objectViewer", member, reader, "storage.objects.get", objects, true},
		{"projects/q", "roles/storage.objectViewer", member, reader, "storage.objects.get", objects, false},
		{"buckets/b", "roles/storage.objectViewer", member, reader, "storage.objects.create", bucket, false},
		{"buckets/b", "roles/storage.objectViewer", member, person, "storage.objects.get", bucket, false},
		{"buckets/b", "roles/storage.objectViewer", "user:ME@example.com", person, "storage.objects.get", bucket, true},
		{"buckets/b", "roles/storage.objectViewer", "allUsers", policy.Anonymous, "storage.objects.get", bucket, true},
		{"buckets/b", "roles/storage.objectViewer", "allAuthenticatedUsers", reader, "storage.objects.get", bucket, true},
		{"buckets/b", "roles/storage.objectViewer", "allAuthenticatedUsers", policy.Anonymous, "storage.objects.get", bucket,
			false},
		{"projects/p/topics/t", "roles/pubsub.publisher", pool, build, "pubsub.topics.publish", topic, true},
		{"projects/p/topics/t", "roles/pubsub.publisher", poolAll, build, "pubsub.topics.publish", topic, true},
		{"projects/p/topics/t", "roles/pubsub.publisher", strings.Replace(poolAll, "/ci/", "/other/", 1), build,
			"pubsub.topics.publish", topic, false},
	} {
		o := open(t)
		if _, err := o.Set(test.resource, binding(test.role, test.member)); err != nil {
			t.Fatal(err)
		}
		d := o.Check(test.who, test.permission, test.on)
		if d.Allowed != test.want || test.want && !strings.Contains(d.Why, test.role+" on "+test.resource) ||
			!test.want && !strings.Contains(d.Why, test.permission) {
			t.Errorf("%+v: %+v", test, d)
		}
	}
}

// Those who hold a basic role on the project are members of what the bucket grants to the project's team.
func TestTheProjectsTeam(t *testing.T) {
	o := open(t)
	o.together(t, func(b *store.Batch) error {
		return o.EstablishIn(b, "buckets/b", binding("roles/storage.legacyBucketOwner", "projectEditor:p"))
	})
	if o.Check(reader, "storage.buckets.get", bucket).Allowed {
		t.Error("somebody outside of the team is let in")
	}
	if err := o.Grant("projects/p", "roles/editor", member); err != nil {
		t.Fatal(err)
	}
	if d := o.Check(reader, "storage.buckets.get", bucket); !d.Allowed || !strings.Contains(d.Why, "projectEditor:p") {
		t.Errorf("an editor: %+v", d)
	}
}

func TestPoliciesThatAreRefused(t *testing.T) {
	o := open(t)
	conditional := binding("roles/storage.objectViewer", member)
	conditional.Bindings[0].Condition = map[string]any{"expression": "true"}
	audited := binding("roles/storage.objectViewer", member)
	audited.AuditConfigs = []any{"x"}
	for name, test := range map[string]struct {
		policy policy.Policy
		code   status.Code
		text   string
	}{
		"unknown role":    {binding("roles/storage.objectReader", member), status.InvalidArgument, "objectReader"},
		"unknown account": {binding("roles/storage.objectViewer", "serviceAccount:x@y"), status.InvalidArgument, "not exist"},
		"unknown kind":    {binding("roles/storage.objectViewer", "robot:x@y"), status.InvalidArgument, "unknown type"},
		"no kind":         {binding("roles/storage.objectViewer", account), status.InvalidArgument, "unknown type"},
		"no name":         {binding("roles/storage.objectViewer", "user:"), status.InvalidArgument, "unknown type"},
		"condition":       {conditional, status.Unimplemented, "conditions"},
		"audit":           {audited, status.Unimplemented, "audit"},
		"custom role":     {binding("projects/p/roles/mine", member), status.Unimplemented, "custom roles"},
		"other subject":   {binding("roles/storage.objectViewer", "principal://x"), status.Unimplemented, "principal://x"},
	} {
		if _, err := o.Set("buckets/b", test.policy); !status.Is(err, test.code) ||
			!strings.Contains(err.Error(), test.text) {
			t.Errorf("%s: %v", name, err)
		}
		if have := o.Get("buckets/b"); len(have.Bindings) > 0 {
			t.Errorf("%s: kept as %+v", name, have)
		}
	}
}

// A policy is replaced by those only who saw the present one.
func TestEtagsGuardPolicies(t *testing.T) {
	o := open(t)
	first := o.Get("buckets/b")
	given := binding("roles/storage.objectViewer", member)
	given.Etag = first.Etag
	set, err := o.Set("buckets/b", given)
	if err != nil || set.Etag == first.Etag || set.Version != 1 {
		t.Fatalf("%+v, %v", set, err)
	}
	if _, err := o.Set("buckets/b", given); !status.Is(err, status.Conflict) {
		t.Errorf("with the etag before: %v", err)
	}
	given.Etag = strings.NewReplacer("+", "-", "/", "_").Replace(set.Etag)
	if _, err := o.Set("buckets/b", given); err != nil {
		t.Errorf("with the etag in URL-safe base64: %v", err)
	}
}

// A grant of an account that is deleted is not that of the next account of its name.
func TestGrantsDoNotOutliveTheirAccount(t *testing.T) {
	o := open(t)
	if err := o.Grant("buckets/b", "roles/storage.objectViewer", member); err != nil {
		t.Fatal(err)
	}
	o.together(t, func(b *store.Batch) error {
		o.AccountDeletedIn(b, account, "123")
		return nil
	})
	if o.Check(reader, "storage.objects.get", bucket).Allowed {
		t.Error("the grant counts for the next account of the name")
	}
	if have := o.Get("buckets/b").Bindings; len(have) != 1 || have[0].Members[0] != "deleted:"+member+"?uid=123" {
		t.Errorf("left of the grant: %+v", have)
	}
	o.together(t, func(b *store.Batch) error {
		o.DropIn(b, "buckets/b")
		return nil
	})
	if left := o.Resources(); len(left) != 0 {
		t.Errorf("left after the bucket: %v", left)
	}
}

// With a delay a change counts later than it is read, and what Google grants itself counts at once.
func TestChangesSpreadLater(t *testing.T) {
	o := open(t)
	o.SetDelay(time.Hour)
	if _, err := o.Set("buckets/b", binding("roles/storage.objectViewer", member)); err != nil {
		t.Fatal(err)
	}
	if o.Check(reader, "storage.objects.get", bucket).Allowed || len(o.Get("buckets/b").Bindings) != 1 {
		t.Error("a grant counts at once, or does not read as set")
	}
	if err := o.Grant("projects/p/topics/t", "roles/pubsub.publisher", member); err != nil {
		t.Fatal(err)
	}
	if !o.Check(reader, "pubsub.topics.publish", topic).Allowed {
		t.Error("what Google grants itself counts later")
	}
}
