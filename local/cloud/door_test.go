package cloud_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"docx2pdf/local/cloud"
	"docx2pdf/local/machinery/rest"
)

// logged is an entry of the request log.
type logged struct {
	Path, Call, Caller, Why, Permission, Resource string
	Status                                        int
}

func (w *world) requests() []logged {
	w.t.Helper()
	var log struct{ Requests []logged }
	if err := json.Unmarshal(w.call("", "GET", "/requests", nil).want(200).body, &log); err != nil {
		w.t.Fatal(err)
	}
	return log.Requests
}

// refusedFor finds a refusal of a call for want of a permission, by a caller whose name ends as given.
func (w *world) refusedFor(call, permission, caller string) bool {
	w.t.Helper()
	for _, r := range w.requests() {
		if r.Call == call && r.Permission == permission && strings.HasSuffix(r.Caller, caller) &&
			(r.Status == 403 || r.Status == 0) && r.Resource != "" && strings.Contains(r.Why, permission) {
			return true
		}
	}
	return false
}

var (
	pathVariable = regexp.MustCompile(`\{[^}]*\}`)
	variables    = map[string]string{"{project}": project, "{bucket}": "papers", "{targetBucket}": "papers"}
)

// at is a request of a route, with a body that names the project where calls look for it.
func (w *world) at(api *rest.API, route rest.Route, token string) *http.Request {
	w.t.Helper()
	path := pathVariable.ReplaceAllStringFunc(route.Path, func(name string) string {
		if value, ok := variables[name]; ok {
			return value
		}
		return "x"
	})
	if api.Mount != "" {
		path = "/" + api.Mount + path
	}
	r, err := http.NewRequest(route.Method, w.url(path+"?project="+project), strings.NewReader(
		`{"resourceNames":["projects/`+project+`"],"entries":[{"logName":"projects/`+project+`/logs/x"}]}`))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Host = "us-central1-" + w.address // names a region
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return r
}

// Every call of the table is refused to those without a credential, and to an account without a grant, unless the table
// says why it is not; and every refusal is in the log with its reason.
func TestNoCallGetsPastTheDoor(t *testing.T) {
	w := start(t)
	w.bucket("papers")
	stranger := w.account("stranger")
	token := w.token(stranger)
	for _, api := range cloud.APIs() {
		for _, route := range api.Routes {
			if route.Public != "" {
				continue
			}
			if a := w.do(w.at(api, route, "")); a.status != 401 {
				t.Errorf("%s without a credential: %d %s", route.ID, a.status, a.body)
			}
			if route.Anyone != "" {
				continue
			}
			a := w.do(w.at(api, route, token))
			last := w.requests()[0]
			if a.status != 403 || last.Call != route.ID || last.Status != 403 || last.Caller != "serviceAccount:"+stranger ||
				last.Permission == "" || last.Resource == "" || !strings.Contains(last.Why, last.Permission) {
				t.Errorf("%s without a grant: %d %s\nin the log: %+v", route.ID, a.status, a.body, last)
			}
		}
	}
}

// Calls without a permission, and those without a credential, are few: each is known here.
func TestOpenCallsAreKnown(t *testing.T) {
	known := regexp.MustCompile(`\.testIamPermissions$|^(cloudresourcemanager|serviceusage|serviceusage\.v1beta1|` +
		`artifactregistry\.projects\.locations)\.operations\.get$|^cloudresourcemanager\.projects\.(list|create)$|` +
		`^storage\.objects\.insert \((resumable|cancel)\)$`)
	for _, api := range cloud.APIs() {
		for _, route := range api.Routes {
			if open := route.Anyone + route.Public; (open != "") != known.MatchString(route.ID) {
				t.Errorf("%s is open, since %q", route.ID, open)
			}
		}
	}
}

