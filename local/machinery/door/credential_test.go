package door_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"docx2pdf/local/machinery/door"
	"docx2pdf/local/machinery/status"
)

// A credential is for some calls only, by its scopes or its audience.
func TestCredentialsAreForSomeCalls(t *testing.T) {
	w := start(t)
	const all = door.ScopePrefix
	for _, test := range []struct {
		limit, service, method string
		want                   bool
	}{
		{"", "storage.googleapis.com", "storage.objects.insert", true},
		{all + "cloud-platform", "storage.googleapis.com", "storage.objects.insert", true},
		{all + "devstorage.read_only", "storage.googleapis.com", "storage.objects.get", true},
		{all + "devstorage.read_only", "storage.googleapis.com", "storage.objects.get (download)", true},
		{all + "devstorage.read_only", "storage.googleapis.com", "XML API: get object", true},
		{all + "devstorage.read_only", "storage.googleapis.com", "storage.objects.insert", false},
		{all + "devstorage.read_only", "storage.googleapis.com", "storage.objects.delete", false},
		{all + "pubsub", "storage.googleapis.com", "XML API: get object", false},
		{all + "userinfo.email " + all + "pubsub", "pubsub.googleapis.com", "pubsub.projects.topics.publish", true},
		{all + "pubsub", "run.googleapis.com", "run.v1.projects.locations.services.get", false},
		{all + "devstorage.read_only", "artifactregistry.googleapis.com",
			"artifactregistry.repositories.downloadArtifacts", true},
		{all + "devstorage.read_only", "artifactregistry.googleapis.com",
			"artifactregistry.repositories.uploadArtifacts", false},
		{"for https://pubsub.googleapis.com/", "pubsub.googleapis.com", "pubsub.projects.topics.publish", true},
		{"for https://us-central1-run.googleapis.com/", "run.googleapis.com", "run.namespaces.services.get", true},
		{"for https://pubsub.googleapis.com/", "storage.googleapis.com", "storage.objects.get", false},
		{"for https://pubsub.googleapis.com.evil/", "pubsub.googleapis.com", "pubsub.projects.topics.publish", false},
		{"for https://oauth2.googleapis.com/token", "pubsub.googleapis.com", "pubsub.projects.topics.publish", false},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Authorization", strings.TrimSpace(reader+" "+test.limit))
		if err := w.Enter(r, test.method).Identify(r, test.service, test.method); (err == nil) != test.want {
			t.Errorf("%q for %s: %v", test.limit, test.method, err)
		}
	}
	r := httptest.NewRequest("GET", "/", nil)
	v := w.Enter(r, "run.routes.invoke")
	if err := v.IdentifyID(reader, []string{"https://other"}); err == nil {
		t.Error("an ID token is taken that was made for somebody else")
	}
	if err := v.IdentifyID(reader, []string{"https://service"}); err != nil || v.Caller.Email != reader {
		t.Errorf("%+v, %v", v.Caller, err)
	}
	if err := v.IdentifyToken("nonsense", r, "run.googleapis.com", "x"); !status.Is(err, status.Unauthenticated) {
		t.Errorf("nonsense: %v", err)
	}
}
