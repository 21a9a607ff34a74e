package cloud_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

const namespace = "/run/apis/serving.knative.dev/v1/namespaces/" + project

// gcloud sends a call as gcloud does: to the region's host, which no resolver knows, with the local cloud as its proxy.
func (w *world) gcloud(method, path string, body any) answer {
	w.t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		w.t.Fatal(err)
	}
	r, err := http.NewRequest(method, "http://us-central1-"+w.address+path, bytes.NewReader(data))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+w.owner)
	transport := &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: w.address})}
	defer transport.CloseIdleConnections()
	return w.doBy(transport, r)
}

// created is what `gcloud run deploy --image … --set-env-vars COLOUR=blue --execution-environment gen2
// --service-account …` posts for a service that is not there yet.
func created(image string) map[string]any {
	client := map[string]any{"run.googleapis.com/client-name": "gcloud", "run.googleapis.com/client-version": "528.0.0"}
	return map[string]any{"apiVersion": "serving.knative.dev/v1", "kind": "Service",
		"status":   map[string]any{"address": map[string]any{}},
		"metadata": map[string]any{"annotations": client, "labels": map[string]any{}, "name": "app", "namespace": project},
		"spec": map[string]any{"template": map[string]any{
			"metadata": map[string]any{"labels": map[string]any{"client.knative.dev/nonce": "giusjtanie"},
				"annotations": map[string]any{"run.googleapis.com/client-name": "gcloud",
					"run.googleapis.com/client-version": "528.0.0", "run.googleapis.com/execution-environment": "gen2",
					"run.googleapis.com/startup-cpu-boost": "True"}},
			"spec": map[string]any{"nodeSelector": map[string]any{}, "serviceAccountName": runtimeSA, "containers": []any{
				map[string]any{"env": []any{map[string]any{"name": "COLOUR", "value": "blue"}}, "image": image, "name": ""}}}}}}
}

// ready polls a service as gcloud does, until its conditions are known.
func (w *world) ready(name string) answer {
	w.t.Helper()
	var last answer
	eventually(w.t, name+" is deployed", func() bool {
		last = w.gcloud("GET", namespace+"/services/"+name+"?alt=json", nil).want(200)
		return last.text("status", "conditions", 0, "status") != "Unknown" &&
			last.text("status", "observedGeneration") == last.text("metadata", "generation")
	})
	return last
}

func TestGcloudRunDeployUpdateAndDelete(t *testing.T) {
	w := start(t)
	image := w.image()
	w.account("runtime")
	w.gcloud("GET", namespace+"/services/app?alt=json", nil).want(404).saying("Resource 'app' of kind 'SERVICE'")
	w.gcloud("POST", namespace+"/services?alt=json", created(image)).want(200)
	deployed := w.ready("app")
	for _, want := range []struct {
		value string
		at    []any
	}{
		{"True", []any{"status", "conditions", 0, "status"}},
		{"us-central1", []any{"metadata", "labels", "cloud.googleapis.com/location"}},
		{"gcloud", []any{"metadata", "annotations", "run.googleapis.com/client-name"}},
		{"all", []any{"metadata", "annotations", "run.googleapis.com/ingress"}},
		{"20", []any{"spec", "template", "metadata", "annotations", "autoscaling.knative.dev/maxScale"}},
		{"gen2", []any{"spec", "template", "metadata", "annotations", "run.googleapis.com/execution-environment"}},
		{"80", []any{"spec", "template", "spec", "containerConcurrency"}},
		{"300", []any{"spec", "template", "spec", "timeoutSeconds"}},
		{"512Mi", []any{"spec", "template", "spec", "containers", 0, "resources", "limits", "memory"}},
		{"true", []any{"spec", "traffic", 0, "latestRevision"}},
		{deployed.text("status", "latestReadyRevisionName"), []any{"status", "traffic", 0, "revisionName"}},
	} {
		if got := deployed.text(want.at...); got != want.value {
			t.Errorf("%v is %q, want %q", want.at, got, want.value)
		}
	}

	// The other version shows the same service.
	same := w.call(w.owner, "GET", "/run/v2"+location+"/services/app", nil).want(200)
	if same.text("client") != "gcloud" || same.text("template", "containers", 0, "env", 0, "value") != "blue" ||
		same.text("template", "containers", 0, "resources", "cpuIdle") != "true" {
		t.Errorf("v2 shows %s", same.body)
	}

	// `gcloud run services update --memory 1Gi`: the service as it was read, with the change and a new nonce.
	body := deployed.at().(map[string]any)
	dig(body, "spec", "template", "spec", "containers", 0, "resources", "limits").(map[string]any)["memory"] = "1Gi"
	dig(body, "spec", "template", "metadata", "labels").(map[string]any)["client.knative.dev/nonce"] = "another"
	w.gcloud("PUT", namespace+"/services/app?alt=json", body).want(200)
	if updated := w.ready("app"); updated.text("spec", "template", "spec", "containers", 0, "resources", "limits",
		"memory") != "1Gi" || updated.text("status", "latestReadyRevisionName") == deployed.text("status",
		"latestReadyRevisionName") {
		t.Errorf("after the update %s", updated.body)
	}
	w.gcloud("PUT", namespace+"/services/app?alt=json", body).want(409) // its resourceVersion is no longer the service's

	list := w.gcloud("GET", namespace+"/revisions?alt=json&labelSelector=serving.knative.dev%2Fservice+%3D+app",
		nil).want(200)
	active := 0
	for i := range 2 {
		if strings.Contains(string(marshal(t, list.at("items", i, "status", "conditions"))), `"Active"`) {
			active++
		}
	}
	if active != 1 || list.at("items", 2) != nil {
		t.Errorf("revisions %s", list.body)
	}
	if none := w.gcloud("GET", namespace+"/revisions?labelSelector=client.knative.dev%2Fnonce+%3D+none",
		nil).want(200); none.at("items") != nil {
		t.Errorf("a nonce that nobody used selects %s", none.body)
	}
	w.gcloud("GET", namespace+"/revisions/"+list.text("items", 0, "metadata", "name"), nil).want(200)
	if all := w.call(w.owner, "GET", "/run/v1/projects/"+project+"/locations/-/services?alt=json",
		nil).want(200); all.text("items", 0, "metadata", "name") != "app" {
		t.Errorf("services of all regions: %s", all.body)
	}

	w.gcloud("DELETE", namespace+"/services/app?alt=json", nil).want(200).saying("Success")
	w.gcloud("GET", namespace+"/services/app?alt=json", nil).want(404)
}