// What accounts are refused without a call of theirs is in the log too: service agents, pushes, builds, and the
// registry.
func TestRefusalsOfErrandsAreInTheLog(t *testing.T) {
	w := start(t)
	w.prepareBuild()

	stranger := w.account("stranger")
	w.call(w.token(stranger), "GET", "/v2/"+imageName+"/manifests/v1", nil).want(403)
	const pull = "artifactregistry.repositories.downloadArtifacts"
	if !w.refusedFor(pull, pull, stranger) {
		t.Error("a refused pull is not in the log")
	}

	topic := w.topic("news")
	w.bucket("papers")
	agent := "serviceAccount:" + w.call(w.owner, "GET", "/storage/v1/projects/"+project+"/serviceAccount",
		nil).want(200).text("email_address")
	w.grant(pubsub+"/topics/news", "roles/pubsub.publisher", agent)
	w.call(w.owner, "POST", "/storage/v1/b/papers/notificationConfigs", map[string]any{"topic": topic,
		"payload_format": "JSON_API_V1"}).want(200)
	w.revoke(pubsub+"/topics/news", "roles/pubsub.publisher", agent)
	w.upload("papers", "a", []byte("x")).want(200)
	if !w.refusedFor("storage.notifications (event)", "pubsub.topics.publish",
		"gs-project-accounts.iam.gserviceaccount.com") {
		t.Error("a lost event is not in the log")
	}

	w.subscribe("reader", topic, map[string]any{"deadLetterPolicy": map[string]any{"deadLetterTopic": w.topic("dead"),
		"maxDeliveryAttempts": 5}}).want(200)
	w.call(w.owner, "POST", pubsub+"/topics/news:publish", map[string]any{"messages": []any{map[string]any{
		"data": "eA=="}}}).want(200)
	for range 6 {
		ids := []string{w.call(w.owner, "POST", pubsub+"/subscriptions/reader:pull",
			map[string]any{"maxMessages": 1}).want(200).text("receivedMessages", 0, "ackId")}
		w.call(w.owner, "POST", pubsub+"/subscriptions/reader:modifyAckDeadline",
			map[string]any{"ackIds": ids, "ackDeadlineSeconds": 0}).want(200)
	}
	if !w.refusedFor("pubsub.subscriptions (dead letter)", "pubsub.topics.publish",
		"gcp-sa-pubsub.iam.gserviceaccount.com") {
		t.Error("a message that cannot go to the dead letters is not in the log")
	}

	w.bucket("closed")
	w.upload("closed", "source.zip", []byte("x")).want(200)
	request := buildRequest("source.zip", "v1")
	request["source"].(map[string]any)["storageSource"].(map[string]any)["bucket"] = "closed"
	w.call(w.owner, "POST", "/cloudbuild/v1/projects/"+project+"/builds", request).want(400)
	if !w.refusedFor("cloudbuild.builds (source)", "storage.objects.get", project+".iam.gserviceaccount.com") {
		t.Error("a build that cannot read its source is not in the log")
	}
}

// Acting as an account takes the right on that account, in its own project, whatever project the work is in.
func TestAnAccountOfAnotherProjectIsNotOnesOwn(t *testing.T) {
	w := start(t)
	pusher, neighbour := w.account("pusher"), w.account("neighbour")
	const other = "another-project"
	w.call(w.owner, "POST", "/cloudresourcemanager/v1/projects", map[string]any{"projectId": other}).want(200)
	w.call(w.owner, "POST", "/serviceusage/v1/projects/"+other+"/services:batchEnable",
		map[string]any{"serviceIds": apis}).want(200)
	w.grant("/cloudresourcemanager/v1/projects/"+other, "roles/editor", "serviceAccount:"+neighbour)
	token := w.token(neighbour)
	w.call(token, "PUT", "/pubsub/v1/projects/"+other+"/topics/news", map[string]any{}).want(200)
	push := map[string]any{"topic": "projects/" + other + "/topics/news", "pushConfig": map[string]any{
		"pushEndpoint": "https://example.com", "oidcToken": map[string]any{"serviceAccountEmail": pusher}}}
	w.call(token, "PUT", "/pubsub/v1/projects/"+other+"/subscriptions/pushes",
		push).want(403).saying("iam.serviceAccounts.actAs")
	w.call(token, "POST", "/run/v2/projects/"+other+"/locations/us-central1/services?serviceId=app",
		map[string]any{"template": map[string]any{"serviceAccount": pusher,
			"containers": []any{map[string]any{"image": imageName}}}}).want(403).saying("iam.serviceaccounts.actAs")
	build := buildRequest("source.zip", "v1")
	build["serviceAccount"] = "projects/" + other + "/serviceAccounts/" + pusher
	w.call(token, "POST", "/cloudbuild/v1/projects/"+other+"/builds",
		build).want(403).saying("does not have permission to act as service account")

	w.grant("/iam/v1/projects/-/serviceAccounts/"+pusher, "roles/iam.serviceAccountUser", "serviceAccount:"+neighbour)
	w.call(token, "PUT", "/pubsub/v1/projects/"+other+"/subscriptions/pushes", push).want(200)
}
