package iam

import (
	"strings"

	iamapi "google.golang.org/api/iam/v1"

	"docx2pdf/local/google/iam/token"
	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/status"
	"docx2pdf/local/machinery/store"
)

// Projects knows the numbers of projects, which are in the names of pools.
type Projects interface {
	ID(idOrNumber string) (id string, ok bool)
	Number(id string) (number string, ok bool)
	// Enforces says whether the organisation enforces a constraint.
	Enforces(constraint string) bool
}

// UseProjects tells the service where to look up projects.
func (s *Service) UseProjects(p Projects) { s.projects = p }

const poolsPath = "/v1/projects/{project}/locations/global/workloadIdentityPools"

// poolRoutes are those of workload identity pools and their OIDC providers
// (https://cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools).
func (s *Service) poolRoutes() []rest.Route {
	route := func(kind, id, method, path, permission string, handle func(*rest.Request) (any, error)) rest.Route {
		return rest.Route{ID: "iam.projects.locations.workloadIdentityPools." + kind + id, Method: method,
			Path:       poolsPath + path,
			Permission: permission + "." + id, On: rest.OnProject, Handle: handle}
	}
	const pools, providers = "iam.googleapis.com/workloadIdentityPools", "iam.googleapis.com/workloadIdentityPoolProviders"
	return []rest.Route{
		route("", "create", "POST", "", pools, s.createPool),
		route("", "get", "GET", "/{pool}", pools, s.getPool),
		route("", "delete", "DELETE", "/{pool}", pools, s.deletePool),
		route("providers.", "create", "POST", "/{pool}/providers", providers, s.createProvider),
		route("providers.", "get", "GET", "/{pool}/providers/{provider}", providers, s.getProvider),
		route("providers.", "delete", "DELETE", "/{pool}/providers/{provider}", providers, s.deleteProvider),
	}
}

// poolName is a pool's, with the project's number as Google has it.
func (s *Service) poolName(project, pool string) string {
	number, _ := s.projects.Number(project)
	return "projects/" + number + "/locations/global/workloadIdentityPools/" + pool
}

func (s *Service) createPool(r *rest.Request) (any, error) {
	var body iamapi.WorkloadIdentityPool
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	id := r.URL.Query().Get("workloadIdentityPoolId")
	if err := Refusals.CheckField("pools", "workloadIdentityPoolId", id); err != nil {
		return nil, err
	}
	if err := Refusals.Check("pools", body); err != nil {
		return nil, err
	}
	name := s.poolName(r.Var("project"), id)
	pool, err := s.pools.Update(name, func(p *iamapi.WorkloadIdentityPool, exists bool) error {
		if exists {
			return status.Errorf(status.AlreadyExists, "Requested entity already exists")
		}
		*p = iamapi.WorkloadIdentityPool{Name: name, State: "ACTIVE", DisplayName: body.DisplayName,
			Description: body.Description}
		return nil
	})
	return done(name, pool), err
}

func (s *Service) getPool(r *rest.Request) (any, error) {
	pool, ok := s.pools.Get(s.poolName(r.Var("project"), r.Var("pool")))
	if !ok {
		return nil, status.Errorf(status.NotFound, "Requested entity was not found.")
	}
	return pool, nil
}

// deletePool forgets the pool at once, with its providers. Google keeps both for 30 days.
func (s *Service) deletePool(r *rest.Request) (any, error) {
	name := s.poolName(r.Var("project"), r.Var("pool"))
	if _, ok := s.pools.Get(name); !ok {
		return nil, missing(nil)
	}
	var gone store.Batch
	s.pools.DeleteIn(&gone, name)
	for _, provider := range s.providers.Keys(name + "/") {
		s.providers.DeleteIn(&gone, provider)
	}
	return done(name, rest.Empty{}), s.db.Write(&gone)
}

func missing(err error) error {
	if err != nil {
		return err
	}
	return status.Errorf(status.NotFound, "Requested entity was not found.")
}

func (s *Service) createProvider(r *rest.Request) (any, error) {
	var body iamapi.WorkloadIdentityPoolProvider
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	pool := s.poolName(r.Var("project"), r.Var("pool"))
	if _, ok := s.pools.Get(pool); !ok {
		return nil, missing(nil)
	}
	id := r.URL.Query().Get("workloadIdentityPoolProviderId")
	if err := Refusals.CheckField("providers", "workloadIdentityPoolProviderId", id); err != nil {
		return nil, err
	}
	if err := Refusals.Check("providers", body); err != nil {
		return nil, err
	}
	if err := modelled(body); err != nil {
		return nil, err
	}
	name := pool + "/providers/" + id
	provider, err := s.providers.Update(name, func(p *iamapi.WorkloadIdentityPoolProvider, exists bool) error {
		if exists {
			return status.Errorf(status.AlreadyExists, "Requested entity already exists")
		}
		*p = body
		p.Name, p.State = name, "ACTIVE"
		return nil
	})
	return done(name, provider), err
}

// modelled refuses providers whose tokens the local cloud cannot judge.
func modelled(p iamapi.WorkloadIdentityPoolProvider) error {
	switch {
	case p.Oidc == nil:
		return status.NotModelled("providers other than of OIDC")
	case p.Oidc.JwksJson == "":
		return status.NotModelled("keys that are fetched from the issuer; give them in oidc.jwksJson")
	case p.AttributeCondition != "":
		return status.NotModelled("attribute conditions")
	case len(p.AttributeMapping) != 1 || p.AttributeMapping["google.subject"] != "assertion.sub":
		return status.NotModelled("attribute mappings other than google.subject=assertion.sub")
	}
	if _, err := token.ReadKeys(p.Oidc.JwksJson); err != nil {
		return status.Errorf(status.InvalidArgument, "Invalid value at 'oidc.jwks_json': %v", err)
	}
	return nil
}

func (s *Service) getProvider(r *rest.Request) (any, error) {
	provider, ok := s.providers.Get(s.poolName(r.Var("project"), r.Var("pool")) + "/providers/" + r.Var("provider"))
	if !ok {
		return nil, missing(nil)
	}
	return provider, nil
}

func (s *Service) deleteProvider(r *rest.Request) (any, error) {
	name := s.poolName(r.Var("project"), r.Var("pool")) + "/providers/" + r.Var("provider")
	if ok, err := s.providers.Delete(name); err != nil || !ok {
		return nil, missing(err)
	}
	return done(name, rest.Empty{}), nil
}

// done is an operation that is over when it begins.
func done(name string, response any) any {
	return map[string]any{"name": name + "/operations/done", "done": true, "response": response}
}

// Provider looks up a provider by its name.
func (s *Service) Provider(name string) (token.Provider, bool) {
	p, ok := s.providers.Get(name)
	if !ok {
		return token.Provider{}, false
	}
	pool, id, _ := strings.Cut(name, "/providers/")
	return token.Provider{Pool: pool, Name: id, Issuer: p.Oidc.IssuerUri, Audiences: p.Oidc.AllowedAudiences,
		Keys: p.Oidc.JwksJson}, true
}
