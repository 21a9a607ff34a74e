package cloud_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
)

func TestCallsNeedACredentialThatHolds(t *testing.T) {
	w := start(t)
	path := "/iam/v1/projects/" + project + "/serviceAccounts"
	w.call("", "GET", path, nil).want(401).saying("missing required authentication credential")
	w.call("nonsense", "GET", path, nil).want(401).saying("UNAUTHENTICATED")
	w.call(w.owner+"x", "GET", path, nil).want(401)
	w.call(w.owner, "GET", path, nil).want(200)

	basic, _ := http.NewRequest("GET", w.url(path), nil)
	basic.SetBasicAuth("owner", w.owner)
	w.do(basic).want(401)
	caller := w.account("caller")
	w.call(w.idToken(caller, w.url("/")), "GET", path, nil).want(401) // an ID token is not an access token
}

func TestUnknownCallsAreRefusedLoudly(t *testing.T) {
	w := start(t)
	for _, call := range []struct{ method, path string }{
		{"GET", "/compute/v1/projects/x/zones"}, {"POST", "/run/v2/projects/x/locations/y/jobs"},
		{"DELETE", "/storage/v1/b/x/acl/y"},
		{"POST", "/pubsub/v1/projects/x/subscriptions/y:seek"}, {"PUT", "/nowhere"},
	} {
		w.call(w.owner, call.method, call.path, nil).want(501).saying(call.method + " " + call.path)
	}
}

func TestDisabledAPIsAnswerAsAtGoogle(t *testing.T) {
	w := start(t)
	w.await("/serviceusage/v1/" + w.call(w.owner, "POST", "/serviceusage/v1/projects/"+project+
		"/services/pubsub.googleapis.com:disable", map[string]any{}).want(200).text("name"))
	a := w.call(w.owner, "GET", "/pubsub/v1/projects/"+project+"/topics",
		nil).want(403).saying("has not been used in project")
	if reason := a.text("error", "details", 0, "reason"); reason != "SERVICE_DISABLED" {
		t.Errorf("reason %s, want SERVICE_DISABLED", reason)
	}
	enabled := w.call(w.owner, "GET", "/serviceusage/v1beta1/projects/"+project+
		"/services?filter=state:ENABLED&fields=services/name,nextPageToken", nil).want(200)
	if strings.Contains(string(enabled.body), "pubsub") {
		t.Errorf("Pub/Sub is listed as enabled after it was disabled: %s", enabled.body)
	}
}

// Enabling an API grants its agent a role on the project; several that are enabled at once do not meet there.
func TestAPIsAreEnabledAtOnce(t *testing.T) {
	w := start(t)
	for n := range 10 {
		id := fmt.Sprintf("project-%d", n)
		w.call(w.owner, "POST", "/cloudresourcemanager/v1/projects", map[string]any{"projectId": id}).want(200)
		var calls sync.WaitGroup
		for _, service := range []string{"run", "cloudbuild", "artifactregistry", "pubsub"} {
			calls.Go(func() {
				answer := w.call(w.owner, "POST", "/serviceusage/v1/projects/"+id+"/services/"+service+".googleapis.com:enable",
					map[string]any{})
				if answer.status != http.StatusOK {
					t.Errorf("enabling %s: %d %s", service, answer.status, answer.body)
				}
			})
		}
		calls.Wait()
		policy := w.call(w.owner, "POST", "/cloudresourcemanager/v1/projects/"+id+":getIamPolicy", map[string]any{}).want(200)
		for _, role := range []string{"run", "cloudbuild", "artifactregistry", "pubsub"} {
			policy.saying("roles/" + role + ".serviceAgent")
		}
	}
}

// An account sees nothing until a grant, and then what the grant says and no more.
func TestGrantsDecideEveryCall(t *testing.T) {
	w := start(t)
	reader := w.account("reader")
	token := w.token(reader)
	w.bucket("papers")
	w.upload("papers", "a.txt", []byte("hello")).want(200)

	object := "/storage/v1/b/papers/o/a.txt"
	w.call(token, "GET", object, nil).want(403).saying(reader +
		" does not have storage.objects.get access to the Google Cloud Storage object. Permission 'storage.objects.get' " +
		"denied on resource (or it may not exist).")
	w.grant(bucketPolicy("papers"), "roles/storage.objectViewer", "serviceAccount:"+reader)
	w.call(token, "GET", object+"?alt=media", nil).want(200).saying("hello")
	w.call(token, "DELETE", object, nil).want(403)
	w.call(token, "POST", "/upload/storage/v1/b/papers/o?uploadType=media&name=b.txt", []byte("x")).want(403)
	w.revoke(bucketPolicy("papers"), "roles/storage.objectViewer", "serviceAccount:"+reader)
	w.call(token, "GET", object, nil).want(403)

	// a project's grant holds for its buckets
	w.grant(projectPolicy, "roles/storage.objectAdmin", "serviceAccount:"+reader)
	w.call(token, "DELETE", object, nil).want(204)

	w.call(token, "GET", "/run/v2"+location+"/services",
		nil).want(403).saying("Permission 'run.services.list' denied on resource")
	w.call(token, "PUT", "/pubsub/v1/projects/"+project+"/topics/news",
		map[string]any{}).want(403).saying("User not authorized to perform this action.")
	w.call(token, "GET", projectPolicy, nil).want(200) // storage.objectAdmin holds resourcemanager.projects.get
	w.call(token, "POST", projectPolicy+":getIamPolicy", nil).want(403)
	w.call(w.owner, "GET", "/cloudresourcemanager/v1/projects/somebody-elses", nil).want(403)
}

