package monitoring_test

import (
	"strings"
	"testing"

	"docx2pdf/local/google/monitoring"
	"docx2pdf/local/google/servicetest"
)

const (
	v1 = "/monitoring/v1/projects/" + servicetest.Project
	v3 = "/monitoring/v3/projects/" + servicetest.Project
)

func open(t *testing.T, dir string) *servicetest.World {
	t.Helper()
	w := servicetest.Start(t, dir)
	w.Serve(nil, monitoring.Open(w.DB).API())
	return w
}

// made creates a document and returns its name.
func made(w *servicetest.World, collection string, body map[string]any) string {
	var created struct{ Name string }
	w.Call("POST", collection, body).Want(200).Into(&created)
	return created.Name
}

func alert(channels ...string) map[string]any {
	return map[string]any{"displayName": "errors", "combiner": "OR", "notificationChannels": channels,
		"conditions": []any{map[string]any{"displayName": "some", "conditionThreshold": map[string]any{"filter": "x"}}}}
}

func email(address string) map[string]any {
	return map[string]any{"type": "email", "labels": map[string]any{"email_address": address}}
}

func TestEachKindIsMadeReadChangedAndDeleted(t *testing.T) {
	dir := t.TempDir()
	w := open(t, dir)
	for collection, body := range map[string]map[string]any{
		v1 + "/dashboards":           {"displayName": "conversions", "gridLayout": map[string]any{"columns": "2"}},
		v3 + "/alertPolicies":        alert(),
		v3 + "/notificationChannels": email("me@example.com"),
	} {
		mount := collection[:strings.Index(collection, "projects/")]
		name := made(w, collection, body)
		var read, changed, listed map[string]any
		w.Call("GET", mount+name, nil).Want(200).Into(&read)
		read["displayName"] = "another"
		w.Call("PATCH", mount+name, read).Want(200).Into(&changed)
		if changed["displayName"] != "another" || changed["name"] != name {
			t.Errorf("%s: changed to %v", collection, changed)
		}
		w.Call("GET", collection, nil).Want(200).Into(&listed)
		if all, _ := listed[collection[strings.LastIndex(collection, "/")+1:]].([]any); len(all) != 1 {
			t.Errorf("%s lists %v", collection, listed)
		}
	}
	w.Stop()
	w = open(t, dir) // it is all there after a restart
	for _, collection := range []string{v1 + "/dashboards", v3 + "/alertPolicies", v3 + "/notificationChannels"} {
		kind := collection[strings.LastIndex(collection, "/")+1:]
		mount := collection[:strings.Index(collection, "projects/")]
		var listed map[string][]map[string]any
		body := w.Call("GET", collection, nil).Want(200)
		body.Body = []byte(strings.Replace(string(body.Body), `"totalSize":1`, `"totalSize":[]`, 1))
		body.Into(&listed)
		name, _ := listed[kind][0]["name"].(string)
		w.Call("DELETE", mount+name, nil).Want(200)
		w.Call("GET", mount+name, nil).Want(404)
		w.Call("DELETE", mount+name, nil).Want(404)
	}
}

func TestADashboardIsChangedAsItWasRead(t *testing.T) {
	w := open(t, t.TempDir())
	name := "/monitoring/v1/" + made(w, v1+"/dashboards", map[string]any{"displayName": "conversions"})
	var read map[string]any
	w.Call("GET", name, nil).Want(200).Into(&read)
	read["displayName"] = "mine"
	w.Call("PATCH", name, read).Want(200)
	read["displayName"] = "theirs" // with the etag of what was
	w.Call("PATCH", name, read).Want(409)
	w.Call("PATCH", name, map[string]any{"displayName": "anybody's"}).Want(200)
}

func TestAChannelThatIsUsedStays(t *testing.T) {
	w := open(t, t.TempDir())
	channel := made(w, v3+"/notificationChannels", email("me@example.com"))
	policy := made(w, v3+"/alertPolicies", alert(channel))
	w.Call("POST", v3+"/alertPolicies", alert(channel+"0")).Want(400)
	w.Call("DELETE", "/monitoring/v3/"+channel, nil).Want(400)
	w.Call("DELETE", "/monitoring/v3/"+channel+"?force=true", nil).Want(200)
	w.Call("GET", "/monitoring/v3/"+policy, nil).Want(200)
}

// An update names the fields that it changes; others stay.
func TestAnUpdateMask(t *testing.T) {
	w := open(t, t.TempDir())
	policy := "/monitoring/v3/" + made(w, v3+"/alertPolicies", alert())
	w.Call("PATCH", policy+"?updateMask=enabled", map[string]any{"enabled": false, "displayName": "x"}).Want(200)
	var read map[string]any
	w.Call("GET", policy, nil).Want(200).Into(&read)
	if read["enabled"] != false || read["displayName"] != "errors" {
		t.Errorf("%v", read)
	}
}
