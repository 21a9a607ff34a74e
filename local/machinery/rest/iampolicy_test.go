package rest_test

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/store"
)

func TestPoliciesOfAResource(t *testing.T) {
	var engine *policy.Engine
	w := guarded(t)
	db, err := store.Open(filepath.Join(t.TempDir(), "state"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	engine, _ = policy.Open(db)
	w.Add(&rest.API{Name: "pubsub.googleapis.com", Mount: "pubsub", StatusInErrors: true,
		Routes: rest.IAMPolicy{ID: "topics", Path: "/v1/projects/{project}", Permissions: "pubsub.topics", GetMethod: "GET",
			On: rest.OnProject}.Routes(engine)})
	code, body, _ := w.call(publisher, "POST", "/pubsub/v1/projects/one:testIamPermissions",
		`{"permissions":["pubsub.topics.publish","pubsub.topics.get"]}`)
	var held struct{ Permissions []string }
	if err := json.Unmarshal([]byte(body), &held); err != nil || code != 200 ||
		!slices.Equal(held.Permissions, []string{"pubsub.topics.publish"}) {
		t.Errorf("%d %s", code, body)
	}
	for _, call := range []string{"GET /pubsub/v1/projects/one:getIamPolicy",
		"POST /pubsub/v1/projects/one:setIamPolicy"} {
		method, path, _ := strings.Cut(call, " ")
		if code, body, entry := w.call(publisher, method, path, `{}`); code != 403 ||
			!strings.HasSuffix(entry.Permission, "IamPolicy") {
			t.Errorf("%s: %d %s, %+v", call, code, body, entry)
		}
	}
}
