package cloud

import (
	"cmp"
	"slices"
	"strings"

	storageapi "google.golang.org/api/storage/v1"

	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/google/serviceusage"
	"docx2pdf/local/machine/console"
	"docx2pdf/local/machinery/status"
)

const (
	shownObjects = 200 // of each bucket, the newest
	shownBuilds  = 20
)

// snapshot is what the page shows.
func (c *Cloud) snapshot() console.State {
	s := console.State{
		Address: c.Address(), Flag: c.options.StateFlag, Projects: []console.Project{}, Buckets: []console.Bucket{},
		Services: c.shownServices(),
		Builds:   []console.Build{}, Repositories: []console.Repository{}, Accounts: []console.Account{},
		Topics: append([]string{}, c.pubsub.Topics()...), Backlogs: []console.Subscription{},
		Policies: c.shownGrants(), Others: append([]string{}, c.monitor.Names()...),
	}
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
		s.Buckets = append(s.Buckets, c.shownBucket(name))
	}
	for _, b := range c.build.Latest(shownBuilds) {
		s.Builds = append(
			s.Builds,
			console.Build{ID: b.Id, Status: b.Status, Time: cmp.Or(b.StartTime, b.CreateTime), End: b.FinishTime,
				Detail: b.StatusDetail, Images: append([]string{}, b.Images...)},
		)
	}
	for _, name := range c.registry.Repositories() {
		s.Repositories = append(
			s.Repositories,
			console.Repository{Name: name, Images: append([]string{}, c.registry.Images(name)...)},
		)
	}
	keys := c.iam.Keys()
	for _, name := range c.iam.Accounts() {
		n := 0
		for _, key := range keys {
			if strings.HasPrefix(key, name+"/") {
				n++
			}
		}
		s.Accounts = append(s.Accounts, console.Account{Email: short(name), Keys: n})
	}
	s.Backlogs = append(s.Backlogs, c.shownSubscriptions(s.Services)...)
	s.Flows = console.Flows(s)
	return s
}

func (c *Cloud) shownBucket(name string) console.Bucket {
	b := console.Bucket{
		Name:    name,
		Project: c.storage.ProjectOf(name),
		Objects: []console.Object{},
		Topics:  []console.Notice{},
	}
	var latest []storageapi.Object
	latest, b.Count, b.Bytes = c.storage.Latest(name, shownObjects)
	for _, o := range latest {
		b.Objects = append(b.Objects, console.Object{Name: o.Name, Size: o.Size, Type: o.ContentType, Time: o.Updated})
	}
	for _, n := range c.storage.NotificationsOf(name) {
		topic := strings.TrimPrefix(n.Topic, "//pubsub.googleapis.com/")
		b.Topics = append(b.Topics, console.Notice{Topic: topic, Events: append([]string{}, n.EventTypes...),
			Grant: c.verdict(c.storage.Agent(b.Project), "pubsub.topics.publish", policy.In(topic))})
	}
	return b
}

// shownGrants are all grants, with those told apart that Google makes itself: the basic roles' way into buckets, and
// what service agents and the owner have on a project.
func (c *Cloud) shownGrants() []console.Policy {
	grants := []console.Policy{}
	owner := c.tokens.Owner().Member()
	for _, resource := range c.policies.Resources() {
		for _, binding := range c.policies.Get(resource).Bindings {
			for _, member := range binding.Members {
				usual := strings.HasPrefix(binding.Role, "roles/storage.legacy") && strings.HasPrefix(member, "project") ||
					serviceusage.IsAgentGrant(binding.Role) || (binding.Role == "roles/owner" && member == owner)
				grants = append(grants, console.Policy{Resource: resource, Role: binding.Role, Member: member, Default: usual})
			}
		}
	}
	return grants
}

func (c *Cloud) shownSubscriptions(services []console.Service) []console.Subscription {
	var shown []console.Subscription
	for _, sub := range c.pubsub.Subscriptions() {
		s := console.Subscription{Name: sub.Name, Topic: sub.Topic, Backlog: c.pubsub.Backlog(sub.Name)}
		project := policy.In(sub.Name).Project
		agent := policy.Principal{Email: c.pubsub.AgentEmail(project)}
		if push := sub.PushConfig; push != nil {
			s.Endpoint = push.PushEndpoint
			if push.OidcToken != nil {
				s.Account = push.OidcToken.ServiceAccountEmail
			}
			s.Push = c.pushVerdict(s, agent, services)
		}
		if dead := sub.DeadLetterPolicy; dead != nil {
			s.DeadLetters, s.Attempts = dead.DeadLetterTopic, dead.MaxDeliveryAttempts
			s.Dead = c.verdict(agent, "pubsub.topics.publish", policy.In(dead.DeadLetterTopic))
			if consumes := c.verdict(agent, "pubsub.subscriptions.consume", policy.In(sub.Name)); s.Dead.Allowed {
				s.Dead.Allowed, s.Dead.Why = consumes.Allowed, both(s.Dead, consumes)
			}
		}
		shown = append(shown, s)
	}
	return shown
}

