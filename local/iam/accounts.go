// Package iam is the IAM API for service accounts and their keys (https://cloud.google.com/iam/docs/reference/rest/v1)
// and the IAM Service Account Credentials API.
package iam

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"

	iamapi "google.golang.org/api/iam/v1"

	"docx2pdf/local/policy"
	"docx2pdf/local/rest"
	"docx2pdf/local/status"
	"docx2pdf/local/store"
	"docx2pdf/local/token"
)

// Service keeps the service accounts, their keys and Google's service agents.
type Service struct {
	policies *policy.Engine
	tokens   *token.Authority
	accounts *store.Collection[iamapi.ServiceAccount] // by email
	keys     *store.Collection[key]                   // by email/keyID
	agents   *store.Collection[agent]                 // by email
	tokenURI atomic.Value
}

type key struct {
	Key       iamapi.ServiceAccountKey `json:"key"`
	PublicPEM string                   `json:"publicPEM"`
}

// agent is an account of one of Google's own services in a project.
type agent struct {
	Email, UniqueID, Project, Service string
}

// Open reads the accounts in dir.
func Open(dir string, policies *policy.Engine, tokens *token.Authority) (*Service, error) {
	s := &Service{policies: policies, tokens: tokens}
	var err error
	if s.accounts, err = store.Open[iamapi.ServiceAccount](filepath.Join(dir, "accounts")); err != nil {
		return nil, err
	}
	if s.keys, err = store.Open[key](filepath.Join(dir, "keys")); err != nil {
		return nil, err
	}
	if s.agents, err = store.Open[agent](filepath.Join(dir, "agents")); err != nil {
		return nil, err
	}
	s.SetTokenURI("https://oauth2.googleapis.com/token")
	policies.UseAccounts(s)
	tokens.UseAccounts(s)
	return s, nil
}

// SetTokenURI sets the token endpoint that new key files name.
func (s *Service) SetTokenURI(uri string) { s.tokenURI.Store(uri) }

