package serviceusage_test

import (
	"strings"
	"testing"

	"docx2pdf/local/google/servicetest"
	"docx2pdf/local/google/serviceusage"
)

const services = "/serviceusage/v1/projects/" + servicetest.Project + "/services"

func start(t *testing.T) (*servicetest.World, *serviceusage.Service) {
	t.Helper()
	w := servicetest.Start(t, t.TempDir())
	s := &serviceusage.Service{Projects: w.Projects, Accounts: w.Accounts, Policies: w.Policies, Operations: w.Operations}
	w.Serve(nil, s.API(), w.Projects.API())
	return w, s
}

// enabled are the APIs that are on, as a list of them tells.
func enabled(w *servicetest.World) string {
	var answer struct {
		Services []struct{ Name, State string }
	}
	w.Call("GET", services+"?filter=state:ENABLED", nil).Want(200).Into(&answer)
	var names []string
	for _, s := range answer.Services {
		names = append(names, s.Name[strings.LastIndex(s.Name, "/")+1:])
	}
	return strings.Join(names, " ")
}

func TestAnAPIIsOnBetweenEnableAndDisable(t *testing.T) {
	w, _ := start(t)
	if w.Projects.Usable(servicetest.Project, "run.googleapis.com") {
		t.Error("an API is on that nobody enabled")
	}
	w.Call("POST", services+"/run.googleapis.com:enable", map[string]any{}).Want(200)
	w.Call("POST", services+"/run.googleapis.com:enable", map[string]any{}).Want(200) // once more changes nothing
	if !w.Projects.Usable(servicetest.Project, "run.googleapis.com") || !strings.Contains(enabled(w), "run.googleapis") {
		t.Errorf("run is not on: %s", enabled(w))
	}
	w.Call("POST", services+"/run.googleapis.com:disable", map[string]any{}).Want(200)
	if strings.Contains(enabled(w), "run.googleapis.com") {
		t.Errorf("run is on: %s", enabled(w))
	}
	w.Call("POST", services+"/run.googleapis.com:disable", map[string]any{}).Want(400)
}

func TestABatchIsEnabledTogetherOrNotAtAll(t *testing.T) {
	w, _ := start(t)
	batch := func(ids ...string) servicetest.Answer {
		return w.Call("POST", services+":batchEnable", map[string]any{"serviceIds": ids})
	}
	batch("run.googleapis.com", "pubsub.googleapis.com").Want(200)
	if on := enabled(w); !strings.Contains(on, "pubsub.googleapis.com") || !strings.Contains(on, "run.googleapis.com") {
		t.Errorf("on are %s", on)
	}
	batch("cloudbuild.googleapis.com", "nothing.example.com").Want(403)
	if on := enabled(w); strings.Contains(on, "cloudbuild") {
		t.Errorf("a part of a refused batch is on: %s", on)
	}
}

// Enabling an API makes its service agent, with its role on the project.
func TestAgentsComeWithTheirAPIs(t *testing.T) {
	w, s := start(t)
	agent := s.AgentEmail(servicetest.Project, "run.googleapis.com")
	if w.Accounts.Exists(agent) {
		t.Errorf("%s is there before its API", agent)
	}
	w.Call("POST", services+"/run.googleapis.com:enable", map[string]any{}).Want(200)
	policy := string(w.Call("POST", "/cloudresourcemanager/v1/projects/"+servicetest.Project+":getIamPolicy",
		map[string]any{}).Want(200).Body)
	if !w.Accounts.Exists(agent) || !strings.Contains(policy, agent) ||
		!strings.Contains(policy, "roles/run.serviceAgent") {
		t.Errorf("%s has no role: %s", agent, policy)
	}
	identity := "/serviceusage/v1beta1/projects/" + servicetest.Project + "/services/pubsub.googleapis.com"
	var operation struct{ Name string }
	w.Call("POST", identity+":generateServiceIdentity", map[string]any{}).Want(200).Into(&operation)
	w.Operations.Wait()
	answer := string(w.Call("GET", "/serviceusage/v1beta1/"+operation.Name, nil).Want(200).Body)
	if !strings.Contains(answer, s.AgentEmail(servicetest.Project, "pubsub.googleapis.com")) {
		t.Errorf("the identity of Pub/Sub is %s", answer)
	}
}