// Replacing an object takes the right to delete it, so that objectCreator can only add.
func TestObjectCreatorCannotReplace(t *testing.T) {
	w := start(t)
	w.bucket("inbox")
	writer := w.account("writer")
	w.grant(bucketPolicy("inbox"), "roles/storage.objectCreator", "serviceAccount:"+writer)
	token, path := w.token(writer), "/upload/storage/v1/b/inbox/o?uploadType=media&name=a"
	w.call(token, "POST", path, []byte("1")).want(200)
	w.call(token, "POST", path, []byte("2")).want(403).saying("storage.objects.delete")
}

func TestPoliciesAreWrittenAsAWhole(t *testing.T) {
	w := start(t)
	account := w.account("worker")
	set := func(policy map[string]any) answer {
		return w.call(w.owner, "POST", "/iam/v1/projects/"+project+"/serviceAccounts/"+account+":setIamPolicy",
			map[string]any{"policy": policy})
	}
	binding := func(role string, members ...string) map[string]any {
		return map[string]any{"bindings": []any{map[string]any{"role": role, "members": members}}}
	}
	empty := w.call(w.owner, "POST", "/iam/v1/projects/"+project+"/serviceAccounts/"+account+
		":getIamPolicy?options.requestedPolicyVersion=3", nil).want(200)
	if empty.at("bindings") != nil || empty.at("version") != nil || empty.text("etag") != "ACAB" {
		t.Errorf("policy of a new account: %s, want only an etag", empty.body)
	}
	first := set(map[string]any{"version": 3, "bindings": []any{
		map[string]any{"role": "roles/iam.serviceAccountUser", "members": []string{"user:B@Example.com",
			"user:a@example.com"}},
		map[string]any{"role": "roles/iam.serviceAccountUser", "members": []string{"user:a@example.com"}}}}).want(200)
	if first.at("version") != 1.0 || first.at("bindings", 1) != nil ||
		first.text("bindings", 0, "members") != "[user:a@example.com user:b@example.com]" {
		t.Errorf("stored policy %s, want one binding of two lower-case members, version 1", first.body)
	}
	stale := binding("roles/iam.serviceAccountUser", "user:c@example.com")
	stale["etag"] = "BwX="
	set(stale).want(409).saying("concurrent policy changes")
	set(binding("roles/iam.serviceAccountUser", "serviceAccount:nobody@"+project+
		".iam.gserviceaccount.com")).want(400).saying("does not exist")
	set(binding("roles/iam.serviceAccountUser", "somebody")).want(400).saying("unknown type")
	set(binding("roles/made.up",
		"user:a@example.com")).want(400).saying("Role roles/made.up is not supported for this resource.")
	set(map[string]any{"bindings": []any{map[string]any{"role": "roles/iam.serviceAccountUser",
		"members":   []string{"user:a@example.com"},
		"condition": map[string]any{"expression": "true"}}}}).want(501).saying("conditions")
	set(map[string]any{"bindings": []any{}}).want(200)
}

// A role can be granted where it has a permission that makes sense.
func TestRolesAreGrantedWhereTheyMakeSense(t *testing.T) {
	w := start(t)
	email := w.account("caller")
	w.bucket("papers")
	w.topic("news")
	for _, test := range []struct {
		policy, role string
		want         int
	}{
		{bucketPolicy("papers"), "roles/storage.objectViewer", 200},
		{bucketPolicy("papers"), "roles/storage.legacyBucketReader", 200},
		{bucketPolicy("papers"), "roles/run.invoker", 400},
		{bucketPolicy("papers"), "roles/owner", 400},
		{pubsub + "/topics/news", "roles/pubsub.publisher", 200},
		{pubsub + "/topics/news", "roles/storage.admin", 400},
		{projectPolicy, "roles/run.invoker", 200},
		{projectPolicy, "roles/storage.legacyBucketReader", 400},
		{projectPolicy, "roles/run.invokr", 400},
		{projectPolicy, "projects/" + project + "/roles/own", 501},
	} {
		answer := w.tryGrant(test.policy, test.role, "serviceAccount:"+email)
		answer.want(test.want)
		if test.want == 400 {
			answer.saying("Role " + test.role + " is not supported for this resource.")
		}
	}
}

