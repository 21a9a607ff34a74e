package rest

import (
	"net/http"

	"docx2pdf/local/google/iam/policy"
)

// IAMPolicy describes the policy calls of one kind of resource.
type IAMPolicy struct {
	ID          string // method id prefix, for example pubsub.projects.topics
	Path        string // the resource's path, ending in its {variable}
	Permissions string // permission prefix, for example pubsub.topics
	GetMethod   string // GET, or POST for the APIs that post
	On          func(*Request) (policy.Resource, error)
	Exists      func(*Request) error // the error when the resource is not there
}

// Routes returns getIamPolicy, setIamPolicy and testIamPermissions over the engine.
func (p IAMPolicy) Routes(engine *policy.Engine) []Route {
	if p.Exists == nil {
		p.Exists = func(*Request) error { return nil }
	}
	name := func(r *Request) (string, error) {
		on, err := p.On(r)
		if err != nil {
			return "", err
		}
		return on.Name, p.Exists(r)
	}
	return []Route{
		{ID: p.ID + ".getIamPolicy", Method: p.GetMethod, Path: p.Path + ":getIamPolicy", Permission: p.Permissions +
			".getIamPolicy", On: p.On,
			Handle: func(r *Request) (any, error) {
				resource, err := name(r)
				if err != nil {
					return nil, err
				}
				return engine.Get(resource), nil
			}},
		{ID: p.ID + ".setIamPolicy", Method: http.MethodPost, Path: p.Path + ":setIamPolicy", Permission: p.Permissions +
			".setIamPolicy", On: p.On,
			Handle: func(r *Request) (any, error) {
				resource, err := name(r)
				if err != nil {
					return nil, err
				}
				var body struct {
					Policy     policy.Policy `json:"policy"`
					UpdateMask string        `json:"updateMask"`
				}
				if err := r.Decode(&body); err != nil {
					return nil, err
				}
				return engine.Set(resource, body.Policy)
			}},
		{ID: p.ID + ".testIamPermissions", Method: http.MethodPost, Path: p.Path + ":testIamPermissions",
			Anyone: AnswersTheCaller,
			Handle: func(r *Request) (any, error) {
				on, err := p.On(r)
				if err != nil {
					return nil, err
				}
				var body struct {
					Permissions []string `json:"permissions"`
				}
				if err := r.Decode(&body); err != nil {
					return nil, err
				}
				return TestPermissions(r, body.Permissions, on)
			}},
	}
}

// NamedOperation is why the operations of some APIs are shown to everybody who knows their random names.
const NamedOperation = "whoever began it knows its name"

// AnswersTheCaller is why testIamPermissions takes no permission.
const AnswersTheCaller = "it tells callers what they hold themselves"

// TestPermissions answers testIamPermissions: those of the permissions that the caller holds.
func TestPermissions(r *Request, permissions []string, on policy.Resource) (any, error) {
	var held struct {
		Permissions []string `json:"permissions,omitempty"`
	}
	for _, permission := range permissions {
		if err := policy.Askable(permission); err != nil {
			return nil, err
		}
		if r.door.Explain(r.Caller, permission, on).Allowed {
			held.Permissions = append(held.Permissions, permission)
		}
	}
	return held, nil
}
