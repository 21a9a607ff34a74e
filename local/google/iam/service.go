// Package iam is the IAM API for service accounts and their keys (https://cloud.google.com/iam/docs/reference/rest/v1)
// and the IAM Service Account Credentials API.
package iam

import (
	"crypto/rsa"
	"crypto/x509"
	_ "embed"
	"encoding/pem"
	"sync/atomic"

	iamapi "google.golang.org/api/iam/v1"

	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/google/iam/token"
	"docx2pdf/local/machinery/refusal"
	"docx2pdf/local/machinery/store"
)

//go:embed refusals.tsv
var refusals string

// Refusals are what IAM refuses.
var Refusals = refusal.MustRead(refusals)

// Service keeps the service accounts, their keys and Google's service agents.
type Service struct {
	db       *store.DB
	policies *policy.Engine
	tokens   *token.Authority
	accounts *store.Collection[iamapi.ServiceAccount] // by email
	keys     *store.Collection[key]                   // by email/keyID
	agents   *store.Collection[agent]                 // by email
	tokenURI atomic.Value

	projects  Projects
	pools     *store.Collection[iamapi.WorkloadIdentityPool]         // by name
	providers *store.Collection[iamapi.WorkloadIdentityPoolProvider] // by name
}

type key struct {
	Key       iamapi.ServiceAccountKey `json:"key"`
	PublicPEM string                   `json:"publicPEM"`
}

// agent is an account of one of Google's own services in a project.
type agent struct {
	Email, UniqueID, Project, Service string
}

// Open uses the accounts in the store.
func Open(db *store.DB, policies *policy.Engine, tokens *token.Authority) *Service {
	s := &Service{db: db, policies: policies, tokens: tokens}
	s.accounts = store.In[iamapi.ServiceAccount](db, "iam/accounts")
	s.keys = store.In[key](db, "iam/keys")
	s.agents = store.In[agent](db, "iam/agents")
	s.pools = store.In[iamapi.WorkloadIdentityPool](db, "iam/pools")
	s.providers = store.In[iamapi.WorkloadIdentityPoolProvider](db, "iam/providers")
	s.SetTokenURI("https://oauth2.googleapis.com/token")
	policies.UseAccounts(s)
	tokens.UseAccounts(s)
	tokens.UsePools(s)
	return s
}

// SetTokenURI sets the token endpoint that new key files name.
func (s *Service) SetTokenURI(uri string) { s.tokenURI.Store(uri) }

// Exists says whether an email is a service account or a service agent.
func (s *Service) Exists(email string) bool {
	_, ok := s.Account(email)
	return ok
}

// Resource is the service account of an email, in its own project. One that is not there is looked for in project.
func (s *Service) Resource(email, project string) policy.Resource {
	if a, ok := s.accounts.Get(email); ok {
		project = a.ProjectId
	} else if a, ok := s.agents.Get(email); ok {
		project = a.Project
	}
	return policy.In("projects/" + project + "/serviceAccounts/" + email)
}

// Account looks up a service account or a service agent.
func (s *Service) Account(email string) (token.Account, bool) {
	if a, ok := s.accounts.Get(email); ok {
		return token.Account{Email: a.Email, UniqueID: a.UniqueId, Disabled: a.Disabled}, true
	}
	if a, ok := s.agents.Get(email); ok {
		return token.Account{Email: a.Email, UniqueID: a.UniqueID}, true
	}
	for _, a := range s.accounts.List("") { // Google takes the unique id wherever it takes the email
		if a.UniqueId == email {
			return token.Account{Email: a.Email, UniqueID: a.UniqueId, Disabled: a.Disabled}, true
		}
	}
	return token.Account{}, false
}

// Key returns the public half of an account's key. An empty keyID is enough when the account has one key only.
func (s *Service) Key(email, keyID string) (*rsa.PublicKey, bool) {
	k, ok := s.keys.Get(email + "/" + keyID)
	if !ok {
		return nil, false
	}
	return k.public()
}

// PublicKeys are the public halves of an account's keys that are in force.
func (s *Service) PublicKeys(email string) []*rsa.PublicKey {
	var all []*rsa.PublicKey
	for _, k := range s.keys.List(email + "/") {
		if public, ok := k.public(); ok {
			all = append(all, public)
		}
	}
	return all
}

// public is the public half of a key that is in force.
func (k key) public() (*rsa.PublicKey, bool) {
	block, _ := pem.Decode([]byte(k.PublicPEM))
	if block == nil || k.Key.Disabled {
		return nil, false
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, false
	}
	public, ok := cert.PublicKey.(*rsa.PublicKey)
	return public, ok
}

// Principal is the service account as a caller.
func (s *Service) Principal(email string) (policy.Principal, bool) {
	a, ok := s.Account(email)
	return policy.Principal{Email: a.Email, UniqueID: a.UniqueID}, ok && !a.Disabled
}

// Agent makes sure that Google's service agent with this email exists in the project.
func (s *Service) Agent(project, service, email string) (uniqueID string, err error) {
	a, err := s.agents.Update(email, func(a *agent, exists bool) error {
		if !exists {
			*a = agent{Email: email, UniqueID: newUniqueID(), Project: project, Service: service}
		}
		return nil
	})
	return a.UniqueID, err
}

// Accounts returns the names of all service accounts, without agents.
func (s *Service) Accounts() []string {
	var names []string
	for _, a := range s.accounts.List("") {
		names = append(names, a.Name)
	}
	return names
}

// Keys returns the names of all keys of service accounts.
func (s *Service) Keys() []string {
	var names []string
	for _, k := range s.keys.List("") {
		names = append(names, k.Key.Name)
	}
	return names
}