// pushVerdict is whether a push gets its ID token, and with it into the service.
func (c *Cloud) pushVerdict(
	sub console.Subscription,
	agent policy.Principal,
	services []console.Service,
) console.Verdict {
	pusher := policy.Anonymous
	verdict := console.Verdict{Allowed: true, Why: "the push carries no token"}
	if sub.Account != "" {
		pusher.Email = sub.Account
		account := c.iam.Resource(sub.Account, policy.In(sub.Name).Project)
		verdict = c.verdict(agent, "iam.serviceAccounts.getOpenIdToken", account)
	}
	for _, service := range services {
		if service.URL == sub.Endpoint && verdict.Allowed {
			invokes := c.verdict(pusher, "run.routes.invoke", policy.In(service.Name))
			verdict.Allowed, verdict.Why = invokes.Allowed, both(verdict, invokes)
		}
	}
	return verdict
}

func both(first, second console.Verdict) string {
	if !second.Allowed {
		return second.Why
	}
	return first.Why + ", " + second.Why
}

func (c *Cloud) shownServices() []console.Service {
	all := []console.Service{}
	for _, v := range c.run.List() {
		service := console.Service{
			Name:      v.Name,
			URL:       v.Uri,
			State:     "deploying",
			Revisions: []console.Revision{},
			Buckets:   []console.Access{},
		}
		if t := v.TerminalCondition; t != nil && t.State != "CONDITION_PENDING" {
			service.State, service.Message = condition(t.State), t.Message
		}
		var values []string
		if v.Template != nil {
			service.Account = v.Template.ServiceAccount
			for _, container := range v.Template.Containers {
				service.Image = cmp.Or(service.Image, container.Image)
				for _, variable := range container.Env {
					values = append(values, variable.Value)
				}
			}
		}
		for _, revision := range c.run.Revisions(v.Name) {
			shown := console.Revision{Name: short(revision.Name), State: "starting",
				Instances: c.run.Instances(revision.Name), Serving: revision.Name == v.LatestReadyRevision}
			if len(revision.Conditions) > 0 {
				shown.State = condition(revision.Conditions[0].State)
			}
			service.Revisions = append(service.Revisions, shown)
		}
		service.Buckets = append(service.Buckets, c.access(service.Account, values)...)
		all = append(all, service)
	}
	return all
}

// access is what a service's account may do in the buckets that its environment names, and in those that it may read or
// write.
func (c *Cloud) access(account string, environment []string) []console.Access {
	var all []console.Access
	caller := policy.Principal{Email: account}
	for _, name := range c.storage.Buckets() {
		on := policy.Resource{Project: c.storage.ProjectOf(name), Name: "buckets/" + name}
		a := console.Access{
			Bucket: name,
			Read:   c.verdict(caller, "storage.objects.get", on),
			Write:  c.verdict(caller, "storage.objects.create", on),
		}
		if a.Read.Allowed || a.Write.Allowed || slices.Contains(environment, name) {
			all = append(all, a)
		}
	}
	return all
}

func (c *Cloud) verdict(caller policy.Principal, permission string, on policy.Resource) console.Verdict {
	return console.Verdict(c.door.Explain(caller, permission, on))
}

// openObject is an object's file, for the owner.
func (c *Cloud) openObject(bucket, name string) (file, mediaType string, err error) {
	owner := c.door.Errand("storage.objects.get (page)", c.tokens.Owner())
	if file, err = c.storage.Read(owner, bucket, name, 0); err != nil {
		return "", "", err
	}
	o, ok := c.storage.Object(bucket, name)
	if !ok {
		return "", "", status.Errorf(status.NotFound, "No such object: %s/%s", bucket, name)
	}
	return file, o.ContentType, nil
}

func short(name string) string { return name[strings.LastIndex(name, "/")+1:] }

func condition(state string) string {
	return cmp.Or(map[string]string{"CONDITION_SUCCEEDED": "ready", "CONDITION_FAILED": "failed"}[state], "starting")
}
