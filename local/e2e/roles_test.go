package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// permissionName is how the table of calls and Google write a permission.
var permissionName = regexp.MustCompile(`[a-z]+(\.[A-Za-z]+){2,}`)

// needsEach asserts that an account which has done its work could not have done it without any one of its roles: a
// permission that one of its calls took is then missing.
func (m *machine) needsEach(email, token string, roles []string) {
	m.t.Helper()
	taken := m.taken("serviceAccount:" + email)
	if len(taken) < 30 {
		m.t.Fatalf("the account's calls took the permissions %v", taken)
	}
	all := m.held(token, taken)
	for i, role := range roles {
		m.grant("my-project", "serviceAccount:"+email, slices.Delete(slices.Clone(roles), i, i+1))
		held := m.held(token, taken)
		missing := slices.DeleteFunc(slices.Clone(all), func(p string) bool { return slices.Contains(held, p) })
		// What it is for, others happen to hold as well, as the README says.
		if len(missing) == 0 && role != "roles/serviceusage.serviceUsageAdmin" {
			m.t.Errorf("the README lists %s, which nothing needs", role)
		}
		m.t.Logf("without %s: no %s", role, strings.Join(missing, ", "))
	}
	m.grant("my-project", "serviceAccount:"+email, roles)
}

// needsEachAPI asserts that the calls of a run took every API that is on in the project. Serve was started with -v.
func (m *machine) needsEachAPI(project string) {
	m.t.Helper()
	log, err := os.ReadFile(filepath.Join(m.dir, "serve.log"))
	if err != nil {
		m.t.Fatal(err)
	}
	called := map[string]bool{
		"serviceusage.googleapis.com":   true, // which told what is on
		"iamcredentials.googleapis.com": true, // for callers without a key, which other tests have
	}
	for _, call := range regexp.MustCompile(`call=([a-z]+)\.`).FindAllStringSubmatch(string(log), -1) {
		called[call[1]+".googleapis.com"] = true
	}
	var on struct{ Services []struct{ Name string } }
	m.asOwner("GET", m.variable("GOOGLE_SERVICE_USAGE_CUSTOM_ENDPOINT")+"v1/projects/"+project+
		"/services?filter=state:ENABLED", nil, &on)
	if len(on.Services) < 10 {
		m.t.Errorf("the APIs that are on are %v", on.Services)
	}
	for _, service := range on.Services {
		if api := last(service.Name); !called[api] {
			m.t.Errorf("the program enables %s, which nothing calls", api)
		}
	}
}

// taken are the permissions that a member's calls took, by the local cloud's log and its table of calls.
func (m *machine) taken(member string) []string {
	m.t.Helper()
	table, err := os.ReadFile("../APIS.md")
	if err != nil {
		m.t.Fatal(err)
	}
	takes := map[string][]string{}
	for line := range strings.Lines(string(table)) {
		if cells := strings.Split(line, "|"); len(cells) > 3 {
			takes[strings.TrimSpace(cells[1])] = permissionName.FindAllString(cells[2], -1)
		}
	}
	log, err := os.ReadFile(filepath.Join(m.dir, "serve.log"))
	if err != nil {
		m.t.Fatal(err)
	}
	var taken []string
	call := regexp.MustCompile(`call=(\S+) caller=` + regexp.QuoteMeta(member) + ` `)
	for _, found := range call.FindAllStringSubmatch(string(log), -1) {
		taken = append(taken, takes[found[1]]...)
	}
	slices.Sort(taken)
	return slices.Compact(taken)
}

// held are those of some permissions that whoever has a token holds on the project.
func (m *machine) held(token string, permissions []string) []string {
	m.t.Helper()
	url := m.variable("GOOGLE_RESOURCE_MANAGER_CUSTOM_ENDPOINT") + "projects/my-project:testIamPermissions"
	status, content := m.callAs(token, "POST", url, map[string]any{"permissions": permissions})
	var answer struct{ Permissions []string }
	if err := json.Unmarshal([]byte(content), &answer); status != 200 || err != nil {
		m.t.Fatalf("testIamPermissions: %d %s", status, content)
	}
	return answer.Permissions
}

// grant gives a member roles of a project, and no others.
func (m *machine) grant(project, member string, roles []string) {
	m.t.Helper()
	var p policy
	url := m.variable("GOOGLE_RESOURCE_MANAGER_CUSTOM_ENDPOINT") + "projects/" + project
	m.asOwner("POST", url+":getIamPolicy", map[string]any{}, &p)
	for i := range p.Bindings {
		p.Bindings[i].Members = slices.DeleteFunc(p.Bindings[i].Members, func(m string) bool { return m == member })
	}
	p.Bindings = slices.DeleteFunc(p.Bindings, func(b binding) bool { return len(b.Members) == 0 })
	for _, role := range roles {
		p.Bindings = append(p.Bindings, binding{role, []string{member}})
	}
	m.asOwner("POST", url+":setIamPolicy", map[string]any{"policy": p}, nil)
}
