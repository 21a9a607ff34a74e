package cloud_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"docx2pdf/local/machinery/door"
	"docx2pdf/local/machinery/fault"
)

func TestFaultsMeetTheCallsTheyName(t *testing.T) {
	w := start(t, faults(fault.Plan{Rules: []fault.Rule{
		{Call: "storage.buckets.get", Every: 2, Status: 503},
		{Call: "storage.objects.*", Times: 1, Status: 429},
		{Call: "iam.projects.serviceAccounts.create", Times: 1, Lose: true},
		{Call: "pubsub.projects.topics.get", Delay: fault.Duration(200 * time.Millisecond)},
	}}))
	w.bucket("papers")
	for i, want := range []int{200, 503, 200, 503} {
		if got := w.call(w.owner, "GET", "/storage/v1/b/papers", nil).status; got != want {
			t.Errorf("read %d answered %d, want %d", i, got, want)
		}
	}
	w.call(w.owner, "GET", "/storage/v1/b/papers/o", nil).want(429).saying("Quota exceeded")
	w.call(w.owner, "GET", "/storage/v1/b/papers/o", nil).want(200)

	// The answer is lost, but the work is done.
	create, _ := http.NewRequest("POST", w.url("/iam/v1/projects/"+project+"/serviceAccounts"),
		strings.NewReader(`{"accountId":"the-account"}`))
	create.Header.Set("Authorization", "Bearer "+w.owner)
	if response, err := http.DefaultTransport.RoundTrip(create); err == nil {
		t.Errorf("the lost answer arrived: %s", response.Status)
	}
	w.call(w.owner, "GET", "/iam/v1/projects/-/serviceAccounts/the-account@"+project+".iam.gserviceaccount.com",
		nil).want(200)

	w.topic("news")
	began := time.Now()
	w.call(w.owner, "GET", pubsub+"/topics/news", nil).want(200)
	if took := time.Since(began); took < 200*time.Millisecond {
		t.Errorf("a call that is delayed by 200 ms took %s", took)
	}
}

func TestIAMTakesItsTime(t *testing.T) {
	w := start(t, faults(fault.Plan{IAMDelay: fault.Duration(700 * time.Millisecond)}))
	w.bucket("papers")
	w.upload("papers", "a", []byte("x")).want(200) // a new bucket's own policy counts at once
	reader := w.account("reader")
	w.mayMakeTokens(reader)
	var token string
	eventually(t, "the right to make tokens has spread", func() bool {
		a := w.call(w.owner, "POST", "/iamcredentials/v1/projects/-/serviceAccounts/"+reader+":generateAccessToken",
			map[string]any{"scope": []string{door.ScopePrefix + "devstorage.read_only"}})
		if a.status != 200 {
			return false
		}
		token = a.text("accessToken")
		return true
	})
	w.grant(bucketPolicy("papers"), "roles/storage.objectViewer", "serviceAccount:"+reader)
	w.call(w.owner, "GET", "/storage/v1/b/papers/iam", nil).saying(reader) // it reads as set
	w.call(token, "GET", "/papers/a", nil).want(403)                       // and does not count yet
	eventually(t, "the grant has spread", func() bool { return w.call(token, "GET", "/papers/a", nil).status == 200 })
}

func TestFaultsOfTheFrontEnd(t *testing.T) {
	w := start(t, faults(fault.Plan{Rules: []fault.Rule{
		{Call: "run.routes.invoke", Times: 1, Status: 429}, {Call: "run.routes.invoke", Times: 1, Status: 503},
		{Call: "run.routes.invoke", Times: 1, Lose: true}}}))
	url, token := w.service(nil)
	w.call(token, "GET", url+"/", nil).want(429).saying("Rate exceeded.")
	w.call(token, "GET", url+"/", nil).want(503)
	lost, _ := http.NewRequest("POST", url+"/", nil) // a GET the transport would repeat
	lost.Header.Set("Authorization", "Bearer "+token)
	if response, err := http.DefaultTransport.RoundTrip(lost); err == nil {
		t.Errorf("the lost answer arrived: %s", response.Status)
	}
	if n := w.call(token, "GET", url+"/", nil).want(200).text("requests"); n != "2" {
		t.Errorf("the container saw %s requests, want 2: the one whose answer was lost, and this", n)
	}
}