// A new account of the same name must not inherit what the deleted one was granted.
func TestRecreatedAccountInheritsNothing(t *testing.T) {
	w := start(t)
	w.bucket("papers")
	email := w.account("caller")
	token := w.token(email)
	w.grant(bucketPolicy("papers"), "roles/storage.objectViewer", "serviceAccount:"+email)
	w.call(token, "GET", "/storage/v1/b/papers/o", nil).want(200)
	uid := w.call(w.owner, "GET", "/iam/v1/projects/-/serviceAccounts/"+email, nil).want(200).text("uniqueId")

	w.call(w.owner, "DELETE", "/iam/v1/projects/"+project+"/serviceAccounts/"+email, nil).want(200)
	w.call(token, "GET", "/storage/v1/b/papers/o", nil).want(401).saying("ACCOUNT_STATE_INVALID")
	w.call(w.owner, "GET", "/iam/v1/projects/"+project+"/serviceAccounts/"+email,
		nil).want(404).saying("Unknown service account")
	w.call(w.owner, "GET", "/storage/v1/b/papers/iam", nil).saying("deleted:serviceAccount:" + email + "?uid=" + uid)

	again := w.account("caller")
	w.call(w.token(again), "GET", "/storage/v1/b/papers/o", nil).want(403)
	w.call(token, "GET", "/storage/v1/b/papers/o", nil).want(401) // the old account's token is not the new one's
}

func TestDisabledAccountIsShutOut(t *testing.T) {
	w := start(t)
	email := w.account("caller")
	token, key := w.token(email), w.key(email)
	w.grant(projectPolicy, "roles/viewer", "serviceAccount:"+email)
	path := "/iam/v1/projects/" + project + "/serviceAccounts"
	w.call(token, "GET", path, nil).want(200)
	w.call(w.owner, "POST", path+"/"+email+":disable", map[string]any{}).want(200)
	w.call(token, "GET", path, nil).want(401)
	w.exchange(key.assertion(t, nil)).want(400).saying("invalid_grant")
	w.call(w.owner, "POST", path+"/"+email+":enable", map[string]any{}).want(200)
	w.call(token, "GET", path, nil).want(200)
	w.exchange(key.assertion(t, nil)).want(200)
}

func TestImpersonationNeedsTokenCreator(t *testing.T) {
	w := start(t)
	email := w.account("caller")
	path := "/iamcredentials/v1/projects/-/serviceAccounts/" + email
	w.call(w.owner, "POST", path+":generateAccessToken",
		map[string]any{"scope": []string{"x"}}).want(403).saying("iam.serviceAccounts.getAccessToken")
	w.call(w.owner, "POST", path+":generateIdToken",
		map[string]any{"audience": "x"}).want(403).saying("iam.serviceAccounts.getOpenIdToken")
	w.token(email) // makes the grant
	w.call(w.owner, "POST", path+":generateAccessToken",
		map[string]any{"scope": []string{"x"}, "lifetime": "7200s"}).want(400)
}

// Clients append versions to base paths that have one already, and name projects by number.
func TestPathsOfTheOfficialProvider(t *testing.T) {
	w := start(t)
	for _, path := range []string{"/iam/v1/v1/projects/" + project + "/serviceAccounts",
		"/cloudresourcemanager/v1/v1/projects/" + project, "/cloudbilling/v1/v1/projects/" + project + "/billingInfo",
		"/serviceusage/v1beta1/v1/projects/" + project + "/services?filter=state:ENABLED",
		"/cloudresourcemanager/v3/projects/" + project,
		"/serviceusage/projects/" + project + "/services/run.googleapis.com"} {
		w.call(w.owner, "GET", path, nil).want(200)
	}
	number := w.call(w.owner, "GET", projectPolicy, nil).text("projectNumber")
	w.call(w.owner, "GET", "/cloudresourcemanager/v1/projects/"+number, nil).want(200).saying(project)
	w.call(w.owner, "GET", "/iam/v1/projects/"+number+"/serviceAccounts", nil).want(200)
}

func TestProjectsLiveSideBySide(t *testing.T) {
	w := start(t)
	created := w.call(w.owner, "POST", "/cloudresourcemanager/v1/projects",
		map[string]any{"projectId": "second-project"}).want(200)
	w.await("/cloudresourcemanager/v1/" + created.text("name"))
	w.call(w.owner, "POST", "/cloudresourcemanager/v1/projects", map[string]any{"projectId": "second-project"}).want(409)
	w.call(w.owner, "POST", "/cloudresourcemanager/v1/projects", map[string]any{"projectId": "X"}).want(400)
	w.call(w.owner, "POST", "/storage/v1/b?project=second-project", map[string]any{"name": "its-bucket"}).want(200)
	w.call(w.owner, "POST", "/storage/v1/b?project="+project,
		map[string]any{"name": "its-bucket"}).want(409).saying("not available")

	reader := w.account("reader") // of the first project
	w.grant(projectPolicy, "roles/storage.admin", "serviceAccount:"+reader)
	w.call(w.token(reader), "GET", "/storage/v1/b/its-bucket", nil).want(403)
}
