// Package policy decides who may do what: IAM allow policies on resources and projects, the permissions that roles
// hold, and the check that every call of the local cloud goes through
// (https://cloud.google.com/iam/docs/allow-policies).
package policy

import "strings"

// Principal is who calls, as proven by a token.
type Principal struct {
	Email    string // empty for an anonymous caller
	UniqueID string // the account's numeric id
	User     bool   // a person rather than a service account
	Scopes   string // those of the access token, separated by spaces; "" does not limit it
	Audience string // that of a JWT the account signed itself, where it names no scopes

	Federated string // an identity of a workload identity pool, as policies name it: principal://…/subject/…
}

// Anonymous is a caller without a token.
var Anonymous = Principal{}

// Member is the principal as policies name it, for example serviceAccount:name@project.iam.gserviceaccount.com.
func (p Principal) Member() string {
	switch {
	case p.Federated != "":
		return p.Federated
	case p.Email == "":
		return "allUsers"
	case p.User:
		return "user:" + p.Email
	default:
		return "serviceAccount:" + p.Email
	}
}

// String is the principal as error messages name it.
func (p Principal) String() string {
	if p.Federated != "" {
		return p.Federated
	}
	if p.Email == "" {
		return "Anonymous caller"
	}
	return p.Email
}

// Resource is what a permission is asked for: a resource of a project, or the project itself when Name is
// "projects/PROJECT". The policies of the parent, where it has one, and of the project hold for it too.
type Resource struct {
	Project string
	Name    string
	Parent  string
}

// Project is the project as a resource.
func Project(id string) Resource {
	return Resource{Project: id, Name: "projects/" + id}
}

// In is a resource whose name starts with its project, as most of Google's names do: projects/PROJECT/….
func In(name string) Resource {
	rest := strings.TrimPrefix(name, "projects/")
	project, _, _ := strings.Cut(rest, "/")
	return Resource{Project: project, Name: name}
}

// Project is the project of a user's service account; people, agents of Google's and the anonymous have none.
func (p Principal) Project() (string, bool) {
	_, host, _ := strings.Cut(p.Email, "@")
	project, found := strings.CutSuffix(host, ".iam.gserviceaccount.com")
	return project, found && !strings.HasPrefix(project, "gcp-sa-") && project != "gs-project-accounts" &&
		project != "serverless-robot-prod"
}
