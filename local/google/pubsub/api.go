package pubsub

import (
	"fmt"
	"slices"
	"strings"

	pubsubapi "google.golang.org/api/pubsub/v1"

	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/machinery/rest"
)

// API is pubsub.googleapis.com.
func (s *Service) API() *rest.API {
	const (
		topics       = "/v1/projects/{project}/topics"
		topic        = topics + "/{topic}"
		subs         = "/v1/projects/{project}/subscriptions"
		subscription = subs + "/{subscription}"
	)
	onTopic := rest.OnName("projects", "{project}", "topics", "{topic}")
	onSubscription := rest.OnName("projects", "{project}", "subscriptions", "{subscription}")
	route := func(id, method, path, permission string, on func(*rest.Request) (policy.Resource, error),
		handle func(*rest.Request) (any, error), also ...rest.Need) rest.Route {
		return rest.Route{ID: "pubsub.projects." + id, Method: method, Path: path, Permission: "pubsub." + permission, On: on,
			Also: also, Handle: handle}
	}
	attach := rest.Need{Permission: "pubsub.topics.attachSubscription", Of: "the topic", On: onBodysTopic}
	actAs := rest.Need{Permission: "iam.serviceAccounts.actAs", Of: "the account of the push"}
	topicExists := func(r *rest.Request) error { _, err := s.getTopic(r); return err }
	subscriptionExists := func(r *rest.Request) error { _, err := s.subscriptionOf(r); return err }
	return &rest.API{Name: "pubsub.googleapis.com", Title: "Cloud Pub/Sub API", Mount: "pubsub", Server: "ESF",
		StatusInErrors: true, Denied: denied,
		Routes: slices.Concat([]rest.Route{
			route("topics.create", "PUT", topic, "topics.create", rest.OnProject, s.createTopic),
			route("topics.get", "GET", topic, "topics.get", onTopic, s.getTopic),
			route("topics.list", "GET", topics, "topics.list", rest.OnProject, s.listTopics),
			route("topics.patch", "PATCH", topic, "topics.update", onTopic, s.patchTopic),
			route("topics.delete", "DELETE", topic, "topics.delete", onTopic, s.deleteTopic),
			route("topics.publish", "POST", topic+":publish", "topics.publish", onTopic, s.publish),
			route("topics.subscriptions.list", "GET", topic+"/subscriptions", "topics.get", onTopic, s.listTopicSubscriptions),
			route("subscriptions.create", "PUT", subscription, "subscriptions.create", rest.OnProject, s.createSubscription,
				attach, actAs),
			route("subscriptions.get", "GET", subscription, "subscriptions.get", onSubscription, s.getSubscription),
			route("subscriptions.list", "GET", subs, "subscriptions.list", rest.OnProject, s.listSubscriptions),
			route("subscriptions.patch", "PATCH", subscription, "subscriptions.update", onSubscription, s.patchSubscription,
				actAs),
			route("subscriptions.delete", "DELETE", subscription, "subscriptions.delete", onSubscription, s.deleteSubscription),
			route("subscriptions.pull", "POST", subscription+":pull", "subscriptions.consume", onSubscription, s.pull),
			route("subscriptions.acknowledge", "POST", subscription+":acknowledge", "subscriptions.consume", onSubscription,
				s.acknowledge),
			route("subscriptions.modifyAckDeadline", "POST", subscription+":modifyAckDeadline", "subscriptions.consume",
				onSubscription, s.modifyAckDeadline),
			route("subscriptions.modifyPushConfig", "POST", subscription+":modifyPushConfig", "subscriptions.update",
				onSubscription, s.modifyPushConfig, actAs),
		},
			rest.IAMPolicy{ID: "pubsub.projects.topics", Path: topic, Permissions: "pubsub.topics", GetMethod: "GET",
				On: onTopic, Exists: topicExists}.Routes(s.Policies),
			rest.IAMPolicy{ID: "pubsub.projects.subscriptions", Path: subscription, Permissions: "pubsub.subscriptions",
				GetMethod: "GET", On: onSubscription, Exists: subscriptionExists}.Routes(s.Policies)),
	}
}

// onBodysTopic is the topic that a new subscription names. What is no topic's name is the handler's to refuse.
func onBodysTopic(r *rest.Request) ([]policy.Resource, error) {
	var body pubsubapi.Subscription
	if err := r.Peek(&body); err != nil || !isTopic(body.Topic) {
		return nil, err
	}
	return []policy.Resource{policy.In(body.Topic)}, nil
}

func isTopic(name string) bool {
	parts := strings.Split(name, "/")
	return len(parts) == 4 && parts[0] == "projects" && parts[2] == "topics"
}

func denied(_ policy.Principal, permission string, on policy.Resource) string {
	if permission == "iam.serviceAccounts.actAs" {
		return fmt.Sprintf("The principal (user or service account) lacks IAM permission %q for the resource %q "+
			"(or the resource may not exist).", permission, short(on.Name))
	}
	return "User not authorized to perform this action."
}
