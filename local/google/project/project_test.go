package project_test

import (
	"strings"
	"testing"
	"time"

	"docx2pdf/local/google/servicetest"
)

const projects = "/cloudresourcemanager/v1/projects"

func start(t *testing.T, dir string) *servicetest.World {
	t.Helper()
	w := servicetest.Start(t, dir)
	w.Serve(nil, w.Projects.API(), w.Projects.BillingAPI())
	return w
}

func TestAProjectHasANumberAndAnOwner(t *testing.T) {
	dir := t.TempDir()
	w := start(t, dir)
	w.Call("POST", projects, map[string]any{"projectId": "second-project",
		"labels": map[string]string{"a": "b"}}).Want(200)
	w.Call("POST", projects, map[string]any{"projectId": "second-project"}).Want(409)
	w.Stop()

	w = start(t, dir)
	var read struct {
		ProjectNumber, Name string
		Labels              map[string]string
	}
	w.Call("GET", projects+"/second-project", nil).Want(200).Into(&read)
	if len(read.ProjectNumber) != 12 || read.Name != "second-project" || read.Labels["a"] != "b" {
		t.Errorf("%+v", read)
	}
	byNumber := w.Call("GET", projects+"/"+read.ProjectNumber, nil).Want(200)
	if !strings.Contains(string(byNumber.Body), `"projectId":"second-project"`) {
		t.Errorf("by its number it is %s", byNumber.Body)
	}
	policy := w.Call("POST", projects+"/second-project:getIamPolicy", map[string]any{}).Want(200)
	if !strings.Contains(string(policy.Body), "roles/owner") {
		t.Errorf("nobody owns it: %s", policy.Body)
	}
	w.Call("GET", projects+"/third-project", nil).Want(403) // not 404: who may not see it learns nothing
}

// An API that takes its time after it was enabled cannot be used before.
func TestAnAPITakesItsTime(t *testing.T) {
	w := start(t, t.TempDir())
	w.Projects.SetAPIDelays(func(service string) time.Duration {
		if service == "run.googleapis.com" {
			return time.Hour
		}
		return 0
	})
	for _, api := range []string{"run.googleapis.com", "pubsub.googleapis.com"} {
		if err := w.Projects.SetEnabled(servicetest.Project, api, true); err != nil {
			t.Fatal(err)
		}
		if usable := w.Projects.Usable(servicetest.Project, api); usable != (api == "pubsub.googleapis.com") {
			t.Errorf("%s can be used: %v", api, usable)
		}
	}
	if !w.Projects.Enabled(servicetest.Project, "run.googleapis.com") {
		t.Error("an API that takes its time is not enabled")
	}
}

// Without a billing account the APIs that cost something cannot be enabled.
func TestWithoutBilling(t *testing.T) {
	w := start(t, t.TempDir())
	billing := "/cloudbilling/v1/projects/" + servicetest.Project + "/billingInfo"
	var info struct {
		BillingAccountName string
		BillingEnabled     bool
	}
	if w.Call("GET", billing, nil).Want(200).Into(&info); !info.BillingEnabled {
		t.Fatalf("%+v", info)
	}
	w.Call("PUT", billing, map[string]any{"billingAccountName": ""}).Want(200)
	if err := w.Projects.SetEnabled(servicetest.Project, "run.googleapis.com", true); err == nil ||
		!strings.Contains(err.Error(), "Billing") {
		t.Errorf("enabling Cloud Run without billing: %v", err)
	}
	w.Call("PUT", billing, map[string]any{"billingAccountName": info.BillingAccountName}).Want(200)
	if err := w.Projects.SetEnabled(servicetest.Project, "run.googleapis.com", true); err != nil {
		t.Error(err)
	}
}
