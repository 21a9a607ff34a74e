package cloud

import (
	"slices"
	"strings"

	"docx2pdf/local/console"
	"docx2pdf/local/run"
)

const shownObjects = 200

// snapshot is what the page shows.
func (c *Cloud) snapshot() console.State {
	s := console.State{Address: c.Address(), Projects: []console.Project{}, Buckets: []console.Bucket{}, Services: []console.Service{}, Builds: []console.Build{},
		Repositories: []console.Repository{}, Accounts: []console.Account{}, Topics: []string{}, Backlogs: []console.Subscription{}, Policies: []console.Policy{},
		Others: append([]string{}, c.monitor.Names()...), Requests: console.Requests(c.traffic.Latest(100))}
	for _, id := range c.projects.IDs() {
		number, _ := c.projects.Number(id)
		p := console.Project{ID: id, Number: number, APIs: []string{}}
		for service := range c.projects.EnabledServices(id) {
			p.APIs = append(p.APIs, strings.TrimSuffix(service, ".googleapis.com"))
		}
		slices.Sort(p.APIs)
		s.Projects = append(s.Projects, p)
	}
	for _, name := range c.storage.Buckets() {
		b := console.Bucket{Name: name, Project: c.storage.ProjectOf(name), Objects: []console.Object{}}
		for _, o := range c.storage.Objects(name) {
			if len(b.Objects) < shownObjects {
				b.Objects = append(b.Objects, console.Object{Name: o.Name, Size: o.Size, Type: o.ContentType, Time: o.Updated})
			}
		}
		s.Buckets = append(s.Buckets, b)
	}
	s.Services = append(s.Services, services(c.run)...)
	for _, b := range c.build.Latest(10) {
		s.Builds = append(s.Builds, console.Build{ID: b.Id, Status: b.Status, Time: b.StartTime, Detail: b.StatusDetail})
	}
	for _, name := range c.registry.Repositories() {
		s.Repositories = append(s.Repositories, console.Repository{Name: name, Images: append([]string{}, c.registry.Images(name)...)})
	}
	keys := c.iam.Keys()
	for _, name := range c.iam.Accounts() {
		n := 0
		for _, key := range keys {
			if strings.HasPrefix(key, name+"/") {
				n++
			}
		}
		s.Accounts = append(s.Accounts, console.Account{Email: name[strings.LastIndex(name, "/")+1:], Keys: n})
	}
	s.Topics = append(s.Topics, c.pubsub.Topics()...)
	for _, b := range c.Backlogs() {
		s.Backlogs = append(s.Backlogs, console.Subscription{Name: b.Subscription, Topic: b.Topic, Endpoint: b.Endpoint, Backlog: b.Messages})
	}
	for _, resource := range c.policies.Resources() {
		for _, binding := range c.policies.Get(resource).Bindings {
			for _, member := range binding.Members {
				s.Policies = append(s.Policies, console.Policy{Resource: resource, Role: binding.Role, Member: member})
			}
		}
	}
	return s
}

func services(r *run.Service) []console.Service {
	var all []console.Service
	for _, v := range r.List() {
		service := console.Service{Name: v.Name, URL: v.Uri, State: "deploying", Revisions: []console.Revision{}}
		if t := v.TerminalCondition; t != nil && t.State != "CONDITION_PENDING" {
			service.State, service.Message = condition(t.State), t.Message
		}
		for _, revision := range r.Revisions(v.Name) {
			shown := console.Revision{Name: revision.Name[strings.LastIndex(revision.Name, "/")+1:], State: "starting",
				Instances: r.Instances(revision.Name), Serving: revision.Name == v.LatestReadyRevision}
			if len(revision.Conditions) > 0 {
				shown.State = condition(revision.Conditions[0].State)
			}
			service.Revisions = append(service.Revisions, shown)
		}
		all = append(all, service)
	}
	return all
}

func condition(state string) string {
	return map[string]string{"CONDITION_SUCCEEDED": "ready", "CONDITION_FAILED": "failed"}[state]
}