// TestNotFoundAfterCreate: what was just made may not be found, itself only, and for as long as the rule says.
func TestNotFoundAfterCreate(t *testing.T) {
	w := start(t, faults(fault.Plan{Rules: []fault.Rule{
		{Call: "pubsub.projects.topics.get", After: "pubsub.projects.topics.create", Resource: "topics/n",
			Within: fault.Duration(500 * time.Millisecond), Status: 404},
		{Call: "pubsub.projects.subscriptions.get", After: "pubsub.projects.subscriptions.create",
			Within: fault.Duration(time.Hour), Times: 2, Status: 404, Message: "Resource not found (resource=all)."}}}))
	w.topic("old")
	w.call(w.owner, "GET", pubsub+"/topics/old", nil).want(200) // it is not of the rule's resources
	w.topic("news")
	w.call(w.owner, "GET", pubsub+"/topics/news", nil).want(404).saying("NOT_FOUND")
	w.call(w.owner, "GET", pubsub+"/topics/old", nil).want(200)
	eventually(t, "the new topic is found", func() bool {
		return w.call(w.owner, "GET", pubsub+"/topics/news", nil).status == 200
	})
	w.subscribe("all", "projects/"+project+"/topics/news", nil).want(200)
	for range 2 {
		w.call(w.owner, "GET", pubsub+"/subscriptions/all", nil).want(404).saying("Resource not found (resource=all).")
	}
	w.call(w.owner, "GET", pubsub+"/subscriptions/all", nil).want(200)
}

// TestPoliciesAndQuotas: a refusal has the words of an organisation's policy or of a quota.
func TestPoliciesAndQuotas(t *testing.T) {
	const place = "'us' violates constraint 'constraints/gcp.resourceLocations'"
	w := start(t, faults(fault.Plan{Rules: []fault.Rule{
		{Call: "storage.buckets.insert", Status: 412, Message: place},
		{Call: "iam.projects.serviceAccounts.keys.create", Status: 400, Reason: "FAILED_PRECONDITION",
			Message: "Key creation is not allowed on this service account."},
		{Call: "run.projects.locations.services.create", Status: 403, Reason: "QUOTA_EXCEEDED",
			Message: "Quota exceeded for total allowable CPU per project per region."},
		{Call: "cloudbuild.projects.builds.*", Status: 409}}}))
	w.call(w.owner, "POST", "/storage/v1/b?project="+project, map[string]any{"name": "papers"}).want(412).
		saying(place).saying(`"reason":"conditionNotMet"`)
	w.call(w.owner, "POST", "/iam/v1/projects/-/serviceAccounts/"+w.account("reader")+"/keys", nil).want(400).
		saying("Key creation is not allowed").saying("FAILED_PRECONDITION")
	w.call(w.owner, "POST", "/run/v2"+location+"/services?serviceId=app", nil).want(403).saying("total allowable CPU")
	w.call(w.owner, "GET", "/cloudbuild/v1/projects/"+project+"/builds", nil).want(409).
		saying("a fault that was asked for")
}

// TestKeysThatTheOrganisationForbids: new organisations enforce the managed constraint, older ones the other.
func TestKeysThatTheOrganisationForbids(t *testing.T) {
	const older, managed = "constraints/iam.disableServiceAccountKeyCreation",
		"constraints/iam.managed.disableServiceAccountKeyCreation"
	const v1 = "/cloudresourcemanager/v1/projects/" + project + ":getEffectiveOrgPolicy"
	const v2 = "/orgpolicy/v2/projects/" + project +
		"/policies/iam.managed.disableServiceAccountKeyCreation:getEffectivePolicy"
	for enforced, says := range map[string]string{
		older:   "Key creation is not allowed on this service account.",
		managed: "Operation denied by org policy",
		"":      "",
	} {
		w := start(t, faults(fault.Plan{Enforced: []string{enforced}}))
		key := w.call(w.owner, "POST", "/iam/v1/projects/-/serviceAccounts/"+w.account("reader")+"/keys", nil)
		if enforced == "" {
			key.want(200)
		} else {
			key.want(400).saying(says).saying(enforced)
		}
		asked := map[string]any{"constraint": older}
		v1Says := w.call(w.owner, "POST", v1, asked).want(200)
		if (v1Says.at("booleanPolicy", "enforced") == true) != (enforced == older) {
			t.Errorf("with %q: %s", enforced, v1Says.body)
		}
		if a := w.call(w.owner, "GET", v2, nil).want(200); a.at("spec", "rules", 0, "enforce") != (enforced == managed) {
			t.Errorf("with %q: %s", enforced, a.body)
		}
		w.call(w.token(w.account("stranger")), "POST", v1, asked).want(403)
		w.call(w.owner, "POST", v1, map[string]any{"constraint": "constraints/gcp.resourceLocations"}).want(501)
	}
}

