package provider

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
)

// policyOf describes where the IAM policy of a resource is.
type policyOf struct {
	// id is how the official provider calls the resource in the member's id.
	id string
	// outputs are the properties that the official provider sets from the resource.
	outputs map[string]any
	// get and set read and replace the policy.
	get func(context.Context) (map[string]any, error)
	set func(context.Context, map[string]any) (map[string]any, error)
}

// policyVerbs is a policy behind PATH:getIamPolicy and PATH:setIamPolicy.
func (c *call) policyVerbs(path, getMethod, getQuery string, getBody any) policyOf {
	return policyOf{
		get: func(ctx context.Context) (map[string]any, error) {
			return c.rest.call(ctx, getMethod, path+":getIamPolicy"+getQuery, getBody)
		},
		set: func(ctx context.Context, policy map[string]any) (map[string]any, error) {
			return c.rest.call(ctx, http.MethodPost, path+":setIamPolicy", map[string]any{"policy": policy})
		},
	}
}

// policyLocks keeps the changes of one policy in line: they would only make
// each other start again.
var policyLocks sync.Map

// iamMember is the kind of a resource that is one member of one role on the
// resource that find locates. parent names its inputs that locate it.
func iamMember(find func(*call) (policyOf, error), parent ...string) *kind {
	return &kind{
		computed:      []string{"location", "project"},
		resourceNames: parent,
		required:      parent,
		rules: map[string]rule{"member": {
			pattern: memberForm,
			want:    "an IAM member such as user:NAME, serviceAccount:EMAIL or allUsers",
		}},
		create: func(ctx context.Context, c *call) (string, map[string]any, error) {
			p, err := find(c)
			if err != nil {
				return "", nil, err
			}
			policy, err := c.changePolicy(ctx, p, addMember)
			if err != nil {
				return "", nil, err
			}
			return memberID(p, c), memberState(p, c, policy), nil
		},
		read: func(ctx context.Context, c *call) (map[string]any, error) {
			imported := len(c.state) == 0
			if imported {
				if err := c.parseMember(parent); err != nil {
					return nil, err
				}
			}
			p, err := find(c)
			if err != nil {
				return nil, err
			}
			policy, err := p.get(ctx)
			if err != nil {
				return nil, err
			}
			if binding := findBinding(policy, c); binding == nil || !hasMember(binding, c.text("member")) {
				return nil, nil
			}
			c.id = memberID(p, c)
			state := memberState(p, c, policy)
			if _, known := state[parent[0]]; imported && !known {
				state[parent[0]] = c.text(parent[0]) // no program has written it yet
			}
			return state, nil
		},
		remove: func(ctx context.Context, c *call) error {
			p, err := find(c)
			if err != nil {
				return err
			}
			_, err = c.changePolicy(ctx, p, removeMember)
			return err
		},
	}
}

var memberForm = regexp.MustCompile(`^(all(Authenticated)?Users|(deleted:)?[A-Za-z]+:.+)$`)

// changePolicy reads the policy, changes it and writes it back, again from the
// start when somebody else changed it in between. An unchanged policy is not written.
func (c *call) changePolicy(ctx context.Context, p policyOf,
	change func(map[string]any, *call) bool) (map[string]any, error) {
	lock, _ := policyLocks.LoadOrStore(c.endpoint+p.id, &sync.Mutex{})
	lock.(*sync.Mutex).Lock()
	defer lock.(*sync.Mutex).Unlock()
	ctx, cancel := context.WithTimeout(ctx, retryFor)
	defer cancel()
	return poll(ctx, func() (map[string]any, error) {
		policy, err := p.get(ctx)
		if err != nil {
			return nil, err
		}
		if !change(policy, c) {
			return policy, nil
		}
		written, err := p.set(ctx, policy)
		if isStatus(err, http.StatusConflict, http.StatusPreconditionFailed) || isUnknownAccount(err) ||
			err == errAlreadyDone {
			return nil, fmt.Errorf("%w: %w", errPending, err)
		}
		return written, err
	})
}

// isUnknownAccount is how Google refuses a member that was made a moment ago.
func isUnknownAccount(err error) bool {
	return isStatus(err, http.StatusBadRequest) && strings.Contains(err.Error(), "does not exist") &&
		strings.Contains(strings.ToLower(err.Error()), "service account")
}

// namedPolicy is the policy of a resource whose short or full name is the input
// name. base is the API's path, form the full name.
func (c *call) namedPolicy(name, base, form string) (policyOf, error) {
	full, err := c.text(name), error(nil)
	parts, isFull := parseID(full, form)
	if !isFull {
		if full, err = within(form)(c); err != nil {
			return policyOf{}, err
		}
		parts, _ = parseID(full, form)
	}
	p := c.policyVerbs(base+full, http.MethodGet, "", nil)
	p.id, p.outputs = full, parts
	p.outputs[name] = full
	return p, nil
}
