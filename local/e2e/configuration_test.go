package e2e

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/api/idtoken"
	"google.golang.org/api/option"
)

// TestConfiguration changes a running stack in the ways that its configuration
// allows, and uses it after each.
func TestConfiguration(t *testing.T) {
	m := newMachine(t)
	m.up()
	for _, step := range []struct {
		name string
		does func(*machine)
	}{
		{"a dropped document is converted", (*machine).dropConverts},
		{"a failed build leaves the service as it was", (*machine).failedBuild},
		{"an update of a part builds nothing", (*machine).updatesAPart},
		{"the image goes from one stack to another", (*machine).promotes},
		{"the key is rotated", (*machine).rotates},
		{"a rollback ends with the next update", (*machine).rollsBack},
		{"project-wide invoker", (*machine).invokesProjectWide},
		{"everything else", (*machine).changesTheRest},
		{"other names", (*machine).renames},
		{"everything is imported by its id", (*machine).imports},
		{"what has a fixed name is replaced", (*machine).replaces},
		{"a service that the state lost is taken in", (*machine).takesIn},
		{"no key", (*machine).withoutKey},
		{"another region and project", (*machine).moves},
		{"no events", (*machine).withoutEvents},
	} {
		if !t.Run(step.name, func(t *testing.T) { step.does(m.in(t)) }) {
			t.FailNow()
		}
	}
	m.unchanged()
	m.destroy()
}

// dropConverts drops a document into the input bucket, and something that is
// none.
func (m *machine) dropConverts() {
	m.upload("notes/readme.txt", "README.md")
	m.upload("dropped/demo.docx", "demo.docx")
	pdf := filepath.Join(m.t.TempDir(), "dropped.pdf")
	if err := os.WriteFile(pdf, m.appears("dropped/demo.pdf"), 0o600); err != nil {
		m.t.Fatal(err)
	}
	m.looksAtDemo(pdf)
}

// failedBuild breaks the source. The deployment fails and says where; the
// service goes on, and mending the source needs no new build.
func (m *machine) failedBuild() {
	image := m.outputs()["image"]
	broken := filepath.Join(m.dir, "service", "broken.go")
	if err := os.WriteFile(broken, []byte("package main\n\nvar _ = notDefined\n"), 0o644); err != nil {
		m.t.Fatal(err)
	}
	out, err := m.try("pulumi", "up", "--stack", "local", "--yes", "--skip-preview", "--non-interactive")
	if err == nil {
		m.t.Fatalf("source that does not compile was deployed:\n%s", out)
	}
	for _, want := range []string{"ended as FAILURE", "undefined: notDefined", "the whole log: "} {
		if !strings.Contains(out, want) {
			m.t.Errorf("the failed deployment does not say %q:\n%s", want, out)
		}
	}
	m.clientConverts()
	if err := os.Remove(broken); err != nil {
		m.t.Fatal(err)
	}
	m.up()
	if now := m.outputs()["image"]; now != image {
		m.t.Errorf("the same source made another image: %s, then %s", image, now)
	}
}

// updatesAPart changes the source and updates the service alone, and then has the program run to take nothing down: what
// is not uploaded is not built. The next whole update is.
func (m *machine) updatesAPart() {
	before := m.outputs()["image"]
	built := len(m.builds())
	source := filepath.Join(m.dir, "service", "main.go")
	content, err := os.ReadFile(source)
	if err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(source, append(content, "\nfunc init() { print() }\n"...), 0o644); err != nil {
		m.t.Fatal(err)
	}
	m.run("pulumi", "up", "--stack", "local", "--yes", "--skip-preview", "--non-interactive", "--target",
		"**gcp:cloudrunv2/service:Service::converter-service", "--config", "timeoutSeconds=250")
	m.run("pulumi", "destroy", "--run-program", "--stack", "local", "--yes", "--skip-preview", "--non-interactive",
		"--target", "**docx2pdf:infra:Watching$gcp:monitoring/dashboard:Dashboard::watching-dashboard")
	if now := m.outputs()["image"]; now != before || len(m.builds()) != built {
		m.t.Errorf("%d builds more, and the image is %s, before %s", len(m.builds())-built, now, before)
	}
	m.up("timeoutSeconds=300")
	if now := m.outputs()["image"]; now == before || len(m.builds()) != built+1 {
		m.t.Errorf("after the whole update: %d builds more, and the image is %s, before %s", len(m.builds())-built, now,
			before)
	}
	m.clientConverts()
	if err := os.WriteFile(source, content, 0o644); err != nil {
		m.t.Fatal(err)
	}
	m.up()
}