// Exists says whether an email is a service account or a service agent.
func (s *Service) Exists(email string) bool {
	_, ok := s.Account(email)
	return ok
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
	if !ok || k.Key.Disabled {
		return nil, false
	}
	block, _ := pem.Decode([]byte(k.PublicPEM))
	if block == nil {
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

func newUniqueID() string {
	n, err := rand.Int(rand.Reader, new(big.Int).Exp(big.NewInt(10), big.NewInt(20), nil))
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf("1%020d", n)
}

func newEtag() string {
	b := make([]byte, 8)
	rand.Read(b)
	return base64.StdEncoding.EncodeToString(b)
}

var accountID = regexp.MustCompile(`^[a-z]([-a-z0-9]*[a-z0-9])$`)

func (s *Service) create(r *rest.Request) (any, error) {
	var body iamapi.CreateServiceAccountRequest
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	if len(body.AccountId) < 6 || len(body.AccountId) > 30 || !accountID.MatchString(body.AccountId) {
		return nil, status.Errorf(status.InvalidArgument, "The account ID %q does not have a length between 6 and 30 or does not match [a-z]([-a-z0-9]*[a-z0-9]).", body.AccountId)
	}
	project := r.Var("project")
	email := body.AccountId + "@" + project + ".iam.gserviceaccount.com"
	account, err := s.accounts.Update(email, func(a *iamapi.ServiceAccount, exists bool) error {
		if exists {
			e := status.Errorf(status.AlreadyExists, "Service account %s already exists within project projects/%s.", body.AccountId, project)
			return e
		}
		if body.ServiceAccount != nil {
			a.DisplayName, a.Description = body.ServiceAccount.DisplayName, body.ServiceAccount.Description
		}
		a.Name = "projects/" + project + "/serviceAccounts/" + email
		a.ProjectId, a.Email, a.UniqueId, a.Etag = project, email, newUniqueID(), newEtag()
		a.Oauth2ClientId = a.UniqueId
		return nil
	})
	return account, err
}

// account finds the account that the path names by email or unique id, in the path's project or any (-).
func (s *Service) account(r *rest.Request) (iamapi.ServiceAccount, error) {
	known, ok := s.Account(r.Var("account"))
	a, found := s.accounts.Get(known.Email)
	if !ok || !found || (r.Var("project") != "-" && a.ProjectId != r.Var("project")) {
		return a, status.Errorf(status.NotFound, "Unknown service account")
	}
	return a, nil
}

// onAccount is the resource of the path's account; an account that does not exist is judged by its project alone.
func (s *Service) onAccount(r *rest.Request) (policy.Resource, error) {
	if a, err := s.account(r); err == nil {
		return policy.In(a.Name), nil
	}
	project := r.Var("project")
	if project == "-" {
		_, domain, _ := strings.Cut(r.Var("account"), "@")
		project, _, _ = strings.Cut(domain, ".")
	}
	return policy.Resource{Project: project, Name: "projects/" + project + "/serviceAccounts/" + r.Var("account")}, nil
}

func (s *Service) exists(r *rest.Request) error {
	_, err := s.account(r)
	return err
}

func (s *Service) get(r *rest.Request) (any, error) { return s.account(r) }

func (s *Service) list(r *rest.Request) (any, error) {
	var answer iamapi.ListServiceAccountsResponse
	for _, a := range s.accounts.List("") {
		if a.ProjectId == r.Var("project") {
			answer.Accounts = append(answer.Accounts, &a)
		}
	}
	return answer, nil
}

func (s *Service) patch(r *rest.Request) (any, error) {
	var body iamapi.PatchServiceAccountRequest
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	if body.ServiceAccount == nil {
		return nil, status.Errorf(status.InvalidArgument, "service_account is required.")
	}
	changed, err := s.change(r, func(a *iamapi.ServiceAccount) error {
		for field := range strings.SplitSeq(body.UpdateMask, ",") {
			switch field {
			case "displayName", "display_name":
				a.DisplayName = body.ServiceAccount.DisplayName
			case "description":
				a.Description = body.ServiceAccount.Description
			default:
				return status.Errorf(status.InvalidArgument, "Invalid update_mask path %q; display_name and description can be changed.", field)
			}
		}
		return nil
	})
	// The answer names only what can be changed; the rest is in a read.
	return iamapi.ServiceAccount{Name: changed.Name, DisplayName: changed.DisplayName, Description: changed.Description}, err
}

func (s *Service) setDisabled(disabled bool) func(*rest.Request) (any, error) {
	return func(r *rest.Request) (any, error) {
		_, err := s.change(r, func(a *iamapi.ServiceAccount) error {
			a.Disabled = disabled
			return nil
		})
		return rest.Empty{}, err
	}
}

func (s *Service) change(r *rest.Request, f func(*iamapi.ServiceAccount) error) (iamapi.ServiceAccount, error) {
	found, err := s.account(r)
	if err != nil {
		return found, err
	}
	return s.accounts.Update(found.Email, func(a *iamapi.ServiceAccount, exists bool) error {
		if !exists {
			return status.Errorf(status.NotFound, "Unknown service account")
		}
		a.Etag = newEtag()
		return f(a)
	})
}

// delete removes the account with its keys and its policy; its grants elsewhere stay behind as deleted members.
func (s *Service) delete(r *rest.Request) (any, error) {
	a, err := s.account(r)
	if err != nil {
		return nil, err
	}
	if _, err := s.accounts.Delete(a.Email); err != nil {
		return nil, err
	}
	for _, k := range s.keys.Keys(a.Email + "/") {
		if _, err := s.keys.Delete(k); err != nil {
			return nil, err
		}
	}
	if err := s.policies.Drop(a.Name); err != nil {
		return nil, err
	}
	return rest.Empty{}, s.policies.AccountDeleted(a.Email, a.UniqueId)
}
