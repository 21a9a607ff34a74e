package cloud

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"syscall"

	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/google/serviceusage"
)

// Item is one thing that somebody made in the local cloud and that a destroy should take away.
type Item struct {
	Type string `json:"type"`
	Name string `json:"name"`
}

// Inventory lists all resources. What Google keeps too after a destroy is not in it: projects, enabled APIs, service
// agents with their roles, builds and logs.
func (c *Cloud) Inventory() []Item {
	items := []Item{}
	add := func(kind string, names ...string) {
		for _, name := range names {
			items = append(items, Item{kind, name})
		}
	}
	for _, bucket := range c.storage.Buckets() {
		add("storage.bucket", "buckets/"+bucket)
		for _, name := range c.storage.Objects(bucket) {
			add("storage.object", "buckets/"+bucket+"/objects/"+name)
		}
	}
	add("storage.notification", c.storage.Notifications()...)
	add("iam.serviceAccount", c.iam.Accounts()...)
	add("iam.serviceAccountKey", c.iam.Keys()...)
	for _, repository := range c.registry.Repositories() {
		add("artifactregistry.repository", repository)
		add("artifactregistry.image", c.registry.Images(repository)...)
	}
	add("run.service", c.run.Names()...)
	add("pubsub.topic", c.pubsub.Topics()...)
	for _, sub := range c.pubsub.Subscriptions() {
		add("pubsub.subscription", sub.Name)
	}
	add("monitoring", c.monitor.Names()...)
	add("logging", c.logging.Names()...)
	add("billing.budget", c.billing.Names()...)
	for _, name := range c.kms.Names() {
		add("kms", name)
		for _, b := range c.policies.Get(name).Bindings {
			for _, member := range b.Members {
				add("kms.binding", name+" "+strings.TrimPrefix(b.Role, "roles/")+" "+member)
			}
		}
	}
	for _, project := range c.projects.IDs() {
		add("project.binding", c.projectBindings(project)...)
	}
	return items
}

// projectBindings are the project's grants beyond those that it has from the start.
func (c *Cloud) projectBindings(project string) []string {
	var names []string
	for _, b := range c.policies.Get(policy.Project(project).Name).Bindings {
		if serviceusage.IsAgentGrant(b.Role) {
			continue
		}
		for _, member := range b.Members {
			if b.Role != "roles/owner" || member != c.tokens.Owner().Member() {
				names = append(names, "projects/"+project+" "+strings.TrimPrefix(b.Role, "roles/")+" "+member)
			}
		}
	}
	return names
}

func (c *Cloud) serveInventory(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{"resources": c.Inventory()})
}

func flock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }

// Backlog is how many messages of a subscription wait for acknowledgement.
type Backlog struct {
	Subscription string `json:"subscription"`
	Topic        string `json:"topic"`
	Endpoint     string `json:"endpoint,omitempty"`
	Messages     int    `json:"messages"`
}

// Backlogs returns the backlog of every subscription.
func (c *Cloud) Backlogs() []Backlog {
	backlogs := []Backlog{}
	for _, sub := range c.pubsub.Subscriptions() {
		b := Backlog{Subscription: sub.Name, Topic: sub.Topic, Messages: c.pubsub.Backlog(sub.Name)}
		if sub.PushConfig != nil {
			b.Endpoint = sub.PushConfig.PushEndpoint
		}
		backlogs = append(backlogs, b)
	}
	return backlogs
}

const shownRequests = 200

func (c *Cloud) serveRequests(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{"requests": c.traffic.Latest(shownRequests)})
}