// promotes deploys a second stack into the same project and region, with the
// first one's image. Neither touches the other.
func (m *machine) promotes() {
	image := m.outputs()["image"]
	m.run("pulumi", "stack", "init", "prod", "--no-select")
	set := func(settings ...string) {
		for _, setting := range settings {
			key, value, _ := strings.Cut(setting, "=")
			m.run("pulumi", "config", "set", "--stack", "prod", key, value)
		}
	}
	set("gcp:project=docx2pdf-local", "gcp:region=us-central1", "image="+image, "forceDestroy=true")
	out, err := m.try("pulumi", "preview", "--stack", "prod", "--non-interactive")
	for _, want := range []string{"the Cloud Run service docx2pdf in us-central1 belongs to the stack local",
		"the service account cr-test@docx2pdf-local.iam.gserviceaccount.com belongs to the stack local"} {
		if err == nil || !strings.Contains(out, want) {
			m.t.Errorf("with the names of the other stack: %v, want %q\n%s", err, want, out)
		}
	}
	set("serviceName=docx2pdf-prod", "callerName=cr-test-prod")
	m.run("pulumi", "up", "--stack", "prod", "--yes", "--skip-preview", "--non-interactive")
	pdf := filepath.Join(m.t.TempDir(), "demo.pdf")
	m.run("go", "run", "./client", "-stack", "prod", "-o", pdf, "demo.docx")
	m.looksAtDemo(pdf)
	m.run("pulumi", "destroy", "--stack", "prod", "--yes", "--skip-preview", "--non-interactive")
	m.runsAnothersImage(image)
	m.run("pulumi", "destroy", "--stack", "prod", "--yes", "--skip-preview", "--non-interactive", "--remove")
	m.clientConverts()
}

// runsAnothersImage deploys the second stack into another project. Cloud Run's agent there may not read the image until
// it is granted what the README says.
func (m *machine) runsAnothersImage(image string) {
	m.t.Helper()
	var made struct{ ProjectNumber string }
	projects := m.variable("GOOGLE_RESOURCE_MANAGER_CUSTOM_ENDPOINT") + "projects"
	m.project("production")
	m.asOwner("GET", projects+"/production", nil, &made)
	m.run("pulumi", "config", "set", "--stack", "prod", "gcp:project", "production")
	up := []string{"up", "--stack", "prod", "--yes", "--skip-preview", "--non-interactive"}
	out, err := m.try("pulumi", up...)
	if err == nil || !strings.Contains(out, "Cloud Run Service Agent must have permission to read the image") {
		m.t.Errorf("with an image that the other project's agent may not read: %v\n%s", err, out)
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(image, "us-central1-docker.pkg.dev/docx2pdf-local/"), "/")
	repository := m.variable("GOOGLE_ARTIFACT_REGISTRY_CUSTOM_ENDPOINT") +
		"projects/docx2pdf-local/locations/us-central1/repositories/" + name
	var p policy
	m.asOwner("GET", repository+":getIamPolicy", nil, &p)
	p.Bindings = append(p.Bindings, binding{"roles/artifactregistry.reader", []string{
		"serviceAccount:service-" + made.ProjectNumber + "@serverless-robot-prod.iam.gserviceaccount.com"}})
	m.asOwner("POST", repository+":setIamPolicy", map[string]any{"policy": p}, nil)
	m.run("pulumi", up...)
	pdf := filepath.Join(m.t.TempDir(), "demo.pdf")
	m.run("go", "run", "./client", "-stack", "prod", "-o", pdf, "demo.docx")
	m.looksAtDemo(pdf)
}

// rotates renews the key twice: each key goes on working after the first renewal, and ends with the second.
func (m *machine) rotates() {
	first := m.outputs()["key"]
	m.up("keyRotation=2")
	second := m.outputs()["key"]
	if second == first {
		m.t.Error("the key is still the old one")
	}
	m.accessTokenFor(first, "https://www.googleapis.com/auth/cloud-platform")
	m.clientConverts()
	m.up("keyRotation=3")
	m.signInFails(first)
	m.accessTokenFor(second, "https://www.googleapis.com/auth/cloud-platform")
	m.clientConverts()
}

