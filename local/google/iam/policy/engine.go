package policy

import (
	"slices"
	"strings"
	"sync"
	"time"

	"docx2pdf/local/machinery/status"
	"docx2pdf/local/machinery/store"
)

// Accounts tells the engine which service accounts exist.
type Accounts interface {
	Exists(email string) bool
}

// Engine holds the policies of all resources. It decides nothing: that is for its Judge.
type Engine struct {
	db       *store.DB
	policies *store.Collection[Policy]
	accounts Accounts

	mu     sync.Mutex
	delay  time.Duration
	grants func(role string) time.Duration
	recent map[string]change
	fresh  map[grant]time.Time // when a grant begins to count
}

// change is what a policy was before it was set, for as long as that still counts.
type change struct {
	before Policy
	until  time.Time
}

// grant is one member's role on a resource.
type grant struct{ resource, role, member string }

// Open uses the policies in the store. Who may decide by them gets the judge; services get the engine alone.
func Open(db *store.DB) (*Engine, Judge) {
	e := &Engine{db: db, policies: store.In[Policy](db, "policies"), recent: map[string]change{},
		fresh: map[grant]time.Time{}}
	return e, Judge{e}
}

// UseAccounts tells the engine where to look up service accounts; before that, none exists.
func (e *Engine) UseAccounts(a Accounts) { e.accounts = a }

// SetDelay makes every later change of a policy count only after d, as Google's changes take seconds to spread.
func (e *Engine) SetDelay(d time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.delay = d
}

// SetGrantDelays makes each later grant of a role count only after as long as delay says.
func (e *Engine) SetGrantDelays(delay func(role string) time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.grants = delay
}

// Get returns the policy of a resource.
func (e *Engine) Get(resource string) Policy {
	p, ok := e.policies.Get(resource)
	if !ok {
		return Policy{Etag: emptyEtag}
	}
	return p
}

// Set replaces the policy of a resource and returns it as stored. An etag that is not the present one is a conflict:
// somebody else changed the policy since it was read.
func (e *Engine) Set(resource string, p Policy) (Policy, error) {
	var b store.Batch
	stored, err := e.setIn(&b, resource, p, e.remember)
	if err == nil {
		err = e.db.Write(&b)
	}
	if err != nil {
		return Policy{}, err
	}
	return *stored, nil
}

// EstablishIn gives a new resource its first policy, which counts at once, as a part of a batch.
func (e *Engine) EstablishIn(b *store.Batch, resource string, p Policy) error {
	_, err := e.setIn(b, resource, p, func(string, Policy) {})
	return err
}

func (e *Engine) setIn(b *store.Batch, resource string, p Policy,
	remember func(resource string, before Policy)) (*Policy, error) {
	p, err := normalise(resource, p, e.exists)
	if err != nil {
		return nil, err
	}
	return e.policies.UpdateIn(b, resource, func(have *Policy, exists bool) error {
		current := emptyEtag
		if exists {
			current = have.Etag
		}
		if p.Etag != "" && standard.Replace(p.Etag) != current {
			return status.Errorf(status.Conflict,
				"There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff. The "+
					"request's ETag '%s' did not match the current policy's ETag '%s'.", p.Etag, current)
		}
		remember(resource, *have)
		e.begin(resource, *have, p)
		p.Etag = newEtag(time.Now())
		*have = p
		return nil
	}), nil
}

// Grant adds a binding that Google makes itself, such as a service agent's role; it counts at once. One that is there
// already is left alone, so that the etag stays.
func (e *Engine) Grant(resource, role, member string) error {
	var b store.Batch
	if err := e.GrantIn(&b, resource, role, member); err != nil {
		return err
	}
	return e.db.Write(&b)
}

// GrantIn is Grant as a part of a batch.
func (e *Engine) GrantIn(b *store.Batch, resource, role, member string) error {
	given, err := normalise(resource, Policy{Bindings: []Binding{{Role: role, Members: []string{member}}}}, e.exists)
	if err != nil {
		return err
	}
	e.policies.UpdateIn(b, resource, func(p *Policy, _ bool) (err error) {
		for _, b := range p.Bindings {
			if b.Role == role && slices.Contains(b.Members, member) {
				return nil
			}
		}
		p.Bindings = append(p.Bindings, given.Bindings...)
		known := func(string) bool { return true } // looked up above, or when they were granted
		if *p, err = normalise(resource, *p, known); err != nil {
			return err
		}
		p.Etag = newEtag(time.Now())
		return nil
	})
	return nil
}

// DropIn forgets the policy of a resource and of everything below it, as a part of a batch.
func (e *Engine) DropIn(b *store.Batch, resource string) {
	for _, key := range e.policies.Keys(resource) {
		if key == resource || strings.HasPrefix(key, resource+"/") {
			e.policies.DeleteIn(b, key)
		}
	}
}

// AccountDeletedIn turns every binding of a deleted service account into deleted:serviceAccount:EMAIL?uid=ID, so that a
// later account of the same name does not inherit it.
func (e *Engine) AccountDeletedIn(b *store.Batch, email, uniqueID string) {
	member := "serviceAccount:" + email
	for _, key := range e.policies.Keys("") {
		p, _ := e.policies.Get(key)
		if !slices.ContainsFunc(p.Bindings, func(b Binding) bool { return slices.Contains(b.Members, member) }) {
			continue
		}
		e.policies.UpdateIn(b, key, func(p *Policy, _ bool) error {
			for _, b := range p.Bindings {
				for i, m := range b.Members {
					if m == member {
						b.Members[i] = "deleted:" + member + "?uid=" + uniqueID
					}
				}
			}
			p.Etag = newEtag(time.Now())
			return nil
		})
	}
}

// Resources returns the resources that have a policy, in order.
func (e *Engine) Resources() []string { return e.policies.Keys("") }

// effective is the policy as it counts now, which lags behind Get when changes are delayed.
func (e *Engine) effective(resource string) Policy {
	e.mu.Lock()
	c, ok := e.recent[resource]
	e.mu.Unlock()
	if ok && time.Now().Before(c.until) {
		return c.before
	}
	return e.Get(resource)
}

func (e *Engine) remember(resource string, before Policy) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := time.Now()
	if e.delay == 0 {
		return
	}
	if c, ok := e.recent[resource]; ok && now.Before(c.until) {
		before = c.before
	}
	e.recent[resource] = change{before, now.Add(e.delay)}
}

// begin notes from when on the members count that a policy did not have before.
func (e *Engine) begin(resource string, before, after Policy) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.grants == nil {
		return
	}
	for _, b := range after.Bindings {
		delay := e.grants(b.Role)
		for _, m := range b.Members {
			had := slices.ContainsFunc(before.Bindings, func(old Binding) bool {
				return old.Role == b.Role &&
					slices.Contains(old.Members, m)
			})
			if delay > 0 && !had {
				e.fresh[grant{resource, b.Role, m}] = time.Now().Add(delay)
			}
		}
	}
}

func (e *Engine) counts(g grant) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return !time.Now().Before(e.fresh[g])
}

func (e *Engine) exists(email string) bool {
	return e.accounts != nil && e.accounts.Exists(email)
}
