package e2e

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// grant is one IAM member of the stack.
type grant struct {
	name, role, member string
	get, set           string // the policy's URLs
	getMethod          string
	setMethod          string
	bare               bool // the policy is sent as it is, not in a "policy" field
}

type stateResource struct {
	URN     string
	Type    string
	ID      string
	Outputs map[string]any
}

func (m *machine) state() []stateResource {
	m.t.Helper()
	var state struct {
		Deployment struct{ Resources []stateResource }
	}
	exported := m.run("pulumi", "stack", "export", "--stack", "local")
	if err := json.Unmarshal([]byte(exported), &state); err != nil {
		m.t.Fatal(err)
	}
	return state.Deployment.Resources
}

// resource is a resource of the stack: its outputs, and its id.
func (m *machine) resource(kind, name string) map[string]any {
	m.t.Helper()
	for _, resource := range m.state() {
		if resource.Type == kind && strings.HasSuffix(resource.URN, "::"+name) {
			resource.Outputs["id"] = resource.ID
			return resource.Outputs
		}
	}
	m.t.Fatalf("the stack has no %s %s", kind, name)
	return nil
}

// grants are all IAM members of the stack.
func (m *machine) grants() []grant {
	m.t.Helper()
	var all []grant
	for _, resource := range m.state() {
		if !strings.HasSuffix(strings.ToLower(resource.Type), "iammember") {
			continue
		}
		out := func(key string) string { s, _ := resource.Outputs[key].(string); return s }
		g := grant{
			name: resource.URN[strings.LastIndex(resource.URN, "::")+2:], role: out("role"), member: out("member"),
			getMethod: http.MethodGet, setMethod: http.MethodPost,
		}
		name, _, _ := strings.Cut(resource.ID, "/roles/") // of what the policy is of
		on := func(base, path string) {
			url := m.variable(base) + path
			g.get, g.set = url+":getIamPolicy", url+":setIamPolicy"
		}
		switch resource.Type {
		case "gcp:storage/bucketIAMMember:BucketIAMMember":
			g.get = m.variable("GOOGLE_STORAGE_CUSTOM_ENDPOINT") + name + "/iam"
			g.set, g.setMethod, g.bare = g.get, http.MethodPut, true
		case "gcp:cloudrunv2/serviceIamMember:ServiceIamMember":
			on("GOOGLE_CLOUD_RUN_V2_CUSTOM_ENDPOINT", name)
		case "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember":
			on("GOOGLE_ARTIFACT_REGISTRY_CUSTOM_ENDPOINT", name)
		case "gcp:projects/iAMMember:IAMMember":
			on("GOOGLE_RESOURCE_MANAGER_CUSTOM_ENDPOINT", "projects/"+name)
			g.getMethod = http.MethodPost
		case "gcp:serviceaccount/iAMMember:IAMMember":
			on("GOOGLE_IAM_CUSTOM_ENDPOINT", "v1/"+name)
			g.getMethod = http.MethodPost
		case "gcp:pubsub/topicIAMMember:TopicIAMMember", "gcp:pubsub/subscriptionIAMMember:SubscriptionIAMMember":
			on("GOOGLE_PUBSUB_CUSTOM_ENDPOINT", name)
		default:
			m.t.Fatalf("do not know the policy of a %s", resource.Type)
		}
		all = append(all, g)
	}
	return all
}

func last(path string) string { return path[strings.LastIndex(path, "/")+1:] }

type policy struct {
	Bindings []binding `json:"bindings,omitempty"`
	Etag     string    `json:"etag,omitempty"`
	Version  int       `json:"version,omitempty"`
}

type binding struct {
	Role    string   `json:"role"`
	Members []string `json:"members"`
}

// revoke takes a grant out of its policy; what it answers with puts it back.
func (m *machine) revoke(g grant) (giveBack func()) {
	m.t.Helper()
	change := func(edit func(members []string) []string) {
		var p policy
		var body any
		if g.getMethod == http.MethodPost {
			body = map[string]any{}
		}
		m.asOwner(g.getMethod, g.get, body, &p)
		found := false
		for i, b := range p.Bindings {
			if b.Role == g.role {
				found = true
				p.Bindings[i].Members = edit(b.Members)
			}
		}
		if !found {
			p.Bindings = append(p.Bindings, binding{g.role, edit(nil)})
		}
		p.Bindings = slices.DeleteFunc(p.Bindings, func(b binding) bool { return len(b.Members) == 0 })
		var update any = map[string]any{"policy": p}
		if g.bare {
			update = p
		}
		m.asOwner(g.setMethod, g.set, update, nil)
	}
	removed := false
	change(func(members []string) []string {
		return slices.DeleteFunc(members, func(member string) bool {
			removed = removed || member == g.member
			return member == g.member
		})
	})
	if !removed {
		m.t.Errorf("%s was not granted %s", g.member, g.role)
	}
	return func() { change(func(members []string) []string { return append(members, g.member) }) }
}