// rollsBack sends all requests to the first revision, as a rollback in the
// console does. The next update sends them to the latest again, and says so.
func (m *machine) rollsBack() {
	m.up("timeoutSeconds=200")
	service := m.variable("GOOGLE_CLOUD_RUN_V2_CUSTOM_ENDPOINT") +
		"projects/docx2pdf-local/locations/us-central1/services/docx2pdf"
	var revisions struct{ Revisions []struct{ Name string } }
	m.asOwner("GET", service+"/revisions", nil, &revisions)
	const latest, pinned = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION"
	type serviceState struct {
		Reconciling bool
		Traffic     []struct{ Type string }
	}
	var state serviceState
	settled := func() bool {
		state = serviceState{} // what is false is left out of the answer
		m.asOwner("GET", service, nil, &state)
		return !state.Reconciling
	}
	m.asOwner("PATCH", service+"?updateMask=traffic", map[string]any{"traffic": []any{map[string]any{
		"type": pinned, "revision": last(revisions.Revisions[0].Name), "percent": 100}}}, nil)
	m.waitFor("the rollback", settled)
	if len(state.Traffic) != 1 || state.Traffic[0].Type != pinned {
		m.t.Fatalf("the traffic after the rollback: %v", state.Traffic)
	}
	if out := m.up(); !strings.Contains(out, "to the latest revision again") {
		m.t.Errorf("the update does not tell of the rollback:\n%s", out)
	}
	m.waitFor("the traffic", settled)
	if len(state.Traffic) != 1 || state.Traffic[0].Type != latest {
		m.t.Errorf("the traffic after the next update: %v", state.Traffic)
	}
	m.unchanged()
	m.up("timeoutSeconds=300")
	m.clientConverts()
}

func (m *machine) invokesProjectWide() {
	m.up("invokerScope=project")
	m.clientConverts()
	m.up("invokerScope=service")
	m.clientConverts()
}

// changesTheRest changes what the service and the buckets are made of, and back.
func (m *machine) changesTheRest() {
	m.up("cpu=4", "minInstances=1", "maxInstances=3", "timeoutSeconds=60",
		"retentionDays=7", "versioning=true", "alertEmail=me@example.com")
	m.unchanged()
	m.clientConverts()
	m.up("cpu=2", "memory=", "concurrency=0", "minInstances=0", "maxInstances=0", "timeoutSeconds=300",
		"retentionDays=0", "versioning=false", "alertEmail=")
	m.unchanged()
	m.clientConverts()
}

// renames gives the service and the caller's account other names. Nothing is left under the old ones.
func (m *machine) renames() {
	m.up("serviceName=letters", "callerName=cr-letters")
	m.unchanged()
	m.clientConverts()
	if inventory := m.run(".local/bin/local", "inventory"); strings.Contains(inventory, "/services/docx2pdf") ||
		strings.Contains(inventory, "cr-test@") || !strings.Contains(inventory, "/services/letters") ||
		!strings.Contains(inventory, "cr-letters@") {
		m.t.Errorf("with other names there is:\n%s", inventory)
	}
	m.up("serviceName=docx2pdf", "callerName=cr-test")
	m.clientConverts()
}

// replaces has everything made anew that Google knows by a name of the
// program's: the old one must go first.
func (m *machine) replaces() {
	args := []string{"up", "--stack", "local", "--yes", "--skip-preview", "--non-interactive"}
	for _, resource := range []string{
		"Converter$gcp:cloudrunv2/service:Service::converter-service",
		"Converter$gcp:serviceaccount/account:Account::converter-account",
		"Caller$gcp:serviceaccount/account:Account::caller-account",
		"Image$gcp:artifactregistry/repository:Repository::image-repository",
	} {
		args = append(args, "--replace", "urn:pulumi:local::docx2pdf::docx2pdf:infra:"+resource)
	}
	m.run("pulumi", args...)
	m.clientConverts()
	m.unchanged()
}

// takesIn loses the service from the state, and imports it as the README says.
func (m *machine) takesIn() {
	const parent = "urn:pulumi:local::docx2pdf::docx2pdf:infra:Converter::converter"
	m.forget("urn:pulumi:local::docx2pdf::docx2pdf:infra:Converter$gcp:cloudrunv2/service:Service::converter-service")
	out, err := m.try("pulumi", "up", "--stack", "local", "--yes", "--skip-preview", "--non-interactive")
	if err == nil || !strings.Contains(out, "Resource 'docx2pdf' already exists") {
		m.t.Errorf("with a service that the state does not know: %v\n%s", err, out)
	}
	m.run("pulumi", "import", "--stack", "local", "--yes", "--generate-code=false", "--protect=false", "--non-interactive",
		"--parent", "converter="+parent,
		"gcp:cloudrunv2/service:Service", "converter-service",
		"projects/docx2pdf-local/locations/us-central1/services/docx2pdf")
	m.up()
	m.unchanged()
	m.clientConverts()
}