func TestGcloudRunTellsWhatFailed(t *testing.T) {
	w := start(t)
	w.account("runtime")
	body := created("us-central1-docker.pkg.dev/" + project + "/none/none")
	w.gcloud("POST", namespace+"/services?alt=json", body).want(200)
	if failed := w.ready("app"); failed.text("status", "conditions", 0, "status") != "False" ||
		!strings.Contains(failed.text("status", "conditions", 0, "message"), "is not ready and cannot serve traffic") {
		t.Errorf("a revision that cannot start: %s", failed.body)
	}
	w.gcloud("POST", namespace+"/services?alt=json", body).want(409)
	w.call(w.owner, "GET", namespace+"/services", nil).want(400).saying("us-central1-" + w.address)
	for _, test := range []struct {
		status     int
		text       string
		annotation string
		value      string
	}{
		{501, "run.googleapis.com/cloudsql-instances", "run.googleapis.com/cloudsql-instances", "a:b:c"},
		{501, "session affinity", "run.googleapis.com/sessionAffinity", "true"},
		{400, "parsing", "autoscaling.knative.dev/maxScale", "many"},
		{400, "gen1 or gen2", "run.googleapis.com/execution-environment", "gen3"},
	} {
		body := created("image")
		dig(body, "metadata").(map[string]any)["name"] = "other"
		dig(body, "spec", "template", "metadata", "annotations").(map[string]any)[test.annotation] = test.value
		w.gcloud("POST", namespace+"/services", body).want(test.status).saying(test.text)
	}
	secret := created("image")
	dig(secret, "spec", "template", "spec", "containers", 0).(map[string]any)["env"] = []any{map[string]any{"name": "A",
		"valueFrom": map[string]any{"secretKeyRef": map[string]any{"name": "s", "key": "1"}}}}
	w.gcloud("POST", namespace+"/services", secret).want(501).saying("valueFrom")
	w.gcloud("POST", namespace+"/services", map[string]any{}).want(400)
	w.gcloud("GET", namespace+"/services?labelSelector=a!%3Db", nil).want(501)
}

// gcloud writes bytes in URL-safe base64: an etag goes back otherwise than it came.
func TestGcloudSendsEtagsBack(t *testing.T) {
	w := start(t)
	account := "serviceAccount:" + w.account("someone")
	path := "/run/v1/projects/" + project + "/locations/us-central1/services/app"
	w.service(nil)
	different := 0
	for i := 0; different < 3; i++ {
		policy := w.call(w.owner, "GET", path+":getIamPolicy?options.requestedPolicyVersion=3",
			nil).want(200).at().(map[string]any)
		etag, _ := policy["etag"].(string)
		safe := strings.NewReplacer("+", "-", "/", "_").Replace(etag)
		if safe != etag {
			different++
		}
		role := []string{"roles/run.viewer", "roles/run.invoker"}[i%2]
		w.call(w.owner, "POST", path+":setIamPolicy",
			map[string]any{"policy": map[string]any{"etag": safe,
				"bindings": []any{map[string]any{"role": role, "members": []string{account}}}}}).want(200)
	}
	topic := w.topic("news")
	w.subscribe("all", topic, nil).want(200)
	w.call(w.owner, "POST", "/pubsub/v1/"+topic+":publish",
		map[string]any{"messages": []any{map[string]any{"data": "-_-_-Q"}}}).want(200)
	if got := w.pull("all").text("receivedMessages", 0, "message", "data"); got != "+/+/+Q==" {
		t.Errorf("pulled %q", got)
	}
}

// What `gcloud storage` asks beside what other clients do.
func TestGcloudStorage(t *testing.T) {
	w := start(t)
	bucket := w.bucket("papers")
	if layout := w.call(w.owner, "GET", "/storage/v1/b/"+bucket+"/storageLayout",
		nil).want(200); layout.text("hierarchicalNamespace", "enabled") != "false" ||
		layout.text("location") != "US-CENTRAL1" {
		t.Errorf("layout %s", layout.body)
	}
	if folders := w.call(w.owner, "GET", "/storage/v1/b/"+bucket+"/managedFolders",
		nil).want(200); folders.at("items") != nil {
		t.Errorf("folders %s", folders.body)
	}
	w.call(w.token(w.account("stranger")), "GET", "/storage/v1/b/"+bucket+"/storageLayout", nil).want(403)
	w.call(w.owner, "GET", "/storage/v1/b/none/managedFolders", nil).want(404)
	session := w.call(w.owner, "POST", "/resumable/upload/storage/v1/b/"+bucket+"/o?uploadType=resumable",
		map[string]any{"name": "big.bin"}).want(200)
	w.call("", "PUT", session.header.Get("Location"), []byte("content")).want(200)
	w.call(w.owner, "GET", "/storage/v1/b/"+bucket+"/o/big.bin?alt=media", nil).want(200).saying("content")
}

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