// TestChance: a part of the calls is met, and with the same seed the same ones.
func TestChance(t *testing.T) {
	met := func(seed uint64) (which string, n int) {
		w := start(t, faults(fault.Plan{Seed: seed, Rules: []fault.Rule{
			{Call: "storage.buckets.get", Chance: 0.3, Status: 503}}}))
		w.bucket("papers")
		for range 100 {
			code := w.call(w.owner, "GET", "/storage/v1/b/papers", nil).status
			if which += "."; code == 503 {
				which, n = which+"x", n+1
			}
		}
		return which, n
	}
	first, n := met(7)
	if again, _ := met(7); again != first {
		t.Errorf("the same seed met other calls:\n%s\n%s", first, again)
	}
	if other, _ := met(8); other == first {
		t.Error("another seed met the same calls")
	}
	if n < 10 || n > 60 {
		t.Errorf("a chance of 0.3 met %d of 100 calls", n)
	}
}

func TestFaultsFile(t *testing.T) {
	if _, err := fault.Read("../machinery/fault/faults.json"); err != nil {
		t.Errorf("the example: %v", err)
	}
	for text, want := range map[string]string{
		`{"rules":[{"call":"x"}]}`:                            "does nothing",
		`{"rules":[{"call":"[","status":503}]}`:               "not a pattern",
		`{"rules":[{"status":503}]}`:                          "not a pattern",
		`{"rules":[{"call":"*","status":299}]}`:               "use one that Google answers with",
		`{"rules":[{"call":"*","status":503,"chance":2}]}`:    "give 0 to 1",
		`{"rules":[{"call":"*","status":404,"within":"1s"}]}`: "both after and within",
		`{"iamDelay":5}`:                                      "such as \"5s\"",
		`{"iamDelay":"soon"}`:                                 "invalid duration",
		`{"colour":"blue"}`:                                   "unknown field",
		`{`:                                                   "unexpected EOF",
	} {
		file := filepath.Join(t.TempDir(), "faults.json")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := fault.Read(file); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	if _, err := fault.Read(filepath.Join(t.TempDir(), "none.json")); err == nil {
		t.Error("a file that is not there was read")
	}
}

// TestEachGrantAndAPITakesItsOwnTime: a role counts for its new member only after a while, and for others at once; an
// API answers only some time after it was enabled.
func TestEachGrantAndAPITakesItsOwnTime(t *testing.T) {
	late := fault.Duration(time.Hour)
	w := start(t, faults(fault.Plan{
		GrantDelays: map[string]fault.Duration{"roles/pubsub.viewer": late},
		APIDelays:   map[string]fault.Duration{"cloudbuild.googleapis.com": late},
	}))
	w.call(w.owner, "PUT", pubsub+"/topics/news", map[string]any{}).want(200)
	viewer, editor := w.account("viewer"), w.account("editor")
	w.grant(projectPolicy, "roles/pubsub.viewer", "serviceAccount:"+viewer)
	w.grant(projectPolicy, "roles/pubsub.editor", "serviceAccount:"+editor)
	w.call(w.token(viewer), "GET", pubsub+"/topics/news", nil).want(403)
	w.call(w.token(editor), "GET", pubsub+"/topics/news", nil).want(200)

	state := w.call(w.owner, "GET", "/serviceusage/v1/projects/"+project+"/services/cloudbuild.googleapis.com",
		nil).want(200).text("state")
	if state != "ENABLED" {
		t.Errorf("the API's state is %s", state)
	}
	w.call(w.owner, "GET", "/cloudbuild/v1/projects/"+project+"/builds", nil).want(403).saying("SERVICE_DISABLED")
}