// forget takes a resource, and what others say of it, out of the stack's state.
func (m *machine) forget(urn string) {
	m.t.Helper()
	file := filepath.Join(m.t.TempDir(), "state.json")
	m.run("pulumi", "stack", "export", "--stack", "local", "--file", file)
	content, err := os.ReadFile(file)
	if err != nil {
		m.t.Fatal(err)
	}
	var state map[string]any
	if err := json.Unmarshal(content, &state); err != nil {
		m.t.Fatal(err)
	}
	is := func(v any) bool { return v == urn }
	deployment := state["deployment"].(map[string]any)
	resources := deployment["resources"].([]any)
	deployment["resources"] = slices.DeleteFunc(resources, func(r any) bool { return is(r.(map[string]any)["urn"]) })
	for _, r := range deployment["resources"].([]any) {
		resource := r.(map[string]any)
		if is(resource["deletedWith"]) {
			delete(resource, "deletedWith")
		}
		if needs, ok := resource["dependencies"].([]any); ok {
			resource["dependencies"] = slices.DeleteFunc(needs, is)
		}
		properties, _ := resource["propertyDependencies"].(map[string]any)
		for name, of := range properties {
			if needs, ok := of.([]any); ok {
				properties[name] = slices.DeleteFunc(needs, is)
			}
		}
	}
	if content, err = json.Marshal(state); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(file, content, 0o600); err != nil {
		m.t.Fatal(err)
	}
	m.run("pulumi", "stack", "import", "--stack", "local", "--file", file)
}

func (m *machine) withoutKey() {
	old := m.outputs()["key"]
	m.up("createKey=false")
	if key, there := m.outputs()["key"]; there {
		m.t.Errorf("there is still a key of %d bytes among the outputs", len(key))
	}
	m.signInFails(old)
	m.up("createKey=true")
}

// moves replaces everything, in another region and another project.
func (m *machine) moves() {
	m.project("another-project")
	out, err := m.try("pulumi", "preview", "--stack", "local", "--non-interactive", "--config", "gcp:region=europe-west1",
		"--config", "forceDestroy=false")
	if err == nil || !strings.Contains(out, "has documents, which would be lost") {
		m.t.Errorf("a move that loses documents: %v\n%s", err, out)
	}
	if out := m.up("gcp:region=europe-west1", "gcp:project=another-project",
		"forceDestroy=true"); !strings.Contains(out,
		"moves from docx2pdf-local to another-project: everything in it is made "+
			"anew") || !strings.Contains(out, "are deleted") {
		m.t.Errorf("the move does not tell what it takes:\n%s", out)
	}
	inventory := m.run(".local/bin/local", "inventory")
	if strings.Contains(inventory, "us-central1") || strings.Contains(inventory, "docx2pdf-local") ||
		!strings.Contains(inventory, "projects/another-project/locations/europe-west1/services/docx2pdf") {
		m.t.Errorf("after the move there is still something in the old place, or nothing in the new one:\n%s", inventory)
	}
	m.clientConverts()
}

func (m *machine) withoutEvents() {
	m.up("events=false")
	inventory := m.run(".local/bin/local", "inventory")
	if strings.Contains(inventory, "/topics/") || strings.Contains(inventory, "/subscriptions/") {
		m.t.Errorf("without events there are still topics or subscriptions:\n%s", inventory)
	}
	m.clientConverts()
}

// signInFails asserts that a key is good for nothing any more.
func (m *machine) signInFails(key string) {
	m.t.Helper()
	source, err := idtoken.NewTokenSource(context.Background(), m.outputs()["url"],
		option.WithAuthCredentialsJSON(option.ServiceAccount, []byte(key)))
	if err == nil {
		_, err = source.Token()
	}
	if err == nil || !strings.Contains(err.Error(), "invalid_grant") {
		m.t.Errorf("signing in with a deleted key: %v, want invalid_grant", err)
	}
}
